// When what an alert holds becomes a revision, whatever comes when: against the plain words of docs/adr/0016.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEvents } from '../../../lib/alerts/life/apply.ts';
import type { Match } from '../../../lib/alerts/life/finding.ts';
import {
  EMPTY_GROUP,
  type GroupState,
  pendingAlerts,
  settled,
} from '../../../lib/alerts/life/group.ts';
import { closeDueAt, closeOver, speak, updateDueAt } from '../../../lib/alerts/life/revisions.ts';
import { GRACE_MS, type Pace, UPDATE_EVERY_MS } from '../../../lib/alerts/life/rules.ts';
import type { Alert } from '../../../lib/contract/alert.ts';
import { testAlert } from '../../support/alerts.ts';
import { applyMatches } from '../../support/apply-matches.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-10-05T09:00:00.000Z');
const windows = { windowMs: 60 * MINUTE, graceMs: GRACE_MS };
const rules = (pace: Pace) => ({
  ...windows,
  pace,
  open: ({ gid }: Match): Alert => testAlert({ alertId: gid }),
});
const at = (minutes: number, gid = `g${minutes}`, address?: string): Match => ({
  gid,
  at: START + minutes * MINUTE,
  event: address === undefined ? {} : { context: { client_ip_address: address } },
});
const iso = (instant: number) => new Date(instant).toISOString();
const published = (state: GroupState, now: number) =>
  settled(state, pendingAlerts(state), state.unmarked, now);

describe('revisions', () => {
  it('end, too, where what led to an alert came late and nothing joined it', () => {
    const pace = { updateEveryMs: UPDATE_EVERY_MS, now: START };
    const found = (state: GroupState, match: Match, opens: boolean, count: number) =>
      applyEvents(
        state,
        [match],
        () => rules(pace),
        () => ({
          memory: count,
          matches: opens ? [match] : [],
          context: { newest: START, leads: () => ({ count, first: [] }), between: () => [] },
        }),
      ).state;
    const opened = published(found(EMPTY_GROUP, at(0), true, 4), START);
    expect(closeDueAt(opened, windows)).toBeUndefined();
    const more = found(opened, at(-1), false, 5);
    const due = closeDueAt(more, windows) ?? Number.NaN;
    expect(due).toBe(START + windows.windowMs + windows.graceMs);
    const over = closeOver(published(more, START), due, { ...windows, now: due });
    expect(pendingAlerts(over)).toMatchObject([{ revision: 3, count: 6, closedAt: iso(due) }]);
    expect(closeDueAt(published(over, due), windows)).toBeUndefined();
  });

  it('have no gaps, are a minute apart after the first, and tell everything in the end', () => {
    const given = fc.array(
      fc.record({
        wait: fc.integer({ min: 0, max: 90_000 }),
        minutes: fc.integer({ min: 0, max: 150 }),
        sweeps: fc.boolean(),
      }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(given, (steps) => {
        let state = EMPTY_GROUP;
        let now = START;
        const said: Array<{ alert: Alert; now: number }> = [];
        const settle = (next: GroupState) => {
          said.push(...pendingAlerts(next).map((alert) => ({ alert, now })));
          state = published(next, now);
        };
        for (const [index, { wait, minutes, sweeps }] of steps.entries()) {
          now += wait;
          const pace = { updateEveryMs: UPDATE_EVERY_MS, now };
          if (sweeps) settle(speak(state, pace));
          settle(applyMatches(state, [at(minutes, `e${index}`)], rules(pace)).state);
        }
        now += UPDATE_EVERY_MS;
        settle(speak(state, { updateEveryMs: UPDATE_EVERY_MS, now }));
        expect(updateDueAt(state, UPDATE_EVERY_MS)).toBeUndefined();
        settle(closeOver(state, Number.POSITIVE_INFINITY, { ...windows, now }));
        expect(closeDueAt(state, windows)).toBeUndefined();

        const byId = Map.groupBy(said, ({ alert }) => alert.alertId);
        let count = 0;
        for (const revisions of byId.values()) {
          expect(revisions.map(({ alert }) => alert.revision)).toEqual(
            revisions.map((_, index) => index + 1),
          );
          const last = revisions.at(-1)?.alert;
          count += last?.count ?? 0;
          expect(last?.closedAt !== undefined).toBe((last?.count ?? 0) > 1);
          const updates = revisions.filter(
            ({ alert }) => alert.revision > 1 && alert.closedAt === undefined,
          );
          for (const [index, update] of updates.entries()) {
            const before = updates[index - 1]?.now ?? Number.NEGATIVE_INFINITY;
            expect(update.now - before).toBeGreaterThanOrEqual(UPDATE_EVERY_MS);
          }
        }
        expect(count).toBe(steps.length);
      }),
      { numRuns: 300 },
    );
  });

  it('tell what came after the end, too, where its alert is forgotten before the minute is over', () => {
    const pace = { updateEveryMs: UPDATE_EVERY_MS, now: START };
    let state = EMPTY_GROUP;
    const said: Alert[] = [];
    const settle = (next: GroupState) => {
      said.push(...pendingAlerts(next));
      state = published(next, START);
    };
    const take = (minutes: number) => settle(applyMatches(state, [at(minutes)], rules(pace)).state);
    const hundreds = Array.from({ length: 8 }, (_, number) => number * 100);
    for (const minutes of hundreds) take(minutes);
    for (const minutes of hundreds) take(minutes + 1);
    settle(closeOver(state, Number.POSITIVE_INFINITY, { ...windows, now: START }));
    take(2);
    expect(said.at(-1)).toMatchObject({ count: 2, closedAt: iso(START) });
    // Eight others are touched after it: one more than are kept in any case.
    for (const minutes of hundreds.slice(1)) take(minutes + 2);
    take(800);
    take(801);
    const last = said.findLast(({ alertId }) => alertId === 'g0');
    expect(last).toMatchObject({ count: 3, revision: 4, closedAt: iso(START) });
  });

  it('name what is new over all matches they tell, and what the opening told is not new', () => {
    let state = EMPTY_GROUP;
    const take = (pace: Pace, ...matches: readonly Match[]) => {
      const next = applyMatches(state, matches, rules(pace)).state;
      state = published(next, pace.now);
      return pendingAlerts(next)[0]?.newContext?.map(({ value }) => value);
    };
    const pace = (now: number) => ({ updateEveryMs: UPDATE_EVERY_MS, now });
    expect(take(pace(0), at(0, 'a', '192.0.2.1'), at(1, 'b', '192.0.2.2'))).toBeUndefined();
    expect(take(pace(1), at(2, 'c', '192.0.2.1'))).toBeUndefined();
    expect(take(pace(2), at(3, 'd', '192.0.2.3'))).toBeUndefined();
    expect(take(pace(3), at(4, 'e'))).toBeUndefined();
    expect(take(pace(MINUTE + 1), at(5, 'f', '192.0.2.4'))).toEqual(['192.0.2.3', '192.0.2.4']);
  });

  it('are none while they are held back, and one in the end', () => {
    const held = { updateEveryMs: Number.POSITIVE_INFINITY, now: START };
    let state = published(applyMatches(EMPTY_GROUP, [at(0)], rules(held)).state, START);
    for (const minutes of [1, 2, 3]) {
      const next = applyMatches(state, [at(minutes)], rules(held)).state;
      expect(pendingAlerts(next)).toEqual([]);
      state = published(next, START);
    }
    const [last] = pendingAlerts(speak(state, { updateEveryMs: 0, now: START }));
    expect(last).toMatchObject({ revision: 2, count: 4 });
  });
});
