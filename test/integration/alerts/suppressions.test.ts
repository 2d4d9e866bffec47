// Suppressions on the detect path and in the table: what is held back and what pages, over crashes and several at once.
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DynamoAlertStateStore } from '../../../lib/alerts/state/dynamo-store.ts';
import { DynamoActiveSuppressions } from '../../../lib/alerts/suppressions/active.ts';
import { addSuppression, removeSuppression } from '../../../lib/alerts/suppressions/manage.ts';
import { DynamoSuppressionStore } from '../../../lib/alerts/suppressions/store.ts';
import { PutEventsPublisher } from '../../../lib/bus/put-events-publisher.ts';
import { type Alert, alertDetailSchema } from '../../../lib/contract/alert.ts';
import type { AuditLogEvent } from '../../../lib/contract/bus-event.ts';
import { operatorDetailSchema, type Suppression } from '../../../lib/contract/operator.ts';
import type { Detection } from '../../../lib/detections/define.ts';
import { type DetectDeps, detectBatch } from '../../../lib/detections/detect.ts';
import { DynamoDueIndex } from '../../../lib/detections/due/dynamo-due-index.ts';
import { sweep } from '../../../lib/detections/due/sweep.ts';
import type { AuditBusError } from '../../../lib/errors.ts';
import { silentLog } from '../../../lib/log.ts';
import { busEvent, detectBody } from '../../support/bus-events.ts';
import { type Dynalite, startDynalite, TEST_CREDENTIALS } from '../../support/dynalite.ts';
import { type PutScript, startEventBus, type TestEventBus } from '../../support/event-bus.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { testDetection } from '../../support/test-detection.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-10-05T09:00:00.000Z');
const OFFICE = '192.0.2.10';
const ELSEWHERE = '198.51.100.7';

