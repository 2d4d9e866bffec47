// The kinds that keep a state, over both places of state, as a bad day delivers: shuffled within the grace, redelivered, taken
// by several functions at once, and the sweep late by hours. The alerts are those of the same events in order.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GRACE_MS } from '../../../lib/alerts/life/rules.ts';
import { DynamoAlertStateStore } from '../../../lib/alerts/state/dynamo-store.ts';
import { MemoryAlertStateStore } from '../../../lib/alerts/state/memory-store.ts';
import type { BusEntry } from '../../../lib/bus/publisher-port.ts';
import type { Alert } from '../../../lib/contract/alert.ts';
import type { AuditLogEvent } from '../../../lib/contract/bus-event.ts';
import type { Detection, DetectionPattern } from '../../../lib/detections/define.ts';
import { type DetectDeps, detectBatch } from '../../../lib/detections/detect.ts';
import { Detector } from '../../../lib/detections/detector.ts';
import type { DueIndex } from '../../../lib/detections/due/due-index.ts';
import { DynamoDueIndex } from '../../../lib/detections/due/dynamo-due-index.ts';
import { MemoryDueIndex } from '../../../lib/detections/due/memory-due-index.ts';
import { sweep } from '../../../lib/detections/due/sweep.ts';
import { silentLog } from '../../../lib/log.ts';
import { busEvent, detectBody } from '../../support/bus-events.ts';
import { type Dynalite, startDynalite } from '../../support/dynalite.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { testDetection } from '../../support/test-detection.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const START = Date.parse('2026-10-05T00:00:00.000Z');
const RULES = { alertOnHistory: false, windowMs: 60 * MINUTE, runbookBaseUrl: 'https://x.test/d' };

const [FAILED, SUCCEEDED, DELETED, LET_IN] = [
  'user_login_failed',
  'user_login_succeeded',
  'project_deleted',
  'user_reprovisioned',
] as const;
const of = (type: string): DetectionPattern => ({ 'detail-type': [type] });
const value = { by: ['context.client_ip_address'], missing: 'own-group' } as const;

const KINDS: Readonly<Record<string, Detection>> = {
  threshold: testDetection({ kind: 'threshold', atLeast: 4, within: '15m' }),
  'threshold of values': testDetection({
    kind: 'threshold',
    distinct: value,
    atLeast: 3,
    within: '20m',
  }),
  newValue: testDetection({ kind: 'newValue', value, learn: '1h', forget: '1d' }),
  'sequence with ways': testDetection({
    kind: 'sequence',
    within: '30m',
    steps: [
      { name: 'failed', pattern: of(FAILED), atLeast: 2, or: [{ pattern: of(DELETED) }] },
      { name: 'succeeded', pattern: of(SUCCEEDED) },
    ],
  }),
  'sequence that is called off': testDetection({
    kind: 'sequence',
    within: '40m',
    unless: { pattern: of(LET_IN) },
  }),
  absence: testDetection({ kind: 'absence', within: '30m' }),
};

let dynalite: Dynalite;
let tables = 0;
beforeAll(async () => {
  dynalite = await startDynalite();
});
afterAll(() => dynalite.close());

type Places = Pick<DetectDeps, 'store'> & { readonly due: DueIndex };
const PLACES: Readonly<Record<string, (clock: ManualClock) => Promise<Places>>> = {
  'in memory': async (clock) => ({
    store: new MemoryAlertStateStore(clock),
    due: new MemoryDueIndex(),
  }),
  'in DynamoDB': async (clock) => {
    const tableName = await dynalite.createTable(`contenders-${++tables}`);
    const table = { client: dynalite.client, tableName };
    return {
      store: new DynamoAlertStateStore({ ...table, clock }),
      due: new DynamoDueIndex(table),
    };
  },
};

const at = ({ created_at }: AuditLogEvent) => Date.parse(created_at ?? '');

