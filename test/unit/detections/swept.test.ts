// Detecting and sweeping that die at any call, two sweeps at a time: whatever becomes of which write, all is told once in the
// end, every alert that more came to is closed, and no note is left.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MemoryAlertStateStore } from '../../../lib/alerts/state/memory-store.ts';
import type { BusEntry } from '../../../lib/bus/publisher-port.ts';
import { type Alert, alertDetailSchema } from '../../../lib/contract/alert.ts';
import type { AuditLogEvent } from '../../../lib/contract/bus-event.ts';
import type { Detection } from '../../../lib/detections/define.ts';
import { detectBatch } from '../../../lib/detections/detect.ts';
import type { FoundDue } from '../../../lib/detections/due/due-index.ts';
import { MemoryDueIndex } from '../../../lib/detections/due/memory-due-index.ts';
import { SETTLE_MS, sweep } from '../../../lib/detections/due/sweep.ts';
import { silentLog } from '../../../lib/log.ts';
import { busEvent, detectBody } from '../../support/bus-events.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { testDetection } from '../../support/test-detection.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-10-05T00:00:00.000Z');
const FAILED = 'user_login_failed';
const SUCCEEDED = 'user_login_succeeded';

const happenings = fc.array(
  fc.record({
    minute: fc.nat(240),
    type: fc.constantFrom(FAILED, FAILED, SUCCEEDED),
    // Ten are more than one change of a group decides.
    times: fc.constantFrom(1, 1, 1, 2, 10),
  }),
  { minLength: 1, maxLength: 6 },
);
/** Calls between one death and the next; after the last of them nothing dies any more. */
const deaths = fc.array(fc.nat(25), { maxLength: 12 });

function eventsOf(given: typeof happenings extends fc.Arbitrary<infer T> ? T : never) {
  const sorted = given.toSorted((a, b) => a.minute - b.minute);
  return sorted.flatMap(({ minute, type, times }, index) =>
    Array.from({ length: times }, (_, time): AuditLogEvent & { at: number } => {
      const at = START + minute * MINUTE;
      return {
        gid: `${index}-${time}`,
        created_at: new Date(at).toISOString(),
        event_type: type,
        actor: { actor_type: 'user', gid: '7' },
        at,
      };
    }),
  );
}

async function tellAll(
  detection: Detection,
  events: readonly AuditLogEvent[],
  plan: readonly number[],
  settleMs: number,
) {
  const clock = manualClock(START + 300 * MINUTE);
  const left = [...plan];
  let calls = left.shift() ?? Number.POSITIVE_INFINITY;
  const dying = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(_, name) {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function' || name === 'list') {
          return typeof method === 'function' ? method.bind(target) : method;
        }
        return async (...args: unknown[]) => {
          const isLast = calls-- === 0;
          if (isLast) calls = left.shift() ?? Number.POSITIVE_INFINITY;
          if (isLast && left.length % 2 === 0) throw new Error('died before it');
          const answer: unknown = await Reflect.apply(method, target, args);
          if (isLast) throw new Error('died after it');
          return answer;
        };
      },
    });
  const said: Alert[] = [];
  const publisher = {
    publish: async (entries: readonly BusEntry[]) => {
      said.push(...entries.map(({ detail }) => alertDetailSchema.parse(JSON.parse(detail)).data));
      return { published: entries.map(() => true), poison: [], retries: 0 };
    },
  };
  const due = new MemoryDueIndex();
  const deps = {
    catalogue: [detection],
    alertOnHistory: false,
    windowMs: 60 * MINUTE,
    runbookBaseUrl: 'https://example.com/detections.md',
    store: dying(new MemoryAlertStateStore(clock)),
    due: dying(due),
    publisher: dying(publisher),
    clock,
    log: silentLog,
  };
  let waiting = events.map((event) => ({
    messageId: String(event.gid),
    body: detectBody(detection.id, busEvent(event)),
  }));
  while (waiting.length > 0) {
    const batch = waiting.slice(0, 10);
    const { batchItemFailures } = await detectBatch(batch, deps);
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    waiting = [...batch.filter(({ messageId }) => failed.has(messageId)), ...waiting.slice(10)];
    clock.advance(MINUTE);
  }
  clock.advance(24 * 60 * MINUTE);
  const feed = { passedUntil: async () => clock.now() };
  for (let round = 0; round < 40; round++) {
    const one = () => sweep({ ...deps, feed, settleMs });
    await Promise.all([one(), one()]);
    clock.advance(SETTLE_MS + MINUTE);
  }
  const notes: FoundDue[] = [];
  for (const by of ['clock', 'feed'] as const) {
    for await (const note of due.list(by, Number.MAX_SAFE_INTEGER)) notes.push(note);
  }
  const last = new Map<string, Alert>();
  for (const alert of said) {
    if ((last.get(alert.alertId)?.revision ?? 0) < alert.revision) last.set(alert.alertId, alert);
  }
  return { notes, alerts: [...last.values()] };
}

type Told = (events: ReturnType<typeof eventsOf>) => number;
const HOUR = 60 * MINUTE;
const notFollowed: Told = (events) => {
  const came = events.filter(({ event_type }) => event_type === SUCCEEDED);
  return events.filter(
    ({ event_type, at }) =>
      event_type === FAILED && !came.some((other) => other.at >= at && other.at <= at + HOUR),
  ).length;
};
const allFailed: Told = (events) => events.filter(({ event_type }) => event_type === FAILED).length;

it.each<[string, Detection, Told]>([
  ['absence', testDetection({ kind: 'absence' }), notFollowed],
  ['match', testDetection({ kind: 'match' }), allFailed],
])('%s', async (_kind, detection, told) => {
  await fc.assert(
    fc.asyncProperty(
      happenings,
      deaths,
      fc.constantFrom(0, SETTLE_MS),
      async (given, plan, settleMs) => {
        const events = eventsOf(given);
        const { notes, alerts } = await tellAll(detection, events, plan, settleMs);
        expect(alerts.reduce((sum, { count }) => sum + count, 0)).toBe(told(events));
        expect(alerts.filter(({ count, closedAt }) => count > 1 && !closedAt)).toEqual([]);
        expect(notes).toEqual([]);
      },
    ),
    { numRuns: 150 },
  );
});
