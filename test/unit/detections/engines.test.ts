// The engines against plain definitions of what they should find, under any order that the grace allows.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GRACE_MS } from '../../../lib/alerts/life/rules.ts';
import type { Alert } from '../../../lib/contract/alert.ts';
import type { AuditLogEvent, Origin } from '../../../lib/contract/bus-event.ts';
import type { Detection } from '../../../lib/detections/define.ts';
import { Detector } from '../../../lib/detections/detector.ts';
import { busEvent } from '../../support/bus-events.ts';
import { testDetection } from '../../support/test-detection.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = Date.parse('2026-10-05T00:00:00.000Z');
const WINDOW = 60 * MINUTE;

interface Given {
  readonly at: number;
  readonly type?: string;
  readonly who?: string;
  readonly value?: string;
  readonly origin?: Origin;
}

function eventOf({ at, type = 'user_login_failed', who = 'u1', value }: Given, gid: string) {
  return {
    gid,
    created_at: new Date(START + at).toISOString(),
    event_type: type,
    actor: { actor_type: 'user', gid: who },
    ...(value === undefined ? {} : { context: { client_ip_address: value } }),
  } satisfies AuditLogEvent;
}

type Delivered = Given & { readonly gid: string };

function run(detection: Detection, delivered: readonly Delivered[]): Alert[] {
  const detector = new Detector([detection], {
    alertOnHistory: false,
    windowMs: WINDOW,
    runbookBaseUrl: 'https://example.com',
  });
  const latest = new Map<string, Alert>();
  const keep = (alerts: readonly Alert[]) => {
    for (const alert of alerts) latest.set(alert.alertId, alert);
  };
  for (const given of delivered) {
    const event = busEvent(eventOf(given, given.gid), { origin: given.origin ?? 'live' });
    keep(detector.observe(event));
  }
  keep(detector.finish());
  return [...latest.values()];
}

/** What has to be the same whatever the order: whom, how many, which. */
function told(alerts: readonly Alert[]): string[] {
  return alerts
    .map(({ entity, eventGids, count, firstSeen, lastSeen }) =>
      JSON.stringify([entity.type, entity.id, eventGids, count, firstSeen, lastSeen]),
    )
    .sort();
}

/** Events with a delivery late by at most the grace; the first list is in order, the second as delivered. */
function history(given: fc.Arbitrary<Given>, maxLength: number) {
  return fc
    .array(fc.tuple(given, fc.integer({ min: 0, max: GRACE_MS })), {
      minLength: 1,
      maxLength,
      size: 'max',
    })
    .map((pairs) => {
      const named = pairs.map(([event, late], index) => ({ ...event, late, gid: `e${index}` }));
      const inOrder = named.toSorted((a, b) => a.at - b.at || (a.gid < b.gid ? -1 : 1));
      const shuffled = named.toSorted((a, b) => a.at + a.late - (b.at + b.late));
      return { inOrder, shuffled };
    });
}

const minutes = (most: number) => fc.integer({ min: 0, max: most }).map((at) => at * MINUTE);
const who = fc.constantFrom('u1', 'u1', 'u1', 'u2');
const RUNS = { numRuns: 300 };

function sameInAnyOrder(detection: Detection, given: fc.Arbitrary<Given>, maxLength: number) {
  fc.assert(
    fc.property(history(given, maxLength), ({ inOrder, shuffled }) => {
      const expected = told(run(detection, inOrder));
      expect(told(run(detection, shuffled))).toEqual(expected);
      const twice = shuffled.flatMap((event, index) =>
        index % 3 === 0 ? [event, event] : [event],
      );
      // A queue keeps a message for fourteen days.
      const newest = inOrder.at(-1)?.at ?? 0;
      const again = shuffled.slice(-9).filter(({ at }) => at > newest - 14 * DAY);
      expect(told(run(detection, [...twice, ...again]))).toEqual(expected);
    }),
    RUNS,
  );
}

