// The faults that change single events on their way into a page. The same event is changed in the same way each time.
import { isJsonObject, parseLossless } from '../../asana/lossless-json.ts';
import type { FaultName } from './fault-list.ts';
import { type Fault, numberOf } from './faults.ts';

/** `occasion` counts the events a fault has changed, from 0: faults with several forms go through them by it. */
type Change = (
  event: Record<string, unknown>,
  fault: Fault,
  occasion: number,
) => readonly unknown[];

const STRAY_ENTRIES = ['a stray text', 42, ['a', 'list'], null, true];
const WRONG_TIMES = ['the day before yesterday', 1_700_000_000, null, undefined];

const CHANGES: Partial<Record<FaultName, Change>> = {
  'oversize-event': (event, fault) => [{ ...event, padding: 'x'.repeat(numberOf(fault, 'bytes')) }],
  'unknown-type': (event) => [{ ...event, event_type: 'asana_invented_this_yesterday' }],
  'missing-actor-fields': (event) => {
    const actor = isJsonObject(event['actor']) ? event['actor'] : {};
    return [{ ...event, actor: { actor_type: actor['actor_type'] ?? 'user' } }];
  },
  'non-object-entries': (event, _fault, occasion) => [
    STRAY_ENTRIES[occasion % STRAY_ENTRIES.length],
    event,
  ],
  'entry-without-gid': (event) => [{ ...event, gid: undefined }, event],
  'wrong-types': (event, _fault, occasion) => [
    { ...event, created_at: WRONG_TIMES[occasion % WRONG_TIMES.length], actor: 'somebody' },
  ],
};

/** An event's JSON text as the faults leave it: one entry, or two. Numbers keep their digits; no object, no change. */
export function changedEntries(entry: Buffer, index: number, faults: readonly Fault[]): Buffer[] {
  const parsed = parseLossless(entry.toString('utf8'));
  if (!isJsonObject(parsed)) return [entry];
  let entries: readonly unknown[] = [parsed];
  for (const fault of faults) {
    const change = CHANGES[fault.name];
    if (change === undefined) continue;
    const occasion = Math.floor((index - fault.after) / fault.every);
    entries = entries.flatMap((each) =>
      isJsonObject(each) && each['gid'] !== undefined ? change(each, fault, occasion) : [each],
    );
  }
  const texts = entries.map((each) => JSON.stringify(each));
  const nesting = faults.find((fault) => fault.name === 'deep-nesting');
  return (nesting === undefined ? texts : texts.map((text) => nested(text, nesting))).map((text) =>
    Buffer.from(text),
  );
}

/** As text: JSON.stringify itself cannot go this deep. */
function nested(text: string, fault: Fault): string {
  if (!text.startsWith('{') || text === '{}') return text;
  const depth = numberOf(fault, 'depth');
  return `${text.slice(0, -1)},"nested":${'['.repeat(depth)}${']'.repeat(depth)}}`;
}
