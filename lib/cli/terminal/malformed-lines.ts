// Lines of a history that are no events, as commands tell of them on standard error.
import type { ReadCounts } from '../../backtest/history-file.ts';
import { counted } from '../../local/show.ts';

const MOST_TOLD = 20;

/** `history.jsonl:3: it is not JSON`, a line each. */
export function malformedLines({
  malformed,
  malformedLines: known,
}: Pick<ReadCounts, 'malformed' | 'malformedLines'>): string[] {
  const lines = known
    .slice(0, MOST_TOLD)
    .map(({ file, line, reason }) => `${file}:${line}: ${reason}`);
  if (malformed > lines.length) lines.push(`and ${counted(malformed - lines.length, 'line')} more`);
  return lines;
}
