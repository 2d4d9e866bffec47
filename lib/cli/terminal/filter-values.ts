// Values of the flags by which commands choose: lists of words, and instants. What is wrong is added to problems, a line each.
import { readSpan } from '../../detections/definition/spans.ts';
import { readInstant } from '../../instant.ts';
import { cleanText } from '../../text.ts';

/**
 * The words of a flag that may be given again and hold several, separated by commas. Where it holds none but commas, an empty
 * one: that stands for nothing, and not for all as no flag does.
 */
export function wordsOf(given: readonly string[] = []): string[] {
  const words = given.flatMap((one) => one.split(',').map((part) => part.trim())).filter(Boolean);
  return given.length > 0 && words.length === 0 ? [''] : words;
}

/** The same where only these words are known. */
export function knownWords<T extends string>(
  flag: string,
  given: readonly string[] | undefined,
  known: readonly T[],
  problems: string[],
): T[] {
  return wordsOf(given).flatMap((word) => {
    const found = known.filter((one) => one === word);
    if (found.length === 0) problems.push(wrong(flag, word, known.join(', ')));
    return found;
  });
}

/** Milliseconds since the epoch of an instant, or of one so long ago: `24h`. */
export function instantOrAgo(
  flag: string,
  given: string | undefined,
  now: number,
  problems: string[],
): number | undefined {
  if (given === undefined) return undefined;
  const span = readSpan(given);
  const at = span === undefined ? readInstant(given) : now - span;
  if (at === undefined) {
    const wanted = 'a length of time such as 24h, or an instant such as 2026-10-05T09:00:00Z';
    problems.push(wrong(flag, given, wanted));
  }
  return at;
}

/** `--severity: given "hgh"; give info, low, ...` */
export function wrong(flag: string, given: string, wanted: string): string {
  return `--${flag}: given ${JSON.stringify(cleanText(given)).slice(0, 80)}; give ${wanted}`;
}
