// A detector that is told its events come in order leaves out what only lateness needs, and one that is given several at once
// looks at them detection by detection: its alerts stay the same, to the letter.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Alert } from '../../../lib/contract/alert.ts';
import type { AuditLogEvent } from '../../../lib/contract/bus-event.ts';
import { arrivalOf } from '../../../lib/detections/arrival.ts';
import type { Detection } from '../../../lib/detections/define.ts';
import { Detector } from '../../../lib/detections/detector.ts';
import { busEvent } from '../../support/bus-events.ts';
import { testDetection } from '../../support/test-detection.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-10-05T00:00:00.000Z');
const TYPES = [
  'user_login_failed',
  'user_login_succeeded',
  'task_deleted',
  'user_invited',
  'user_deprovisioned',
] as const;
const of = (type: (typeof TYPES)[number]) => ({ 'detail-type': [type] }) as const;
const [failed, succeeded, deleted] = [of(TYPES[0]), of(TYPES[1]), of(TYPES[2])];
const [invited, removed] = [of(TYPES[3]), of(TYPES[4])];

const KINDS: Record<string, Detection> = {
  sequence: testDetection({
    kind: 'sequence',
    within: '2h',
    steps: [
      { name: 'one', pattern: failed, atLeast: 2 },
      { name: 'two', pattern: succeeded },
    ],
  }),
  'sequence in three steps, with ways': testDetection({
    kind: 'sequence',
    within: '2h',
    steps: [
      { name: 'one', pattern: failed, or: [{ pattern: invited }] },
      { name: 'two', pattern: succeeded },
      { name: 'three', pattern: deleted, or: [{ pattern: removed }, { pattern: failed }] },
    ],
  }),
  'sequence that can be called off': testDetection({
    kind: 'sequence',
    within: '2h',
    steps: [
      { name: 'one', pattern: removed },
      { name: 'two', pattern: { 'detail-type': [{ 'anything-but': ['user_deprovisioned'] }] } },
    ],
    unless: { pattern: invited },
  }),
  absence: testDetection({ kind: 'absence', within: '1h' }),
  'sequence of anyone, known or not': testDetection({
    kind: 'sequence',
    groupBy: { type: 'user', by: ['actor.gid'], missing: 'alert' },
  }),
  'sequence with a value that may be missing': testDetection({
    kind: 'sequence',
    steps: [
      { name: 'one', pattern: failed },
      {
        name: 'two',
        pattern: succeeded,
        atLeast: 2,
        distinct: { by: ['context.client_ip_address'], missing: 'alert' },
      },
    ],
  }),
  newValue: testDetection({ kind: 'newValue' }),
  threshold: testDetection({ kind: 'threshold' }),
};

function alertsOf(
  detection: Detection,
  events: readonly AuditLogEvent[],
  { isOrdered = false, atOnce = 1 } = {},
) {
  const detector = new Detector([detection], {
    alertOnHistory: false,
    windowMs: 60 * MINUTE,
    runbookBaseUrl: 'https://example.com',
    isOrdered,
  });
  const alerts: Alert[] = [];
  for (let from = 0; from < events.length; from += atOnce) {
    const some = events.slice(from, from + atOnce).map((event) => busEvent(event));
    alerts.push(
      ...(atOnce === 1
        ? some.flatMap((event) => detector.observe(event))
        : detector.observeAll(some.map(arrivalOf))),
    );
  }
  alerts.push(...detector.finish());
  return alerts;
}

it.each(Object.entries(KINDS))('%s', (_, detection) => {
  const given = fc.record({
    minute: fc.integer({ min: 0, max: 300 }),
    type: fc.constantFrom(...TYPES),
    who: fc.constantFrom('u1', 'u2', undefined),
    ip: fc.constantFrom('192.0.2.1', '192.0.2.2', undefined),
  });
  fc.assert(
    fc.property(fc.array(given, { maxLength: 60 }), fc.constantFrom(1, 10), (list, step) => {
      const events = list
        .map(({ minute, type, who, ip }, index) => ({
          gid: `e${100 + index}`,
          // Often the same millisecond, in which the order of gids is not that of what happened.
          created_at: new Date(START + Math.floor(minute / step) * step * MINUTE).toISOString(),
          event_type: type,
          actor: { actor_type: 'user', ...(who === undefined ? {} : { gid: who }) },
          resource: { resource_type: 'user', gid: who ?? 'u1' },
          context: ip === undefined ? {} : { client_ip_address: ip },
        }))
        .sort((a, b) => (a.created_at + a.gid < b.created_at + b.gid ? -1 : 1));
      const expected = alertsOf(detection, events);
      expect(alertsOf(detection, events, { isOrdered: true })).toEqual(expected);
      expect(alertsOf(detection, events, { isOrdered: true, atOnce: 7 })).toEqual(expected);
      expect(alertsOf(detection, events, { atOnce: 60 })).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

it('goes on with the next event where a detection fails and nobody is told', () => {
  const failing = testDetection({
    kind: 'threshold',
    when: ({ resource }) => {
      if (resource?.gid === 'odd') throw new Error('not like this');
      return true;
    },
  });
  const detector = new Detector(
    [failing, { ...KINDS['threshold'], id: 'asana.test.other' } as Detection],
    {
      alertOnHistory: false,
      windowMs: 60 * MINUTE,
      runbookBaseUrl: 'https://example.com',
    },
  );
  const looked = (gid: string, minute: number, resource: string) =>
    detector.observe(
      busEvent({
        gid,
        created_at: new Date(START + minute * MINUTE).toISOString(),
        event_type: 'user_login_failed',
        actor: { actor_type: 'user', gid: 'u1' },
        resource: { resource_type: 'user', gid: resource },
        context: { client_ip_address: '192.0.2.1' },
      }),
    );
  expect(() => looked('e1', 1, 'odd')).toThrow('not like this');
  expect(looked('e2', 2, 'u1')).toEqual([]);
  expect(looked('e3', 3, 'u1')).toEqual([]);
});
