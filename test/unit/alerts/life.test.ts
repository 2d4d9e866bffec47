import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Match } from '../../../lib/alerts/life/finding.ts';
import {
  EMPTY_GROUP,
  type GroupState,
  pendingAlerts,
  settled,
} from '../../../lib/alerts/life/group.ts';
import { alertIdOf } from '../../../lib/alerts/life/identity.ts';
import { openAlert } from '../../../lib/alerts/life/open.ts';
import { GRACE_MS } from '../../../lib/alerts/life/rules.ts';
import type { Alert } from '../../../lib/contract/alert.ts';
import { alertSchema } from '../../../lib/contract/alert.ts';
import { samlWeakened } from '../../../lib/detections/catalogue/sign-in-policy.ts';
import { applyMatches } from '../../support/apply-matches.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-10-05T09:00:00.000Z');
const group = {
  detectionId: samlWeakened.id,
  workspaceGid: '1',
  entity: { type: 'workspace', id: '1', label: 'one' },
};
const rules = {
  windowMs: 60 * MINUTE,
  graceMs: GRACE_MS,
  open: (match: Match): Alert =>
    openAlert(samlWeakened, group, match, { runbookBaseUrl: 'https://example.com/d', now: START }),
};

function at(minutes: number, gid = `g${minutes}`): Match {
  const event = { gid, created_at: new Date(START + minutes * MINUTE).toISOString() };
  return { gid, at: START + minutes * MINUTE, event };
}

/** Applies batches the way raiseAlerts does: each change is settled before the next. */
function deliver(batches: readonly (readonly Match[])[]): GroupState {
  let state: GroupState = EMPTY_GROUP;
  for (const batch of batches) {
    for (let open = batch; open.length > 0; ) {
      const applied = applyMatches(state, open, rules);
      state = settled(applied.state, pendingAlerts(applied.state), applied.state.unmarked);
      open = applied.rest;
    }
  }
  return state;
}

function alertsOf(state: GroupState): Alert[] {
  return state.windows
    .map(({ alert }) => alert)
    .toSorted((a, b) => (a.firstSeen < b.firstSeen ? -1 : 1));
}