/** In the order of delivery, each batch at once by all contenders. */
const delivery = fc
  .tuple(
    fc.array(
      fc.record({
        at: fc.oneof(
          fc.integer({ min: 0, max: 240 * MINUTE }),
          // Where the windows end.
          fc.constantFrom(0, 15, 20, 30, 40, 50, 60).map((minute) => minute * MINUTE),
        ),
        late: fc.integer({ min: 0, max: GRACE_MS }),
        type: fc.constantFrom(FAILED, FAILED, FAILED, SUCCEEDED, DELETED, LET_IN),
        who: fc.constantFrom('1', '1', '1', '2'),
        address: fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.3', null),
      }),
      { minLength: 4, maxLength: 30, size: 'max' },
    ),
    fc.integer({ min: 1, max: 10 }),
    fc.array(fc.nat(), { maxLength: 6 }),
  )
  .map(([given, size, again]) => {
    const events = given
      .map((each, index) => ({ ...each, index, comes: each.at + each.late }))
      .sort((a, b) => a.comes - b.comes)
      .map(
        ({ at, type, who, address, index }): AuditLogEvent => ({
          gid: `g${index}`,
          created_at: new Date(START + at).toISOString(),
          event_type: type,
          actor: { actor_type: 'user', gid: who },
          context: { client_ip_address: address },
        }),
      );
    const batches = Array.from({ length: Math.ceil(events.length / size) }, (_, index) =>
      events.slice(index * size, (index + 1) * size),
    );
    return [...batches, ...again.map((index) => events.slice(index % events.length).slice(0, 1))];
  });

function told(alerts: readonly Alert[]): string[] {
  const latest = new Map<string, Alert>();
  for (const alert of alerts) {
    const known = latest.get(alert.alertId);
    if (known === undefined || known.revision <= alert.revision) latest.set(alert.alertId, alert);
  }
  return [...latest.values()]
    .map(({ entity, count, eventGids, firstSeen, lastSeen }) =>
      JSON.stringify([entity.id, count, eventGids, firstSeen, lastSeen]),
    )
    .sort();
}

function inOrder(detection: Detection, batches: readonly (readonly AuditLogEvent[])[]): string[] {
  const detector = new Detector([detection], RULES);
  const events = [...new Map(batches.flat().map((event) => [event.gid, event])).values()].sort(
    (a, b) => at(a) - at(b) || ((a.gid ?? '') < (b.gid ?? '') ? -1 : 1),
  );
  const alerts = events.flatMap((event) => detector.observe(busEvent(event)));
  return told([...alerts, ...detector.finish()]);
}

async function asDelivered(
  detection: Detection,
  batches: readonly (readonly AuditLogEvent[])[],
  contenders: number,
  places: (clock: ManualClock) => Promise<Places>,
): Promise<string[]> {
  const clock = manualClock(START);
  const entries: BusEntry[] = [];
  const deps = {
    ...RULES,
    ...(await places(clock)),
    catalogue: [detection],
    publisher: {
      publish: async (given: readonly BusEntry[]) => {
        entries.push(...given);
        return { published: given.map(() => true), poison: [], retries: 0 };
      },
    },
    clock,
    log: silentLog,
  };
  for (const batch of batches) {
    clock.advance(Math.max(0, Math.max(...batch.map(at)) - clock.now()));
    const records = batch.map((event) => ({
      messageId: String(event.gid),
      body: detectBody(detection.id, busEvent(event)),
    }));
    let left = records;
    for (let tries = 0; left.length > 0 && tries < 20; tries++) {
      const results = await Promise.all(
        Array.from({ length: contenders }, (_, index) =>
          detectBatch(index % 2 === 0 ? left : left.toReversed(), deps),
        ),
      );
      const failed = new Set(
        results.flatMap(({ batchItemFailures }) =>
          batchItemFailures.map(({ itemIdentifier }) => itemIdentifier),
        ),
      );
      left = left.filter(({ messageId }) => failed.has(messageId));
    }
    expect(left).toEqual([]);
  }
  clock.advance(DAY);
  const feed = { passedUntil: async () => clock.now() };
  // What is said a minute apart takes a few.
  for (let sweeps = 0, decided = 1; sweeps < 4 || decided > 0; sweeps++) {
    clock.advance(2 * MINUTE);
    const swept = await sweep({ ...deps, feed, settleMs: 0 });
    expect(swept.failed).toBe(0);
    decided = swept.decided;
  }
  return told(entries.map(({ detail }) => JSON.parse(detail).data as Alert));
}

describe.each(Object.entries(PLACES))('%s', (place, places) => {
  describe.each(Object.entries(KINDS))('%s', (_kind, detection) => {
    it.each([2, 5])('comes to the same alerts by %i contenders', async (contenders) => {
      await fc.assert(
        fc.asyncProperty(delivery, async (batches) => {
          const alerts = await asDelivered(detection, batches, contenders, places);
          expect(alerts).toEqual(inOrder(detection, batches));
        }),
        { numRuns: place === 'in memory' ? 40 : 4 },
      );
    });
  });
});
