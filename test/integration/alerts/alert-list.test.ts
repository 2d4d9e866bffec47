// Alerts read back out of the table: newest first over workspaces and pages, filtered, by id.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AlertFilter, AlertList } from '../../../lib/alerts/state/alert-list.ts';
import { DynamoAlertStateStore } from '../../../lib/alerts/state/dynamo-store.ts';
import type { Alert } from '../../../lib/contract/alert.ts';
import { testAlert } from '../../support/alerts.ts';
import { type Dynalite, startDynalite } from '../../support/dynalite.ts';
import { manualClock } from '../../support/manual-clock.ts';

const START = Date.parse('2026-10-05T00:00:00.000Z');
const HOUR = 3_600_000;
const ALERTS = 450;
const SEVERITIES = ['low', 'medium', 'high'] as const;

const clock = manualClock();
let dynalite: Dynalite;
let list: AlertList;
const alertAt = (n: number): Alert =>
  testAlert({
    alertId: `${(n * 7919) % 65_536}`.padStart(5, '0').padEnd(32, 'a'),
    detectionId: n % 5 === 0 ? 'asana.export.organization' : 'asana.exports',
    severity: SEVERITIES[n % 3] ?? 'low',
    status: n % 7 === 0 ? 'suppressed' : 'active',
    workspaceGid: n % 2 === 0 ? '1' : '2',
    entity: { type: n % 4 === 0 ? 'app' : 'user', id: `${n % 10}`, label: 'x' },
    firstSeen: new Date(START + n * HOUR).toISOString(),
  });

beforeAll(async () => {
  dynalite = await startDynalite();
  await dynalite.createTable('state');
  const table = { client: dynalite.client, tableName: 'state', clock };
  list = new AlertList(table);
  const store = new DynamoAlertStateStore(table);
  for (let n = 0; n < ALERTS; n++) await store.recordAlert(alertAt(n));
  // Goes on: listed once, as it is now, where it was.
  const first = alertAt(ALERTS - 1);
  await store.recordAlert({ ...first, revision: 2, count: 9, firstSeen: alertAt(0).firstSeen });
  await store.recordAlert(first);
});
afterAll(() => dynalite.close());

async function hours(filter: AlertFilter = {}, limit = 1_000, workspaces = ['1', '2', '3']) {
  const found: number[] = [];
  for await (const { alert } of list.list(workspaces, filter, limit)) {
    found.push(alert.revision === 2 ? ALERTS - 1 : (Date.parse(alert.firstSeen) - START) / HOUR);
  }
  return found;
}
const all = Array.from({ length: ALERTS }, (_, index) => ALERTS - 1 - index);

it('lists all of them, newest first, over workspaces and pages', async () => {
  expect(await hours()).toEqual(all);
  expect(await hours({}, 25)).toEqual(all.slice(0, 25));
  expect(await hours({}, 1_000, ['2'])).toEqual(all.filter((n) => n % 2 === 1));
  expect(await hours({}, 1_000, [])).toEqual([]);
});

it.each<[string, AlertFilter, (n: number) => boolean]>([
  ['severity', { severities: ['high', 'low'] }, (n) => n % 3 !== 1],
  ['status', { statuses: ['suppressed'] }, (n) => n % 7 === 0],
  ['detection', { detections: ['asana.exports'] }, (n) => n % 5 !== 0],
  ['the beginning of detections', { detections: ['asana.export.*'] }, (n) => n % 5 === 0],
  ['entity', { entities: ['app:4'] }, (n) => n % 4 === 0 && n % 10 === 4],
  ['the id of an entity', { entities: ['4', '5'] }, (n) => n % 10 === 4 || n % 10 === 5],
  ['since', { since: START + 400 * HOUR }, (n) => n >= 400],
  ['until', { until: START + 400 * HOUR }, (n) => n < 400],
  [
    'all of these',
    { since: START + HOUR, until: START + 300 * HOUR, severities: ['low'], statuses: ['active'] },
    (n) => n >= 1 && n < 300 && n % 3 === 0 && n % 7 !== 0,
  ],
])('filters by %s', async (_what, filter, admits) => {
  expect(await hours(filter)).toEqual(all.filter(admits));
});

it('reads no further than it is asked', async () => {
  let calls = 0;
  const counting = {
    send: (command: never) => {
      calls += 1;
      return dynalite.client.send(command);
    },
  } as never;
  const counted = new AlertList({ client: counting, tableName: 'state', clock });
  for await (const _ of counted.list(['1', '2'], {}, 5));
  // A page of each workspace, and the five.
  expect(calls).toBe(7);
});

it('finds one by the beginning of its id, and knows when that is not enough', async () => {
  const wanted = alertAt(ALERTS - 1);
  const [one, other] = await list.find(['1', '2'], wanted.alertId.slice(0, 5));
  expect([one?.alert.alertId, one?.alert.count, other]).toEqual([wanted.alertId, 9, undefined]);
  expect(JSON.parse(one?.text ?? '')).toEqual(one?.alert);
  expect(await list.find(['1', '2'], '0')).toHaveLength(2);
  expect(await list.find(['1', '2'], 'zzz')).toEqual([]);
});

it('what has expired is gone before the table has removed it', async () => {
  clock.advance(366 * 24 * HOUR);
  expect(await hours()).toEqual([]);
  expect(await list.find(['1', '2'], alertAt(1).alertId)).toEqual([]);
});
