// Every detection that keeps a state, over all places where state is kept: the answers are those of the run in one process,
// though each batch comes out of order, twice and at once.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DynamoAlertStateStore } from '../../../lib/alerts/state/dynamo-store.ts';
import { MemoryAlertStateStore } from '../../../lib/alerts/state/memory-store.ts';
import type { AlertStateStore } from '../../../lib/alerts/state/port.ts';
import type { BusEntry } from '../../../lib/bus/publisher-port.ts';
import type { Alert } from '../../../lib/contract/alert.ts';
import type { AuditLogEvent } from '../../../lib/contract/bus-event.ts';
import { type Example, eventsOf, type StatefulDetection } from '../../../lib/detections/define.ts';
import { type DetectDeps, detectBatch } from '../../../lib/detections/detect.ts';
import type { DueIndex } from '../../../lib/detections/due/due-index.ts';
import { DynamoDueIndex } from '../../../lib/detections/due/dynamo-due-index.ts';
import { MemoryDueIndex } from '../../../lib/detections/due/memory-due-index.ts';
import { sweep } from '../../../lib/detections/due/sweep.ts';
import { LocalGroupStore } from '../../../lib/local/group-store.ts';
import { silentLog } from '../../../lib/log.ts';
import { busEvent, detectBody } from '../../support/bus-events.ts';
import { type Dynalite, startDynalite } from '../../support/dynalite.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { openedBy, STATEFUL } from '../../support/stateful-detections.ts';

const BATCH = 10;
const MINUTE = 60_000;
const DAY = 86_400_000;

let dynalite: Dynalite;
let tables = 0;
beforeAll(async () => {
  dynalite = await startDynalite();
});
const folder = mkdtempSync(join(tmpdir(), 'groups-'));
const opened: LocalGroupStore[] = [];
afterAll(async () => {
  for (const store of opened) store.close();
  rmSync(folder, { recursive: true });
  await dynalite.close();
});

type Stores = (clock: ManualClock) => Promise<{ store: AlertStateStore; due: DueIndex }>;
const PLACES: ReadonlyArray<readonly [string, Stores]> = [
  [
    'in memory',
    async (clock) => ({ store: new MemoryAlertStateStore(clock), due: new MemoryDueIndex() }),
  ],
  [
    'in DynamoDB',
    async (clock) => {
      const tableName = await dynalite.createTable(`kinds-${++tables}`);
      const { client } = dynalite;
      return {
        store: new DynamoAlertStateStore({ client, tableName, clock }),
        due: new DynamoDueIndex({ client, tableName }),
      };
    },
  ],
  [
    'in a file, of the local run',
    async (clock) => {
      const file = join(folder, `${opened.length}.db`);
      const store = new LocalGroupStore({ file, store: new MemoryAlertStateStore(clock), clock });
      opened.push(store);
      return { store, due: new MemoryDueIndex() };
    },
  ],
];

const told = (alerts: readonly Alert[]) =>
  alerts.map(({ entity, detectionId }) => [detectionId, entity.type, entity.id]).sort();

async function alertsOf(detection: StatefulDetection, example: Example, stores: Stores) {
  const events = [...eventsOf(example)].sort((a, b) => at(a) - at(b));
  const clock = manualClock(at(events[0]));
  const entries: BusEntry[] = [];
  const deps: DetectDeps = {
    ...(await stores(clock)),
    catalogue: [detection],
    alertOnHistory: false,
    windowMs: 60 * MINUTE,
    runbookBaseUrl: 'https://example.com/detections.md',
    publisher: {
      publish: async (given) => {
        entries.push(...given);
        return { published: given.map(() => true), poison: [], retries: 0 };
      },
    },
    clock,
    log: silentLog,
  };
  for (const batch of batchesOf(events)) {
    clock.advance(Math.max(0, at(batch.at(-1)) - clock.now()));
    const records = batch.toReversed().map((event) => ({
      messageId: String(event.gid),
      body: detectBody(detection.id, busEvent(event)),
    }));
    const results = await Promise.all([detectBatch(records, deps), detectBatch(records, deps)]);
    for (const { batchItemFailures } of results) expect(batchItemFailures).toEqual([]);
  }
  clock.advance(3 * DAY);
  const passed = clock.now();
  for (let decided = 1; decided > 0; ) {
    const feed = { passedUntil: async () => passed };
    const swept = await sweep({ ...deps, due: deps.due as DueIndex, feed, settleMs: 0 });
    expect(swept.failed).toBe(0);
    decided = swept.decided;
  }
  const alerts = entries.map(({ detail }) => JSON.parse(detail).data as Alert);
  // At least once: whoever finds another's alert unpublished publishes it too.
  return [...new Map(alerts.map((alert) => [alert.alertId, alert])).values()];
}

/** Events that lie no further apart than the grace may come in any order. */
function* batchesOf(events: readonly AuditLogEvent[]): Generator<AuditLogEvent[]> {
  let batch: AuditLogEvent[] = [];
  for (const event of events) {
    if (batch.length === BATCH || (batch[0] && at(event) - at(batch[0]) > 10 * MINUTE)) {
      yield batch;
      batch = [];
    }
    batch.push(event);
  }
  yield batch;
}

function at(event: AuditLogEvent | undefined): number {
  return Date.parse(event?.created_at ?? '');
}

describe.each(PLACES)('%s', (_place, stores) => {
  it.each(STATEFUL.map((detection) => [detection.id, detection] as const))(
    '%s answers as over a history',
    async (_id, detection) => {
      const { alerts, silent } = detection.examples;
      for (const example of [alerts[0], alerts.at(-1), silent[0], silent[2] ?? silent[1]]) {
        if (example === undefined) continue;
        const expected = told(openedBy(detection, example));
        expect(told(await alertsOf(detection, example, stores))).toEqual(expected);
      }
    },
  );
});
