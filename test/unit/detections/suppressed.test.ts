// Suppressions over random events in any order: what is not covered alerts as if the covered had not been, and never
// shares an alert with it.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MemoryAlertStateStore } from '../../../lib/alerts/state/memory-store.ts';
import type { Alert } from '../../../lib/contract/alert.ts';
import type { AuditLogEvent } from '../../../lib/contract/bus-event.ts';
import type { Suppression } from '../../../lib/contract/operator.ts';
import type { Detection } from '../../../lib/detections/define.ts';
import { detectBatch } from '../../../lib/detections/detect.ts';
import { MemoryDueIndex } from '../../../lib/detections/due/memory-due-index.ts';
import { silentLog } from '../../../lib/log.ts';
import { busEvent, detectBody } from '../../support/bus-events.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { testDetection } from '../../support/test-detection.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-10-05T00:00:00.000Z');

interface Happening {
  readonly minute: number;
  readonly office: boolean;
  readonly user: string;
  readonly ok: boolean;
}

/** Within the grace of each other, so that no order of delivery changes what comes out. */
const happenings = fc.array(
  fc.record({
    minute: fc.nat(9),
    office: fc.boolean(),
    user: fc.constantFrom('7', '8'),
    ok: fc.boolean(),
  }),
  { maxLength: 14 },
);

function events(given: readonly Happening[]): AuditLogEvent[] {
  return given.map(({ minute, office, user, ok }, index) => ({
    gid: `${office ? 'o' : 'e'}${index}`,
    created_at: new Date(START + minute * MINUTE + index).toISOString(),
    event_type: ok ? 'user_login_succeeded' : 'user_login_failed',
    actor: { actor_type: 'user', gid: user },
    context: { client_ip_address: office ? '192.0.2.1' : '198.51.100.1' },
  }));
}

/** The last revision of each alert, by its gids. */
async function alertsOf(detection: Detection, given: readonly AuditLogEvent[], suppress = true) {
  const clock = manualClock(START + 60 * MINUTE);
  const store = new MemoryAlertStateStore(clock);
  const suppression: Suppression = {
    id: 's-1',
    detectionId: '*',
    conditions: { ip: ['192.0.2.0/24'] },
    reason: 'r',
    owner: 'o',
    createdBy: 'c',
    createdAt: '2026-10-05T00:00:00.000Z',
    expiresAt: '2026-12-05T00:00:00.000Z',
  };
  const deps = {
    catalogue: [detection],
    alertOnHistory: false,
    windowMs: 60 * MINUTE,
    updateEveryMs: 0,
    runbookBaseUrl: 'https://example.com/detections.md',
    store,
    due: new MemoryDueIndex(),
    suppressions: { list: async () => (suppress ? [suppression] : []) },
    publisher: {
      publish: async (entries: readonly unknown[]) => ({
        published: entries.map(() => true),
        poison: [],
        retries: 0,
      }),
    },
    clock,
    log: silentLog,
  };
  for (let index = 0; index < given.length; index += 3) {
    const records = given.slice(index, index + 3).map((event) => ({
      messageId: String(event.gid),
      body: detectBody(detection.id, busEvent(event)),
    }));
    expect(await detectBatch(records, deps)).toEqual({ batchItemFailures: [] });
  }
  return [...store.alerts.values()];
}

const told = (alerts: readonly Alert[]) =>
  alerts.map(({ entity, count, eventGids }) => `${entity.id} ${count} ${eventGids}`).sort();
const withStatus = (alerts: readonly Alert[], status: Alert['status']) =>
  alerts.filter((alert) => alert.status === status);
const orders = (given: readonly Happening[]) => {
  const all = events(given);
  return fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }));
};

it.each<[string, Detection]>([
  [
    'match',
    testDetection({
      kind: 'match',
      entity: ({ actor }) => ({ type: 'user', id: String(actor?.['gid']), label: 'x' }),
    }),
  ],
  ['threshold', testDetection({ kind: 'threshold', atLeast: 3 })],
])('%s: each side alerts as it would alone, in any order', async (_kind, detection) => {
  await fc.assert(
    fc.asyncProperty(happenings.chain(orders), async ([all, shuffled]) => {
      const alerts = await alertsOf(detection, shuffled);
      const office = all.filter(({ gid }) => gid?.startsWith('o'));
      const others = all.filter(({ gid }) => gid?.startsWith('e'));
      const alone = (part: readonly AuditLogEvent[]) => alertsOf(detection, part, false);
      expect(told(withStatus(alerts, 'suppressed'))).toEqual(told(await alone(office)));
      expect(told(withStatus(alerts, 'active'))).toEqual(told(await alone(others)));
    }),
    { numRuns: 60 },
  );
});

it('sequence: nothing from elsewhere is in a suppressed alert, and what alerts without the covered pages in any order', async () => {
  const detection = testDetection({ kind: 'sequence' });
  await fc.assert(
    fc.asyncProperty(happenings.chain(orders), async ([all, shuffled]) => {
      const sorted = all.toSorted((a, b) => ((a.created_at ?? '') < (b.created_at ?? '') ? -1 : 1));
      const inOrder = await alertsOf(detection, sorted);
      for (const { eventGids } of withStatus(inOrder, 'suppressed')) {
        expect(eventGids.filter((gid) => gid.startsWith('e'))).toEqual([]);
      }
      // What alerts among the others by themselves pages, whatever else comes and however it comes.
      const others = all.filter(({ gid }) => gid?.startsWith('e'));
      const users = (alerts: readonly Alert[]) => new Set(alerts.map(({ entity }) => entity.id));
      const paged = users(withStatus(await alertsOf(detection, shuffled), 'active'));
      for (const user of users(await alertsOf(detection, others, false))) {
        expect(paged).toContain(user);
      }
    }),
    { numRuns: 60 },
  );
});