describe('threshold', () => {
  const detection = testDetection({ kind: 'threshold', atLeast: 3, within: '15m' });

  /** On which events the condition holds, straight from its definition; then alerts opened in the order of time. */
  function expected(inOrder: readonly Delivered[], atLeast: number, isDistinct: boolean) {
    const openings: Array<{ who?: string | undefined; at: number }> = [];
    for (const [index, event] of inOrder.entries()) {
      const before = inOrder
        .slice(0, index + 1)
        .filter((each) => each.who === event.who && each.at > event.at - 15 * MINUTE);
      const count = isDistinct ? new Set(before.map(({ value }) => value)).size : before.length;
      if (count < atLeast) continue;
      const last = openings.findLast((each) => each.who === event.who);
      if (last === undefined || event.at >= last.at + WINDOW) {
        openings.push({ who: event.who, at: event.at });
      }
    }
    return openings.length;
  }

  it('alerts when the count is reached within the time, and counts on from there', () => {
    const at = [0, 10, 20, 24, 25, 40, 83, 84, 85].map((minute, index) => ({
      at: minute * MINUTE,
      gid: `e${index}`,
    }));
    const alerts = run(detection, at);
    expect(alerts.map(({ count, eventGids }) => [count, eventGids])).toEqual([
      [6, ['e1', 'e2', 'e3', 'e4', 'e5', 'e6']],
      [3, ['e6', 'e7', 'e8']],
    ]);
    expect(alerts[0]?.firstSeen).toBe(new Date(START + 10 * MINUTE).toISOString());
  });

  it('counts a gid once, whatever time it comes with', () => {
    const at = [0, 1, 2].map((minute) => ({ at: minute * MINUTE, gid: minute < 2 ? 'e0' : 'e1' }));
    expect(run(detection, at)).toEqual([]);
  });

  it('alerts as its definition says', () => {
    fc.assert(
      fc.property(history(fc.record({ at: minutes(300), who }), 80), ({ inOrder, shuffled }) => {
        const opened = expected(inOrder, 3, false);
        expect(run(detection, inOrder)).toHaveLength(opened);
        expect(run(detection, shuffled)).toHaveLength(opened);
      }),
      RUNS,
    );
  });

  it('is the same in any order and however often an event comes', () => {
    sameInAnyOrder(detection, fc.record({ at: minutes(300), who }), 80);
  });

  it('is the same in any order under a flood', () => {
    sameInAnyOrder(detection, fc.record({ at: minutes(100) }), 500);
  });

  const distinct = testDetection({
    kind: 'threshold',
    atLeast: 3,
    within: '15m',
    distinct: { by: ['context.client_ip_address'], missing: 'skip' },
  });
  const value = fc.constantFrom('a', 'a', 'a', 'b', 'c', 'd');

  it('counts values', () => {
    fc.assert(
      fc.property(
        history(fc.record({ at: minutes(300), who, value }), 100),
        ({ inOrder, shuffled }) => {
          const opened = expected(inOrder, 3, true);
          expect(run(distinct, inOrder)).toHaveLength(opened);
          expect(run(distinct, shuffled)).toHaveLength(opened);
        },
      ),
      RUNS,
    );
  });

  it('counts values the same in any order', () => {
    sameInAnyOrder(distinct, fc.record({ at: minutes(300), who, value }), 100);
  });

  it('alerts on a few values in a flood of one', () => {
    const rare = fc.constantFrom(...'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaabcd');
    fc.assert(
      fc.property(
        history(fc.record({ at: minutes(60), value: rare }), 900),
        ({ inOrder, shuffled }) => {
          const opened = expected(
            inOrder.map((event) => ({ ...event, who: 'u1' })),
            3,
            true,
          );
          expect(run(distinct, inOrder)).toHaveLength(opened);
          expect(run(distinct, shuffled)).toHaveLength(opened);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('sequence', () => {
  const detection = testDetection({
    kind: 'sequence',
    within: '1h',
    steps: [
      { name: 'failed', pattern: { 'detail-type': ['user_login_failed'] }, atLeast: 3 },
      { name: 'succeeded', pattern: { 'detail-type': ['user_login_succeeded'] } },
      { name: 'left', pattern: { 'detail-type': ['user_logged_out'] } },
    ],
  });
  const type = fc.constantFrom(
    'user_login_failed',
    'user_login_failed',
    'user_login_failed',
    'user_login_succeeded',
    'user_logged_out',
  );

  it('alerts on the event that completes it, with the latest events that do', () => {
    const types = 'fffffs lf s';
    const names = { f: 'user_login_failed', s: 'user_login_succeeded', l: 'user_logged_out' };
    const given = [...types].flatMap((letter, index) =>
      letter === ' '
        ? []
        : [{ at: index * MINUTE, type: names[letter as keyof typeof names], gid: `e${index}` }],
    );
    const [alert, ...others] = run(detection, given);
    expect(others).toEqual([]);
    expect(alert).toMatchObject({ count: 5, eventGids: ['e2', 'e3', 'e4', 'e5', 'e7'] });
    expect(alert?.eventType).toBe('user_logged_out');
  });

  it('does not count the wrong order, nor what is too far apart', () => {
    const fail = { type: 'user_login_failed' };
    const [success, out] = [{ type: 'user_login_succeeded' }, { type: 'user_logged_out' }];
    const at = (list: ReadonlyArray<[number, { type: string }]>) =>
      list.map(([minute, what], index) => ({ ...what, at: minute * MINUTE, gid: `e${index}` }));
    const run_ = (...list: Array<[number, { type: string }]>) => run(detection, at(list)).length;
    expect(run_([0, fail], [1, fail], [2, success], [3, fail], [4, out])).toBe(0);
    expect(run_([0, fail], [1, fail], [2, fail], [3, out], [4, success])).toBe(0);
    expect(run_([0, fail], [1, fail], [2, fail], [3, success], [60, out])).toBe(0);
    expect(run_([0, fail], [1, fail], [2, fail], [3, success], [59, out])).toBe(1);
    expect(run_([0, fail], [0, fail], [0, fail], [0, success], [0, out])).toBe(1);
  });

  it('alerts as its definition says', () => {
    fc.assert(
      fc.property(history(fc.record({ at: minutes(300), type, who }), 60), (given) => {
        const { inOrder, shuffled } = given;
        const openings: Array<{ who?: string | undefined; at: number }> = [];
        for (const end of inOrder.filter((each) => each.type === 'user_logged_out')) {
          const mine = inOrder.filter(
            (each) => each.who === end.who && each.at > end.at - HOUR && each.at <= end.at,
          );
          const success = mine.findLast((each) => each.type === 'user_login_succeeded');
          const fails = mine.filter(
            (each) =>
              each.type === 'user_login_failed' && success !== undefined && each.at <= success.at,
          );
          if (fails.length < 3) continue;
          const last = openings.findLast((each) => each.who === end.who);
          if (last === undefined || end.at >= last.at + WINDOW) openings.push(end);
        }
        expect(run(detection, inOrder)).toHaveLength(openings.length);
        expect(run(detection, shuffled)).toHaveLength(openings.length);
      }),
      RUNS,
    );
  });

  it('is the same in any order and however often an event comes', () => {
    sameInAnyOrder(detection, fc.record({ at: minutes(300), type, who }), 80);
  });

  it('tells of the last step, also where a late event of another completes it', () => {
    const given = ['user_login_failed', 'user_login_failed', 'user_login_succeeded'];
    const late = { at: 0, type: 'user_login_failed', gid: 'late' };
    const events = given.map((type, index) => ({ at: index * MINUTE, type, gid: `e${index}` }));
    const out = { at: 5 * MINUTE, type: 'user_logged_out', gid: 'out' };
    expect(run(detection, [...events, out, late])[0]?.eventType).toBe('user_logged_out');
  });

  describe('with several ways to take a step', () => {
    const ways = testDetection({
      kind: 'sequence',
      within: '1h',
      steps: [
        {
          name: 'taken',
          pattern: { 'detail-type': ['workspace_export_started'] },
          or: [
            {
              pattern: { 'detail-type': ['attachment_downloaded'] },
              distinct: { by: ['context.client_ip_address'], missing: 'skip' },
              atLeast: 3,
            },
          ],
        },
        {
          name: 'destroyed',
          pattern: { 'detail-type': ['task_deleted'] },
          atLeast: 3,
          or: [{ pattern: { 'detail-type': ['project_deleted'] }, atLeast: 2 }],
        },
      ],
    });
    const [X, D] = ['workspace_export_started', 'attachment_downloaded'];
    const [T, P] = ['task_deleted', 'project_deleted'];
    const type = fc.constantFrom(X, D, D, D, D, T, T, T, P, P);
    const value = fc.constantFrom('a', 'b', 'c', 'd');

    it('alerts as its definition says', () => {
      const given = fc.record({ at: minutes(300), type, who, value });
      fc.assert(
        fc.property(history(given, 60), ({ inOrder, shuffled }) => {
          const openings: Array<{ who?: string | undefined; at: number }> = [];
          for (const [place, end] of inOrder.entries()) {
            if (end.type !== T && end.type !== P) continue;
            const ends = inOrder
              .slice(0, place + 1)
              .filter(
                ({ who, type, at }) => who === end.who && type === end.type && at > end.at - HOUR,
              );
            const begin = ends.at(end.type === T ? -3 : -2)?.at;
            if (begin === undefined) continue;
            const taken = inOrder.filter(
              (each) => each.who === end.who && each.at > end.at - HOUR && each.at <= begin,
            );
            const files = new Set(
              taken.filter((each) => each.type === D).map((each) => each.value),
            );
            if (!taken.some((each) => each.type === X) && files.size < 3) continue;
            const last = openings.findLast((each) => each.who === end.who);
            if (last === undefined || end.at >= last.at + WINDOW) openings.push(end);
          }
          expect(run(ways, inOrder)).toHaveLength(openings.length);
          expect(run(ways, shuffled)).toHaveLength(openings.length);
        }),
        RUNS,
      );
    });

    it('is the same in any order and however often an event comes', () => {
      sameInAnyOrder(ways, fc.record({ at: minutes(300), type, who, value }), 80);
    });
  });

  describe('with what calls it off', () => {
    const [first, end, off] = ['user_deprovisioned', 'task_deleted', 'user_reprovisioned'];
    const callable = testDetection({
      kind: 'sequence',
      within: '2h',
      steps: [
        { name: 'removed', pattern: { 'detail-type': [first] } },
        { name: 'acted', pattern: { 'detail-type': [end] } },
      ],
      unless: { pattern: { 'detail-type': [off] } },
    });
    const at = (list: ReadonlyArray<[number, string]>) =>
      list.map(([minute, type], index) => ({ at: minute * MINUTE, type, gid: `e${index}` }));

    it('is silent where it is called off between its first event and its last, even at once', () => {
      const of = (...list: Array<[number, string]>) => run(callable, at(list)).length;
      expect(of([0, first], [30, end])).toBe(1);
      expect(of([0, first], [10, off], [30, end])).toBe(0);
      expect(of([0, first], [0, off], [30, end])).toBe(0);
      expect(of([0, first], [30, off], [30, end])).toBe(0);
      expect(of([0, first], [30, end], [31, off])).toBe(1);
      expect(of([0, off], [1, first], [30, end])).toBe(1);
      expect(of([0, first], [10, off], [20, first], [30, end])).toBe(1);
      expect(of([0, first], [120, end])).toBe(0);
    });

    it('is decided once the feed has passed the grace after its last event', () => {
      const detector = new Detector([callable], {
        alertOnHistory: false,
        windowMs: WINDOW,
        runbookBaseUrl: 'https://example.com',
      });
      const [removed, acted] = at([
        [0, first],
        [30, end],
      ]).map((each) => busEvent(eventOf(each, each.gid)));
      expect(detector.observe(removed as never)).toEqual([]);
      expect(detector.observe(acted as never)).toEqual([]);
      expect(detector.advance(START + 30 * MINUTE + GRACE_MS)).toEqual([]);
      expect(detector.advance(START + 30 * MINUTE + GRACE_MS + 1)).toMatchObject([
        { eventGids: ['e0', 'e1'], count: 2, eventType: end },
      ]);
      expect(detector.finish()).toEqual([]);
    });

    const type = fc.constantFrom(first, first, end, end, end, off);

    it('alerts as its definition says', () => {
      const given = fc.record({ at: minutes(600), type, who });
      fc.assert(
        fc.property(history(given, 40), ({ inOrder, shuffled }) => {
          const openings: Array<{ who?: string | undefined; at: number }> = [];
          for (const last of inOrder.filter((each) => each.type === end)) {
            const mine = inOrder.filter(
              (each) => each.who === last.who && each.at <= last.at && each.at > last.at - 2 * HOUR,
            );
            const begin = mine.findLast((each) => each.type === first);
            if (begin === undefined) continue;
            if (mine.some((each) => each.type === off && each.at >= begin.at)) continue;
            const open = openings.findLast((each) => each.who === last.who);
            if (open === undefined || last.at >= open.at + WINDOW) openings.push(last);
          }
          expect(run(callable, inOrder)).toHaveLength(openings.length);
          expect(run(callable, shuffled)).toHaveLength(openings.length);
        }),
        RUNS,
      );
    });

    it('is the same in any order and however often an event comes', () => {
      sameInAnyOrder(callable, fc.record({ at: minutes(600), type, who }), 60);
    });

    it('keeps its memory small for whoever does nothing but last steps', () => {
      const detector = new Detector([callable], {
        alertOnHistory: false,
        windowMs: WINDOW,
        runbookBaseUrl: 'https://example.com',
      });
      for (let index = 0; index < 2_000; index++) {
        detector.observe(busEvent(eventOf({ at: index * 10_000, type: end }, `e${index}`)));
      }
      const next = busEvent(eventOf({ at: 0, type: end }, 'x'));
      const placed = detector.watchesOf(next).flatMap((watch) => watch.see(next));
      const memories = placed.map(({ group }) => JSON.stringify(detector.stateOf(group).memory));
      expect(memories).toHaveLength(1);
      expect(memories[0]?.length).toBeLessThan(6_000);
    });
  });

  it('meets where one step names as resource whom the next has as actor', () => {
    const crossed = testDetection({
      kind: 'sequence',
      within: '1h',
      steps: [
        {
          name: 'removed',
          pattern: { 'detail-type': ['user_deprovisioned'] },
          groupBy: { type: 'user', by: ['resource.gid'], missing: 'skip' },
        },
        { name: 'acted', pattern: { 'detail-type': ['user_login_succeeded'] } },
      ],
    });
    const removed = {
      ...eventOf({ at: 0, type: 'user_deprovisioned', who: 'admin' }, 'r'),
      resource: { gid: 'u1' },
    };
    const acted = eventOf({ at: MINUTE, type: 'user_login_succeeded' }, 'a');
    const detector = new Detector([crossed], {
      alertOnHistory: false,
      windowMs: WINDOW,
      runbookBaseUrl: 'https://example.com',
    });
    expect(detector.observe(busEvent(removed))).toEqual([]);
    expect(detector.observe(busEvent(acted))).toMatchObject([
      { entity: { type: 'user', id: 'u1' }, eventGids: ['r', 'a'] },
    ]);
  });
});

describe('newValue', () => {
  const detection = testDetection({ kind: 'newValue', learn: '7d', forget: '30d' });
  const type = 'user_login_succeeded';
  const value = fc.constantFrom('a', 'b', 'c', 'd');

  it('is silent while it learns, then speaks of what is new or long forgotten', () => {
    const at = (day: number, value: string, origin: Origin = 'live') => ({
      at: day * DAY,
      type,
      value,
      origin,
      gid: `${value}${day}`,
    });
    const alerts = run(detection, [
      at(0, 'a', 'backfill'),
      at(1, 'b', 'backfill'),
      at(8, 'x', 'backfill'),
      at(9, 'b'),
      at(9.5, 'x'),
      at(10, 'c'),
      at(11, 'c'),
      at(20, 'a'),
      at(45, 'b'),
      at(51, 'a'),
    ]);
    expect(alerts.map(({ eventGids }) => eventGids)).toEqual([['c10'], ['b45'], ['a51']]);
    expect(run(detection, [at(0, 'a'), at(6, 'b'), at(7, 'c')])).toMatchObject([
      { eventGids: ['c7'], entity: { type: 'user', id: 'u1' } },
    ]);
  });

  it('alerts about the value where it is told to, one alert each', () => {
    const about = testDetection({
      kind: 'newValue',
      groupBy: 'workspace',
      entity: 'value',
      valueType: 'ip',
    });
    const given = ['a', 'b', 'c'].map((value, index) => ({
      at: 8 * DAY + index * MINUTE,
      type,
      value,
      gid: value,
    }));
    const alerts = run(about, [{ at: 0, type, value: 'z', gid: 'z' }, ...given]);
    expect(alerts.map(({ entity }) => entity)).toEqual(
      ['a', 'b', 'c'].map((id) => ({ type: 'ip', id, label: id })),
    );
  });

  it('is the same in any order and however often an event comes', () => {
    const given = fc.record({
      at: fc.oneof(
        minutes(80 * 24 * 60),
        minutes(120).map((at) => 20 * DAY + at),
        minutes(30).map((at) => 60 * DAY + at),
      ),
      type: fc.constant(type),
      value,
      who,
    });
    sameInAnyOrder(detection, given, 60);
  });
});

describe('absence', () => {
  const detection = testDetection({ kind: 'absence', within: '1h' });
  const [first, then] = [detection.pattern, detection.expected.pattern].map(
    (pattern) => pattern['detail-type'][0] as string,
  ) as [string, string];

  it('alerts on what is not followed, once the feed has passed', () => {
    const detector = new Detector([detection], {
      alertOnHistory: false,
      windowMs: WINDOW,
      runbookBaseUrl: 'https://example.com',
    });
    const see = (given: Given, gid: string) => detector.observe(busEvent(eventOf(given, gid)));
    expect(see({ at: 0, type: first }, 'a')).toEqual([]);
    expect(detector.advance(START + HOUR + GRACE_MS)).toEqual([]);
    expect(detector.advance(START + HOUR + GRACE_MS + 1)).toMatchObject([{ eventGids: ['a'] }]);
    expect(detector.finish()).toEqual([]);
  });

  it('alerts as its definition says, in any order and however often an event comes', () => {
    const given = fc.record({ at: minutes(400), type: fc.constantFrom(first, then), who });
    fc.assert(
      fc.property(history(given, 40), ({ inOrder }) => {
        const openings: Array<{ who?: string | undefined; at: number }> = [];
        for (const event of inOrder.filter((each) => each.type === first)) {
          const isFollowed = inOrder.some(
            (each) =>
              each.type === then &&
              each.who === event.who &&
              each.at >= event.at &&
              each.at <= event.at + HOUR,
          );
          const last = openings.findLast((each) => each.who === event.who);
          if (isFollowed || (last !== undefined && event.at < last.at + WINDOW)) continue;
          openings.push(event);
        }
        expect(run(detection, inOrder)).toHaveLength(openings.length);
      }),
      RUNS,
    );
    sameInAnyOrder(detection, given, 40);
  });
});

describe('a severity that depends on the event', () => {
  const severityOf = ({ context }: AuditLogEvent) =>
    context?.['client_ip_address'] === 'worse' ? ('critical' as const) : ('low' as const);
  const words = fc.constantFrom('worse', 'mild', 'mild');
  const worst = { severity: 'critical', severityOf } as const;

  it('is that of an alert of its own: what is worse is not hidden in what is not', () => {
    const detection = testDetection({ kind: 'match', ...worst });
    const alerts = run(detection, [
      { at: 0, gid: 'e0', value: 'mild' },
      { at: MINUTE, gid: 'e1', value: 'worse' },
      { at: 2 * MINUTE, gid: 'e2', value: 'mild' },
      { at: 3 * MINUTE, gid: 'e3', value: 'worse' },
    ]);
    expect(alerts.map(({ severity, eventGids }) => [severity, eventGids])).toEqual([
      ['low', ['e0', 'e2']],
      ['critical', ['e1', 'e3']],
    ]);
    expect(new Set(alerts.map(({ alertId }) => alertId)).size).toBe(2);
  });

  it('is the same in any order of delivery', () => {
    const given = fc.record({ at: minutes(300), value: words });
    sameInAnyOrder(testDetection({ kind: 'match', ...worst }), given, 60);
  });

  it('of a sequence is that of the event which completes it, in an alert of its own', () => {
    const detection = testDetection({ kind: 'sequence', within: '1h', ...worst });
    const then = 'user_login_succeeded';
    const alerts = run(detection, [
      { at: 0, gid: 'e0', value: 'worse' },
      { at: MINUTE, gid: 'e1', type: then, value: 'mild' },
      { at: 2 * MINUTE, gid: 'e2', type: then, value: 'worse' },
      { at: 3 * MINUTE, gid: 'e3', type: then, value: 'mild' },
    ]);
    expect(alerts.map(({ severity, eventGids }) => [severity, eventGids])).toEqual([
      ['low', ['e0', 'e1', 'e3']],
      ['critical', ['e0', 'e2']],
    ]);
    const given = fc.record({
      at: minutes(300),
      type: fc.constantFrom('user_login_failed', then),
      value: words,
    });
    // Four that wait for a late first step are remembered with what they hold; of more, how bad each was is not known.
    sameInAnyOrder(detection, given, 5);
  });

  it('of a threshold is that of the event that reaches it, and its alert is one', () => {
    const detection = testDetection({ kind: 'threshold', atLeast: 2, within: '15m', ...worst });
    const alerts = run(
      detection,
      ['mild', 'mild', 'worse', 'mild'].map((value, index) => ({
        at: index * MINUTE,
        gid: `e${index}`,
        value,
      })),
    );
    expect(alerts).toMatchObject([{ severity: 'low', count: 4 }]);
  });
});

describe('a missing field', () => {
  const of = (missing: 'skip' | 'own-group' | 'alert') =>
    testDetection({
      kind: 'threshold',
      atLeast: 3,
      groupBy: { type: 'user', by: ['actor.gid'], missing },
    });
  const nobody = (count: number) =>
    Array.from({ length: count }, (_, index) => {
      const { actor: _actor, ...event } = eventOf({ at: index * MINUTE }, `n${index}`);
      return busEvent(event);
    });
  const alertsOf = (detection: Detection, count: number) => {
    const detector = new Detector([detection], {
      alertOnHistory: false,
      windowMs: WINDOW,
      runbookBaseUrl: 'https://example.com',
    });
    return nobody(count).flatMap((event) => detector.observe(event));
  };

  it('is skipped, a group of its own, or an alert, as the definition says', () => {
    expect(alertsOf(of('skip'), 5)).toEqual([]);
    expect(alertsOf(of('own-group'), 2)).toEqual([]);
    expect(alertsOf(of('own-group'), 3)).toMatchObject([{ count: 3, entity: { id: '(none)' } }]);
    expect(alertsOf(of('alert'), 1)).toMatchObject([{ count: 1 }]);
  });
});
