// The part of docs/detections.md that shows what becomes of each known event type. Pure text.

import type { Detection } from '../detections/define.ts';
import { type Coverage, coverageOf } from '../detections/definition/coverage.ts';

export function coverageSection(detections: readonly Detection[]): string {
  const coverage = coverageOf(detections);
  const of = (is: Coverage['is']) => coverage.filter((each) => each.is === is);
  return `<a id="coverage"></a>

## Coverage of event types

Of the ${coverage.length} event types that Asana is known to send, ${of('detected').length} are **detected** (one such event can alert), ${of('watched').length} are **watched** (a threshold, a first value, a sequence or an absence of them can), and ${of('ignored').length} are **ignored**, each for a reason. Detections that look at any type, or at all that begin alike, are not counted here.

| event type | | by, or why not |
|---|---|---|
${coverage.map(row).join('\n')}
`;
}

function row({ type, is, by, reason }: Coverage): string {
  const why = is === 'ignored' ? (reason ?? '') : by.map((id) => `[${id}](#${id})`).join(', ');
  return `| \`${type}\` | ${is} | ${why} |`;
}