describe('the life of an alert', () => {
  it('opens, and goes on for the window', () => {
    const [first, second] = alertsOf(deliver([[at(0)], [at(59)], [at(60)]]));
    expect(first).toMatchObject({ revision: 2, count: 2, eventGids: ['g0', 'g59'] });
    expect(second).toMatchObject({ revision: 1, count: 1, eventGids: ['g60'] });
    expect(alertSchema.parse(first)).toEqual(first);
    expect(first?.alertId).not.toBe(second?.alertId);
  });

  it('has an id that follows from detection, workspace, entity and the opening event alone', () => {
    const id = alertIdOf(group, '1');
    expect(alertIdOf({ ...group, entity: { ...group.entity, label: 'renamed' } }, '1')).toBe(id);
    const others = [
      alertIdOf(group, '2'),
      alertIdOf({ ...group, detectionId: 'asana.other' }, '1'),
      alertIdOf({ ...group, workspaceGid: '2' }, '1'),
      alertIdOf({ ...group, entity: { ...group.entity, id: '2' } }, '1'),
      alertIdOf({ ...group, entity: { ...group.entity, type: 'user' } }, '1'),
    ];
    expect(new Set([id, ...others]).size).toBe(6);
  });

  it('is one revision a batch, whatever the batch holds', () => {
    const [alert, ...others] = alertsOf(
      deliver([
        [at(2), at(0), at(1)],
        [at(3), at(4)],
      ]),
    );
    expect(others).toEqual([]);
    expect(alert).toMatchObject({
      revision: 2,
      count: 5,
      eventGids: ['g0', 'g1', 'g2', 'g3', 'g4'],
    });
    expect(alert?.firstSeen).toBe('2026-10-05T09:00:00.000Z');
    expect(alert?.lastSeen).toBe('2026-10-05T09:04:00.000Z');
  });

  it('takes an event that is older by up to the grace, and starts there from then on', () => {
    const [alert, ...others] = alertsOf(deliver([[at(0)], [at(-10)], [at(49)], [at(50)]]));
    expect(alert).toMatchObject({ count: 3, firstSeen: '2026-10-05T08:50:00.000Z' });
    expect(others).toMatchObject([{ count: 1, eventGids: ['g50'] }]);
    expect(alertsOf(deliver([[at(0)], [at(-11)]]))).toHaveLength(2);
  });

  it('lists the earliest ten events and counts them all', () => {
    const late = Array.from({ length: 15 }, (_, i) => at(i / 2, `n${i}`)).toReversed();
    const [alert] = alertsOf(deliver([...late.map((match) => [match]), [at(20), at(30)]]));
    expect(alert?.count).toBe(17);
    expect(alert?.eventGids).toEqual(Array.from({ length: 10 }, (_, i) => `n${i}`));
  });

  it('forgets the least recently touched alerts, never one that is not published', () => {
    const hours = Array.from({ length: 60 }, (_, i) => at(i * 60));
    const state = deliver(hours.map((match) => [match]));
    expect(state.windows.length).toBeLessThanOrEqual(16);
    expect(alertsOf(state).at(-1)?.eventGids).toEqual(['g3540']);
    const { state: one, rest } = applyMatches(
      state,
      hours.map((m) => ({ ...m, gid: `x${m.gid}`, at: m.at + 1e10 })),
      rules,
    );
    expect(pendingAlerts(one)).toHaveLength(8);
    expect(rest).toHaveLength(52);
  });

  it('settles only what was published, in that revision', () => {
    const { state } = applyMatches(EMPTY_GROUP, [at(0), at(100)], rules);
    const [a, b] = pendingAlerts(state) as [Alert, Alert];
    const once = settled(state, [a, { ...b, revision: 9 }], ['g0', 'other']);
    expect(pendingAlerts(once)).toEqual([b]);
    expect(once.unmarked).toEqual(['g100']);
    expect(settled(once, [a], ['g0'])).toBe(once);
  });

  it('gives the same alerts whatever the order, while events are late by the grace at most', () => {
    const minutes = fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 400 }),
        late: fc.integer({ min: 0, max: 10 }),
        cut: fc.boolean(),
      }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(minutes, (given) => {
        const events = given.map((event, index) => ({
          ...event,
          match: at(event.at, `e${index}`),
        }));
        const batches: Match[][] = [[]];
        for (const { match, cut } of events.toSorted((a, b) => a.at + a.late - (b.at + b.late))) {
          if (cut) batches.push([]);
          batches.at(-1)?.push(match);
        }
        const state = deliver(batches);

        // What it should be, straight from the definition: windows opened in the order of time.
        const expected: Array<{ first: number; gids: Set<string> }> = [];
        for (const { match } of events.toSorted((a, b) => a.at - b.at)) {
          const last = expected.at(-1);
          if (last && match.at < last.first + rules.windowMs) last.gids.add(match.gid);
          else expected.push({ first: match.at, gids: new Set([match.gid]) });
        }
        const alerts = alertsOf(state);
        expect(alerts.map(({ count }) => count)).toEqual(expected.map(({ gids }) => gids.size));
        for (const [index, alert] of alerts.entries()) {
          const { gids, first } = expected[index] as (typeof expected)[number];
          expect(alert.eventGids.every((gid) => gids.has(gid))).toBe(true);
          expect(Date.parse(alert.firstSeen)).toBe(first);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('what an alert keeps of its event', () => {
  it('is the whole of it, digits included, when small', () => {
    const details = { old_value: 'required', new_value: null, group: { gid: 5 } };
    const alert = rules.open({
      ...at(0),
      event: { ...at(0).event, details, context: null as never },
    });
    expect(alert['details']).toEqual(details);
    expect(alert).not.toHaveProperty('trimmed');
    expect(alert).not.toHaveProperty('actor');
  });

  it('is what people look at where the event is nested deeper than can be written as JSON', () => {
    let deep: unknown = 1;
    for (let each = 0; each < 100_000; each++) deep = [deep];
    const details = { old_value: 'required', new_value: deep };
    const alert = rules.open({ ...at(0), event: { ...at(0).event, details } });
    expect(alert).toMatchObject({ trimmed: true, details: { old_value: 'required' } });
    expect(alertSchema.parse(JSON.parse(JSON.stringify(alert)))).toEqual(alert);
  });

  it('is what people look at when large, and the whole alert stays small', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 50, maxLength: 200 }), (seed) => {
        const huge = seed.repeat(1_000);
        const event = {
          gid: '1',
          event_type: huge,
          actor: { gid: '2', name: huge, email: huge, actor_type: 'user', note: huge },
          resource: { resource_type: huge, gid: huge, name: huge },
          context: { user_agent: huge, client_ip_address: '192.0.2.1' },
          details: { new_value: { deep: huge }, old_value: null, app_url: huge },
        };
        const alert = rules.open({ gid: '1', at: START, event });
        expect(Buffer.byteLength(JSON.stringify(alert))).toBeLessThan(12_000);
        expect(alert).toMatchObject({
          trimmed: true,
          actor: { gid: '2' },
          details: { old_value: null },
        });
        expect(alertSchema.parse(alert)).toEqual(alert);
      }),
      { numRuns: 10 },
    );
  });
});
