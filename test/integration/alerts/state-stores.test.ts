// The places in which alerts remember, held to the same answers.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EMPTY_GROUP } from '../../../lib/alerts/life/group.ts';
import { MEMORY_SECONDS } from '../../../lib/alerts/lifetimes.ts';
import { DynamoAlertStateStore } from '../../../lib/alerts/state/dynamo-store.ts';
import { MemoryAlertStateStore } from '../../../lib/alerts/state/memory-store.ts';
import type { AlertStateStore } from '../../../lib/alerts/state/port.ts';
import { LocalGroupStore } from '../../../lib/local/group-store.ts';
import { type Dynalite, startDynalite } from '../../support/dynalite.ts';

const START = Date.parse('2026-11-01T00:00:00Z');
const group = {
  detectionId: 'asana.test.one',
  workspaceGid: '1',
  entity: { type: 'user', id: '7', label: 'seven' },
};
const other = { ...group, entity: { ...group.entity, id: '8' } };

let now = START;
const clock = { now: () => now, monotonic: () => now, sleep: async () => {} };
let table: Dynalite;
beforeAll(async () => {
  table = await startDynalite();
  await table.createTable('state');
});
const folder = mkdtempSync(join(tmpdir(), 'groups-'));
const localGroups = new LocalGroupStore({
  file: join(folder, 'groups.db'),
  store: new MemoryAlertStateStore(clock),
  clock,
});
afterAll(async () => {
  localGroups.close();
  rmSync(folder, { recursive: true });
  await table.close();
});

const stores: ReadonlyArray<[string, () => AlertStateStore]> = [
  ['in memory', () => new MemoryAlertStateStore(clock)],
  [
    'in DynamoDB',
    () => new DynamoAlertStateStore({ client: table.client, tableName: 'state', clock }),
  ],
  ['in a file, of the local run', () => localGroups],
];

describe.each(stores)('%s', (_name, open) => {
  it('writes a group only over the version that was read', async () => {
    now = START;
    const store = open();
    expect(await store.readGroup(group)).toEqual({ version: 0, state: EMPTY_GROUP });
    const state = { ...EMPTY_GROUP, changes: 1, unmarked: ['a'] };
    expect(await store.writeGroup(group, state, 0, 0)).toBe(true);
    expect(await store.writeGroup(group, EMPTY_GROUP, 0, 0)).toBe(false);
    expect(await store.readGroup(group)).toEqual({ version: 1, state });
    expect(await store.readGroup(other)).toEqual({ version: 0, state: EMPTY_GROUP });
  });

  it('forgets a finished group in its time, and one with gids unmarked never', async () => {
    now = START;
    const store = open();
    const { version } = await store.readGroup(other);
    await store.writeGroup(other, { ...EMPTY_GROUP, changes: 2, unmarked: ['b'] }, version, 0);
    now += (MEMORY_SECONDS + 1) * 1_000;
    expect((await store.readGroup(other)).state.unmarked).toEqual(['b']);
    await store.writeGroup(other, { ...EMPTY_GROUP, changes: 3 }, version + 1, 0);
    expect((await store.readGroup(other)).state.changes).toBe(3);
    now += (MEMORY_SECONDS + 1) * 1_000;
    expect((await store.readGroup(other)).state).toEqual(EMPTY_GROUP);
  });

  it('remembers marked gids for fifteen days', async () => {
    now = START;
    const store = open();
    await store.writeMarkers(group, ['x', 'y']);
    expect(await store.readMarkers(group, ['x', 'y', 'z'])).toEqual(new Set(['x', 'y']));
    now += (MEMORY_SECONDS - 1) * 1_000;
    expect(await store.readMarkers(group, ['x'])).toEqual(new Set(['x']));
    now += 2_000;
    expect(await store.readMarkers(group, ['x'])).toEqual(new Set());
  });
});
