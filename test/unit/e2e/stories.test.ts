// What the end-to-end test lets happen raises what it expects and nothing else, as the engines see it in one process.
// That it does so through a deployed stack is deploy.test.ts's.
import { expect, it } from 'vitest';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import { Detector } from '../../../lib/detections/detector.ts';
import { byCreation, EventMaker, type HeldEvent } from '../../e2e/support/events.ts';
import {
  appsAuthorized,
  exportThenDelete,
  history,
  passwordSpray,
  STAGED,
} from '../../e2e/support/stories.ts';
import { busEvent } from '../../support/bus-events.ts';

const NOW = Date.parse('2026-11-02T10:00:00.000Z');

it('raises the expected alerts, each by its own events, and no other', () => {
  const maker = new EventMaker();
  const past = history(maker, NOW);
  const attacks = [...maker.attacks(CATALOGUE, NOW - 5_000)].map(([detectionId, event]) => ({
    ...{ detectionId, events: [event] },
  }));
  const { known, firstSeen } = appsAuthorized(maker, NOW + 60_000);
  const expected = [
    ...attacks,
    passwordSpray(maker, NOW - 4_000),
    ...exportThenDelete(maker, NOW - 3_000),
    firstSeen,
  ];
  const quiet = maker.dailyLife(1_150, NOW - 60_000, NOW);
  const events = [...past, ...quiet, ...expected.flatMap((each) => each.events), known];

  const rules = { alertOnHistory: false, windowMs: 3_600_000, runbookBaseUrl: 'https://x.test/' };
  const detector = new Detector(CATALOGUE, rules);
  const raised = byCreation([...new Set(events)]).flatMap((event) => {
    const origin = past.includes(event) ? 'backfill' : 'live';
    return detector.observe(busEvent(JSON.parse(event.line), { origin }));
  });
  const line = (id: string, gids: readonly string[]) => [id, ...gids.toSorted()].join(' ');
  const gidsOf = (held: readonly HeldEvent[]) => held.map(({ gid }) => gid);
  expect(raised.map((alert) => line(alert.detectionId, alert.eventGids)).toSorted()).toEqual(
    expected.map((each) => line(each.detectionId, gidsOf(each.events))).toSorted(),
  );
  expect(attacks.map(({ detectionId }) => detectionId)).toContain(STAGED);
});
