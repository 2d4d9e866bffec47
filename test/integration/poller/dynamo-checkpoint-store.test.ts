// The lease and the checkpoint against a real DynamoDB API: one holder at a time, whatever is lost or late on the way.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Checkpoint } from '../../../lib/poller/checkpoint.ts';
import type { LeaseKey } from '../../../lib/poller/checkpoint-store.ts';
import { DynamoCheckpointStore } from '../../../lib/poller/dynamo-checkpoint-store.ts';
import { Memory } from '../../../lib/poller/memory.ts';
import { type Dynalite, startDynalite, TEST_CREDENTIALS } from '../../support/dynalite.ts';
import { startSpoilingProxy } from '../../support/spoiling-proxy.ts';

const START = { startAt: '2026-10-01T00:00:00.000Z', liveFrom: '2026-10-02T00:00:00.000Z' };
const NOW = Date.parse('2026-10-05T12:00:00.000Z');
const MINUTE = 60_000;

let dynamo: Dynalite;
let store: DynamoCheckpointStore;
let next = 1;

beforeAll(async () => {
  dynamo = await startDynalite();
  store = new DynamoCheckpointStore(dynamo.client, await dynamo.createTable('checkpoints'));
});
afterAll(() => dynamo.close());

const newWorkspace = () => String(next++);

async function take(gid: string, owner: string, now = NOW, until = now + MINUTE, on = store) {
  const answer = await on.takeLease(gid, owner, now, until, START);
  if (!answer.taken) throw new Error('the lease is held');
  return answer;
}

const lost = { code: 'lease.lost' };

function moved(checkpoint: Checkpoint, offset = 'next'): Checkpoint {
  return { ...checkpoint, mode: 'offset', offset, page: checkpoint.page + 1 };
}

function memoryOf(...gids: string[]) {
  const memory = new Memory();
  memory.pagePublished(
    gids.map((gid) => ({ gid, createdAt: NOW })),
    [],
    NOW,
    NOW,
  );
  return memory.snapshot();
}

describe('the lease', () => {
  it('has one holder in each of 200 rounds of 20, whose clocks differ by up to the lease', async () => {
    const gid = newWorkspace();
    let now = NOW;
    for (let round = 0; round < 200; round++) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => {
          // Half a minute ahead or behind, each another way in each round.
          const skew = (((round * 7 + index * 13) % 61) - 30) * 1_000;
          const at = now + skew;
          return store.takeLease(gid, `owner-${round}-${index}`, at, at + 2 * MINUTE, START);
        }),
      );
      const taken = answers.flatMap((answer) => (answer.taken ? [answer] : []));
      expect(taken).toHaveLength(1);
      expect(taken[0]?.lease.version).toBe(round + 1);
      // Every other holder dies and leaves the next round to time.
      if (round % 2 === 0) await store.release(taken[0]?.lease as LeaseKey);
      else now += 4 * MINUTE;
    }
  });

  it('belongs to nobody else before its time is up, and to the first one after', async () => {
    const gid = newWorkspace();
    const a = await take(gid, 'a');
    expect([a.lease.version, a.fresh, a.abandoned]).toEqual([1, true, false]);
    expect(await store.takeLease(gid, 'b', NOW + MINUTE, NOW + 2 * MINUTE, START)).toEqual({
      taken: false,
    });
    const b = await take(gid, 'b', NOW + MINUTE + 1);
    expect([b.lease.version, b.fresh, b.abandoned]).toEqual([2, false, true]);
  });

  it('is taken from a holder whose clock was hours ahead, and not from one whose clock is a little', async () => {
    const gid = newWorkspace();
    const ahead = await take(gid, 'a', NOW + 45_000, NOW + 45_000 + 305_000);
    expect(await store.takeLease(gid, 'b', NOW, NOW + MINUTE, START)).toEqual({ taken: false });
    await store.release(ahead.lease);
    const wrong = await take(gid, 'a', NOW + 60 * MINUTE, NOW + 60 * MINUTE + 305_000);
    const right = await take(gid, 'b', NOW);
    await expect(
      store.save(wrong.lease, moved(wrong.checkpoint), wrong.checkpoint.page),
    ).rejects.toMatchObject(lost);
    await store.save(right.lease, moved(right.checkpoint), right.checkpoint.page);
  });

  it('is renewed by its holder alone', async () => {
    const gid = newWorkspace();
    const a = await take(gid, 'a');
    await store.renewLease(a.lease, NOW + 10 * MINUTE);
    expect(await store.takeLease(gid, 'b', NOW + 5 * MINUTE, NOW + 6 * MINUTE, START)).toEqual({
      taken: false,
    });
    await take(gid, 'b', NOW + 11 * MINUTE);
    await expect(store.renewLease(a.lease, NOW + 20 * MINUTE)).rejects.toMatchObject(lost);
  });

  it('is released for the next one at once, and releasing what is lost is quiet and harmless', async () => {
    const gid = newWorkspace();
    const a = await take(gid, 'a');
    await store.release(a.lease);
    const b = await take(gid, 'b');
    expect(b.abandoned).toBe(false);
    await store.release(a.lease);
    expect(await store.takeLease(gid, 'c', NOW, NOW + MINUTE, START)).toEqual({ taken: false });
    await store.save(b.lease, moved(b.checkpoint), b.checkpoint.page);
  });

  it('writes the start once, with the first lease', async () => {
    const gid = newWorkspace();
    const first = await take(gid, 'a');
    expect(first).toMatchObject({ fresh: true, checkpoint: { ...START, mode: 'time', page: 0 } });
    await store.release(first.lease);
    const answer = await store.takeLease(gid, 'b', NOW, NOW + MINUTE, { liveFrom: 'later' });
    expect(answer).toMatchObject({ fresh: false, checkpoint: START });
    const oldest = await store.takeLease(newWorkspace(), 'a', NOW, NOW + MINUTE, {
      liveFrom: START.liveFrom,
    });
    expect(oldest).toMatchObject({ checkpoint: { startAt: undefined } });
  });
});

