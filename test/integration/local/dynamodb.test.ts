import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../lib/clock.ts';
import {
  CHECKPOINT_TABLE,
  type LocalDynamoDb,
  startDynamoDb,
} from '../../../lib/local/dynamodb.ts';
import { takeOver } from '../../../lib/local/take-over.ts';
import { DynamoCheckpointStore } from '../../../lib/poller/dynamo-checkpoint-store.ts';

let folder: string;
let database: LocalDynamoDb;
let store: DynamoCheckpointStore;
const start = { liveFrom: '2026-10-01T08:00:00.000Z' };
const options = { workspaceGid: '1', startFrom: 'oldest', rewritten: false, clock: systemClock };

async function open(): Promise<void> {
  database = await startDynamoDb(folder);
  store = new DynamoCheckpointStore(database.client, CHECKPOINT_TABLE);
}
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'dynamodb-'));
  await open();
});
afterEach(async () => {
  await database.close();
  rmSync(folder, { recursive: true, force: true });
});

async function lease(owner: string) {
  const now = Date.now();
  const answer = await store.takeLease('1', owner, now, now + 30_000, start);
  if (!answer.taken) throw new Error(`${owner} got no lease`);
  return answer;
}

test('what was written is there after a restart, and a start that died half-way is begun anew', async () => {
  await lease('first');
  await database.close();
  mkdirSync(join(folder, 'dynamodb.new'));
  await open();
  await expect(lease('second')).rejects.toThrow('no lease');
  await database.close();
  rmSync(join(folder, 'dynamodb'), { recursive: true });
  mkdirSync(join(folder, 'dynamodb.new'), { recursive: true });
  await open();
  expect((await lease('third')).fresh).toBe(true);
  expect(existsSync(join(folder, 'dynamodb.new'))).toBe(false);
});

test("a dead run's lease is taken over at once, its position kept", async () => {
  const { lease: dead, checkpoint } = await lease('dead');
  await store.save(dead, { ...checkpoint, mode: 'offset', offset: 'o', page: 1 }, 0);
  await takeOver(store, options);
  expect((await lease('next')).checkpoint).toMatchObject({ mode: 'offset', offset: 'o', page: 1 });
  // Fenced: what the dead run would still write is refused.
  await expect(store.save(dead, { ...checkpoint, page: 2 }, 1)).rejects.toMatchObject({
    code: 'lease.lost',
  });
});

test('for a rewritten log the position is forgotten; where it begins and what is live are not', async () => {
  const { lease: before, checkpoint } = await lease('before');
  const far = { mode: 'offset', offset: 'o', lastCreatedAt: start.liveFrom, page: 1 } as const;
  await store.save(before, { ...checkpoint, ...far }, 0, { release: true });
  await takeOver(store, { ...options, rewritten: true });
  const { checkpoint: after } = await lease('after');
  expect(after).toMatchObject({ mode: 'time', liveFrom: start.liveFrom, page: 1 });
  expect([after.offset, after.lastCreatedAt, after.startAt]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

test('a start before the retention is warned of once, on the first run', async () => {
  const old = { ...options, startFrom: '2020-01-01T00:00:00Z' };
  expect(await takeOver(store, old)).toContain('90 days');
  expect(await takeOver(store, old)).toBeUndefined();
});
