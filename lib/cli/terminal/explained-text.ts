// Explanations of one event as a person reads them. Pure. Text from events passes lib/text.ts.
import type { BusEvent } from '../../contract/bus-event.ts';
import type { Explained, GroupExplained, LookExplained } from '../../detections/explain.ts';
import type { Colors } from '../../local/show.ts';
import { shownText } from '../../text.ts';

const MAX_TEXT = 300;

/** @param of how many detections there are in all */
export function explainedText(
  event: BusEvent,
  explained: readonly Explained[],
  of: number,
  colors: Colors,
): string {
  const { gid, created_at } = event.detail.data;
  const head = `${shown(event['detail-type'])}, event ${shown(gid ?? '')} of ${shown(created_at ?? 'an unknown time')}`;
  const looking = `${explained.length} of ${of} detections look at events of this type.`;
  const blocks = explained.map((each) => {
    const lines = [
      ...each.looks.flatMap((look) => lookWords(look)),
      ...each.groups.flatMap((group) => groupWords(group, colors)),
      ...(each.why === undefined ? [] : [shown(each.why)]),
    ];
    return [
      `${colors.bold(each.detectionId)}  ${each.title} (${each.detectionKind})`,
      ...lines.map((line) => `  ${line}`),
    ].join('\n');
  });
  return `${[`${head}\n${looking}`, ...blocks].join('\n\n')}\n`;
}

function lookWords({ step, matched, mismatch, refusedByWhen }: LookExplained): string[] {
  const name = step === undefined ? '' : ` of ${step}`;
  if (matched) return [`pattern${name}: matches`];
  if (refusedByWhen) {
    return [`pattern${name}: matches, but the detection's own condition (when) does not hold`];
  }
  if (mismatch === undefined) {
    return [`pattern${name}: does not match: its conditions hold in different elements of a list`];
  }
  const { field, ofAlternatives, wanted, found } = mismatch;
  const is = ofAlternatives
    ? 'none of its alternatives holds'
    : found === undefined
      ? 'absent'
      : json(found);
  return [`pattern${name}: does not match: ${shown(field)}: ${is}`, `  wanted: ${json(wanted)}`];
}

function groupWords({ entity, state, outcome, alert }: GroupExplained, colors: Colors): string[] {
  const about = `${shown(entity.type)} ${shown(entity.id)} (${shown(entity.label)})`;
  const count = alert === undefined || alert.count === 1 ? '' : ` of ${alert.count} events`;
  const ends = {
    opened: `opens an alert${count}: ${alert?.severity}, ${alert?.status}`,
    joined: `joins the open alert${count}`,
    silent: 'no alert',
  };
  const end = ends[outcome];
  return [
    `group: ${about}`,
    `state: ${shown(state)}`,
    outcome === 'silent' ? end : colors.bold(end),
  ];
}

function shown(text: unknown): string {
  return shownText(String(text), MAX_TEXT);
}

function json(value: unknown): string {
  return shown(JSON.stringify(value) ?? 'nothing');
}