describe('a checkpoint', () => {
  it('comes back as it was saved, every field of it, and without those that are gone', async () => {
    const gid = newWorkspace();
    const { lease, checkpoint } = await take(gid, 'a');
    const full: Checkpoint = {
      ...checkpoint,
      mode: 'offset',
      offset: 'o'.repeat(1_000),
      lastCreatedAt: '2026-10-05T00:00:00.000Z',
      lastPolledAt: '2026-10-05T00:00:01.000Z',
      notBefore: '2026-10-05T00:00:02.000Z',
      resumeFrom: '2026-10-05T00:00:03.000Z',
      recovery: { knownUntil: '2026-10-05T00:00:04.000Z', caughtUpAt: '2026-10-05T00:00:05.000Z' },
      refusal: 'asana.forbidden',
      page: 1,
    };
    await store.save(lease, full, 0, { release: true });
    const again = await take(gid, 'b');
    expect(again.checkpoint).toEqual(full);
    await store.save(again.lease, { ...checkpoint, page: 2 }, 1, { release: true });
    const { startAt, liveFrom, mode, page, ...rest } = (await take(gid, 'c')).checkpoint;
    expect({ startAt, liveFrom, mode, page }).toEqual({ ...START, mode: 'time', page: 2 });
    expect(Object.values(rest).filter((value) => value !== undefined)).toEqual([gid]);
  });

  it('is refused out of page order, and from one whose lease another took: memory too', async () => {
    const gid = newWorkspace();
    const zombie = await take(gid, 'a');
    await store.save(zombie.lease, moved(zombie.checkpoint), 0);
    await expect(
      store.save(zombie.lease, moved(zombie.checkpoint, 'other'), 0),
    ).rejects.toMatchObject(lost);
    await store.saveMemory(zombie.lease, memoryOf('1'));
    const heir = await take(gid, 'b', NOW + 2 * MINUTE);
    await expect(store.save(zombie.lease, moved(heir.checkpoint), 1)).rejects.toMatchObject(lost);
    await store.saveMemory(heir.lease, memoryOf('2'));
    await expect(store.saveMemory(zombie.lease, memoryOf('3'))).rejects.toMatchObject(lost);
    const { gids } = await store.loadMemory(gid);
    expect(['1', '2', '3'].filter((each) => gids.has(each))).toEqual(['2']);
    await store.save(heir.lease, moved(heir.checkpoint), 1, { release: true });
  });

  it('remembers nothing before anything was, and then what it was told', async () => {
    const gid = newWorkspace();
    expect((await store.loadMemory(gid)).gids.size).toBe(0);
    const { lease } = await take(gid, 'a');
    const memory = new Memory();
    memory.reported('strange_type');
    await store.saveMemory(lease, memory.snapshot());
    expect((await store.loadMemory(gid)).wasReported('strange_type')).toBe(true);
  });
});

describe('an answer that was lost', () => {
  /** A store whose connection is cut after the request was served, `lose` saying which. */
  async function unlucky(lose: (target: string, count: number) => boolean) {
    const proxy = await startSpoilingProxy(dynamo.url, (body, { target = '' }, count) =>
      lose(target.split('.')[1] ?? '', count) ? undefined : body,
    );
    const client = new DynamoDBClient({
      endpoint: proxy.url,
      region: 'eu-west-1',
      credentials: TEST_CREDENTIALS,
      maxAttempts: 3,
    });
    onTestFinished(async () => {
      client.destroy();
      await proxy.close();
    });
    return new DynamoCheckpointStore(client, 'checkpoints');
  }

  it.for([true, false])('of a save counts as success (released: %s)', async (release) => {
    const gid = newWorkspace();
    const { lease, checkpoint } = await take(gid, 'a');
    const flaky = await unlucky((_target, count) => count === 1);
    await flaky.save(lease, moved(checkpoint, 'saved'), 0, { release });
    const heir = await take(gid, 'b', NOW + 2 * MINUTE);
    expect(heir.checkpoint).toMatchObject({ offset: 'saved', page: 1 });
  });

  it('does not pass for ours when another has written since', async () => {
    const gid = newWorkspace();
    const zombie = await take(gid, 'a');
    const heir = await take(gid, 'b', NOW + 2 * MINUTE);
    await store.save(heir.lease, moved(heir.checkpoint), 0);
    const flaky = await unlucky((_target, count) => count === 1);
    await expect(flaky.save(zombie.lease, moved(zombie.checkpoint), 0)).rejects.toMatchObject(lost);
  });

  it('of taking the lease leaves it with who asked', async () => {
    const gid = newWorkspace();
    const flaky = await unlucky((_target, count) => count === 1);
    const { lease, checkpoint } = await take(gid, 'a', NOW, NOW + MINUTE, flaky);
    await store.save(lease, moved(checkpoint), 0);
    expect(await store.takeLease(gid, 'b', NOW, NOW + MINUTE, START)).toEqual({ taken: false });
  });

  it('for good is an error, not a lost lease', async () => {
    const gid = newWorkspace();
    const { lease, checkpoint } = await take(gid, 'a');
    const dead = await unlucky(() => true);
    await expect(dead.save(lease, moved(checkpoint), 0)).rejects.not.toMatchObject(lost);
  });
});