let dynalite: Dynalite;
let bus: TestEventBus;
let client: EventBridgeClient;
let script: PutScript[] = [];
beforeAll(async () => {
  dynalite = await startDynalite();
  bus = await startEventBus({ onPut: () => script.shift() });
  client = new EventBridgeClient({
    endpoint: bus.url,
    region: 'eu-west-1',
    credentials: TEST_CREDENTIALS,
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await bus.close();
  await dynalite.close();
});

let tables = 0;
async function scene(detection: Detection) {
  const tableName = await dynalite.createTable(`suppressions-${++tables}`);
  const clock = manualClock();
  const from = bus.entries.length;
  script = [];
  const table = { client: dynalite.client, tableName, clock };
  const store = new DynamoSuppressionStore(table);
  const due = new DynamoDueIndex(table);
  const publisher = new PutEventsPublisher({ client, eventBusName: 'bus', clock, maxRounds: 1 });
  const deps: DetectDeps = {
    catalogue: [detection],
    alertOnHistory: false,
    windowMs: 60 * MINUTE,
    updateEveryMs: 0,
    runbookBaseUrl: 'https://example.com/detections.md',
    store: new DynamoAlertStateStore(table),
    due,
    suppressions: new DynamoActiveSuppressions({ ...table, log: silentLog, freshMs: 0 }),
    publisher,
    clock,
    log: silentLog,
  };
  const suppression = (changed: Partial<Suppression> = {}): Suppression => ({
    id: 's-1',
    detectionId: detection.id,
    conditions: { ip: [`${OFFICE}/32`] },
    reason: 'Planned',
    owner: 'Identity',
    createdBy: 'mara',
    createdAt: new Date(clock.now()).toISOString(),
    expiresAt: new Date(clock.now() + 60 * MINUTE).toISOString(),
    ...changed,
  });
  /** The last revision of each alert on the bus. */
  const alerts = () => {
    const found = new Map<string, Alert>();
    for (const { Source, Detail } of bus.entries.slice(from)) {
      if (Source !== 'asana.audit-log.alerts') continue;
      const { data } = alertDetailSchema.parse(JSON.parse(Detail));
      found.set(data.alertId, data);
    }
    return [...found.values()].map(({ status, suppressionId, count, eventGids }) => ({
      status,
      by: suppressionId,
      count,
      gids: eventGids,
    }));
  };
  const see = (...events: AuditLogEvent[]) =>
    detectBatch(
      events.map((event) => ({
        messageId: `m${event.gid}`,
        body: detectBody(detection.id, busEvent(event)),
      })),
      deps,
    );
  const operators = () =>
    bus.entries.slice(from).flatMap(({ Source, DetailType, Detail }) => {
      if (Source !== 'asana.audit-log.operator') return [];
      const { data } = operatorDetailSchema.parse(JSON.parse(Detail));
      return [[DetailType, data.by, data.reason, data.suppression?.id]];
    });
  const manage = { store, publisher };
  return { deps, clock, store, due, tableName, suppression, alerts, see, operators, manage };
}

function event(
  gid: string,
  minutes: number,
  ip: string,
  type = 'user_login_failed',
): AuditLogEvent {
  return {
    gid,
    created_at: new Date(START + minutes * MINUTE).toISOString(),
    event_type: type,
    actor: { actor_type: 'user', gid: '7', name: 'Eve' },
    resource: { resource_type: 'user', gid: '7' },
    context: { client_ip_address: ip },
  };
}

const match = testDetection({ kind: 'match' });

it('a covered match is suppressed, and one from elsewhere in the same window pages', async () => {
  const { see, suppression, manage, alerts, store } = await scene(match);
  await addSuppression(suppression(), manage);
  await see(event('1', 0, OFFICE));
  await see(event('2', 1, ELSEWHERE), event('3', 2, OFFICE));
  await see(event('4', 3, OFFICE), event('5', 4, ELSEWHERE));
  // Redelivered: nothing counts twice.
  await see(event('1', 0, OFFICE), event('3', 2, OFFICE), event('5', 4, ELSEWHERE));
  expect(alerts()).toEqual([
    { status: 'suppressed', by: 's-1', count: 3, gids: ['1', '3', '4'] },
    { status: 'active', by: undefined, count: 2, gids: ['2', '5'] },
  ]);
  expect(await store.use('s-1')).toEqual({
    alerts: 1,
    matches: 3,
    lastMatchAt: event('4', 3, OFFICE).created_at,
  });
});

it('what is expired, removed or not yet announced covers nothing', async () => {
  const { see, suppression, manage, alerts, store, clock, operators } = await scene(match);
  script = [{ status: 400, code: 'AccessDeniedException' }];
  const failed = await addSuppression(suppression(), manage).catch((error: unknown) => error);
  expect((failed as AuditBusError).code).toBe('suppression.not-published');
  await see(event('1', 0, OFFICE));
  const [stored] = await store.list();
  expect(stored?.state).toBe('adding');

  await addSuppression(suppression({ id: 's-2' }), manage);
  await see(event('2', 70, OFFICE));
  const second = (await store.list()).find(({ suppression: { id } }) => id === 's-2');
  if (second === undefined) throw new Error('s-2 is not there');
  const removal = { by: 'noor', reason: 'Over', at: new Date(clock.now()).toISOString() };
  // The bus does not take it: out of force all the same, and the next try tells of the first.
  script = [{ status: 400, code: 'AccessDeniedException' }];
  await expect(removeSuppression(second, removal, manage)).rejects.toThrow('not in force');
  await see(event('3', 140, OFFICE));
  const halfway = (await store.list()).find(({ suppression: { id } }) => id === 's-2');
  if (halfway === undefined) throw new Error('s-2 is not there');
  // As somebody sees it who read it before, and as whose write was applied though the answer was lost.
  const early = { suppression: halfway.suppression, state: 'in-force' } as const;
  expect(await removeSuppression(early, { ...removal, by: 'else' }, manage)).toEqual(removal);
  expect(await removeSuppression(early, removal, manage)).toBeUndefined();
  expect(await removeSuppression({ ...early, state: 'removed' }, removal, manage)).toBeUndefined();

  await addSuppression(suppression({ id: 's-3' }), manage);
  clock.advance(60 * MINUTE);
  await see(event('4', 210, OFFICE));
  expect(alerts().map(({ status, by }) => [status, by])).toEqual([
    ['active', undefined],
    ['suppressed', 's-2'],
    ['active', undefined],
    ['active', undefined],
  ]);
  expect(operators()).toEqual([
    ['Suppression Added', 'mara', 'Planned', 's-2'],
    ['Suppression Removed', 'noor', 'Over', 's-2'],
    ['Suppression Added', 'mara', 'Planned', 's-3'],
  ]);
});

it('a threshold that was reached, but not told, before it was covered is an alert besides the covered one', async () => {
  const threshold = testDetection({ kind: 'threshold', atLeast: 3, within: '30m' });
  const { deps, see, suppression, manage, alerts, clock, due } = await scene(threshold);
  const events = [0, 1, 2].map((minute) => event(`o${minute}`, minute, OFFICE));
  script = [{ status: 400, code: 'AccessDeniedException' }];
  expect((await see(...events)).batchItemFailures).toHaveLength(3);
  await addSuppression(suppression(), manage);
  expect((await see(...events)).batchItemFailures).toEqual([]);
  clock.advance(MINUTE);
  await sweep({ ...deps, due, feed: { passedUntil: async () => undefined }, settleMs: 0 });
  expect(alerts().map(({ status, count }) => [status, count])).toEqual([
    ['suppressed', 3],
    ['active', 3],
  ]);
});

it('a threshold counts what is covered by itself: the rest alerts as if that had not been', async () => {
  const threshold = testDetection({ kind: 'threshold', atLeast: 3, within: '30m' });
  const { see, suppression, manage, alerts } = await scene(threshold);
  await addSuppression(suppression(), manage);
  await see(...[0, 1, 2, 3].map((minute) => event(`o${minute}`, minute, OFFICE)));
  await see(event('e1', 4, ELSEWHERE), event('e2', 5, ELSEWHERE));
  expect(alerts()).toEqual([
    { status: 'suppressed', by: 's-1', count: 4, gids: ['o0', 'o1', 'o2', 'o3'] },
  ]);
  await see(event('e3', 6, ELSEWHERE));
  expect(alerts()[1]).toEqual({
    status: 'active',
    by: undefined,
    count: 3,
    gids: ['e1', 'e2', 'e3'],
  });
});

it('a new value is learned whether it is covered or not', async () => {
  const { see, suppression, manage, alerts } = await scene(testDetection({ kind: 'newValue' }));
  await addSuppression(suppression(), manage);
  const day = 24 * 60;
  const type = 'user_login_succeeded';
  await see(event('1', 0, '192.0.2.1', type));
  await see(event('2', 8 * day, OFFICE, type), event('3', 8 * day + 1, ELSEWHERE, type));
  expect(alerts().map(({ status, gids }) => [status, gids])).toEqual([
    ['suppressed', ['2']],
    ['active', ['3']],
  ]);
  // Known by now, whatever is in force.
  await see(event('4', 9 * day, OFFICE, type), event('5', 9 * day, ELSEWHERE, type));
  expect(alerts()).toHaveLength(2);
});

it.each([
  [OFFICE, OFFICE, 'suppressed'],
  [OFFICE, ELSEWHERE, 'active'],
  [ELSEWHERE, OFFICE, 'active'],
  [ELSEWHERE, ELSEWHERE, 'active'],
])(
  'a sequence is suppressed only where each of its steps is covered: %s, %s: %s',
  async (first, second, status) => {
    const { see, suppression, manage, alerts } = await scene(testDetection({ kind: 'sequence' }));
    await addSuppression(suppression(), manage);
    await see(event('1', 0, first));
    await see(event('2', 1, second, 'user_login_succeeded'));
    expect(alerts().map((alert) => alert.status)).toEqual([status]);
  },
);

it.each([
  [OFFICE, 'suppressed'],
  [ELSEWHERE, 'active'],
])('the sweep asks when it opens an alert: %s %s', async (ip, status) => {
  const absence = testDetection({ kind: 'absence', within: '30m' });
  const { see, suppression, manage, alerts, deps, due, clock } = await scene(absence);
  await see(event('1', 0, ip));
  // Added after the event: it is in force when the alert opens.
  await addSuppression(suppression(), manage);
  clock.advance(50 * MINUTE);
  const feed = { passedUntil: async () => clock.now() };
  expect(await sweep({ ...deps, due, feed, settleMs: 0 })).toMatchObject({ alerts: 1 });
  expect(alerts().map((alert) => alert.status)).toEqual([status]);
});

it('a crash between any two steps suppresses once and counts once', async () => {
  for (let step = 1; step <= 12; step++) {
    const { see, suppression, manage, alerts, store, deps } = await scene(match);
    await addSuppression(suppression(), manage);
    let calls = 0;
    const dying = new Proxy(deps.store, {
      get: (target, name) => {
        const value = Reflect.get(target, name) as unknown;
        if (typeof value !== 'function') return value;
        return (...args: unknown[]) => {
          calls += 1;
          if (calls === step) throw new Error('killed');
          return value.apply(target, args);
        };
      },
    });
    await detectBatch(
      [{ messageId: '1', body: detectBody(match.id, busEvent(event('1', 0, OFFICE))) }],
      { ...deps, store: dying },
    );
    await see(event('1', 0, OFFICE));
    expect(alerts()).toEqual([{ status: 'suppressed', by: 's-1', count: 1, gids: ['1'] }]);
    expect((await store.use('s-1')).matches).toBe(1);
  }
});

it('two functions at the same events reach one alert of each kind', async () => {
  const { see, suppression, manage, alerts, store } = await scene(match);
  await addSuppression(suppression(), manage);
  const events = [0, 1, 2, 3, 4, 5].map((n) => event(`${n}`, n, n % 2 === 0 ? OFFICE : ELSEWHERE));
  await Promise.all([see(...events), see(...events.toReversed()), see(...events)]);
  await see(...events);
  expect(
    alerts()
      .map(({ status, count }) => [status, count])
      .sort(),
  ).toEqual([
    ['active', 3],
    ['suppressed', 3],
  ]);
  expect(await store.use('s-1')).toMatchObject({ alerts: 1, matches: 3 });
});

it('while the table cannot be read, what was read last counts for a while, then nothing', async () => {
  const { suppression, manage, clock, tableName } = await scene(match);
  await addSuppression(suppression(), manage);
  let down = true;
  const warnings: string[] = [];
  const broken = {
    send: (command: never) =>
      down ? Promise.reject(new Error('down')) : dynalite.client.send(command),
  } as never;
  const active = new DynamoActiveSuppressions({
    client: broken,
    tableName,
    clock,
    log: { ...silentLog, warn: (message) => void warnings.push(message) },
  });
  expect(await active.list()).toEqual([]);
  down = false;
  expect(await active.list()).toHaveLength(1);
  // Of a version to come: what it covers is not known here, so it covers nothing.
  const later = suppression({ id: 's-2', conditions: { planet: ['mars'] } as never });
  await addSuppression(later, manage);
  clock.advance(MINUTE);
  expect(await active.list()).toHaveLength(1);
  warnings.length = 1;
  down = true;
  clock.advance(2 * MINUTE);
  expect(await active.list()).toHaveLength(1);
  clock.advance(14 * MINUTE);
  expect(await active.list()).toEqual([]);
  expect(warnings).toEqual([
    expect.stringContaining('none counts'),
    expect.stringContaining('read last'),
    expect.stringContaining('none counts'),
  ]);
});
