import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DeadLetters } from '../../../lib/local/dead-letters.ts';
import { DurableQueues, type ReceivedMessage } from '../../../lib/local/queue.ts';
import { settle } from '../../../lib/local/settle.ts';
import { type BatchOutcome, Worker } from '../../../lib/local/worker.ts';
import { silentLog } from '../../../lib/log.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';

let folder: string;
let queues: DurableQueues;
let clock: ManualClock;
let worker: Worker | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'worker-'));
  clock = manualClock();
  queues = new DurableQueues(join(folder, 'queues.db'), clock);
});
afterEach(async () => {
  await worker?.stop();
  worker = undefined;
  queues.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(handle: (batch: readonly ReceivedMessage[]) => Promise<BatchOutcome>): Worker {
  worker = new Worker({ queues, queue: 'q', maxReceives: 3, clock, log: silentLog, handle });
  worker.start();
  return worker;
}

const send = (...bodies: string[]) => queues.send(bodies.map((body) => ({ queue: 'q', body })));

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

test('takes what is there and what comes later, ten at a time, and deletes what was handled', async () => {
  const batches: number[] = [];
  send(...Array.from({ length: 12 }, (_, number) => String(number)));
  const { handled } = start(async (batch) => {
    batches.push(batch.length);
    return {};
  });
  expect(handled).toBe(0);
  await until(() => queues.isDrained());
  send('late');
  await until(() => queues.isDrained());
  expect(batches).toEqual([10, 2, 1]);
  expect(worker?.handled).toBe(13);
});

test('takes twice as many each time where that is allowed, up to a limit', async () => {
  const batches: number[] = [];
  send(...Array.from({ length: 130 }, (_, number) => String(number)));
  worker = new Worker({
    ...{ queues, queue: 'q', maxReceives: 3, maxBatch: 50, clock, log: silentLog },
    handle: async (batch) => {
      batches.push(batch.length);
      return {};
    },
  });
  worker.start();
  await until(() => queues.isDrained());
  expect(batches).toEqual([10, 20, 40, 50, 10]);
});

test('a failed message comes again alone, and becomes a dead letter with its reason at last', async () => {
  const seen: string[][] = [];
  send('good', 'bad');
  start(async (batch) => {
    seen.push(batch.map(({ body }) => body));
    const bad = batch.filter(({ body }) => body === 'bad');
    return { failed: new Map(bad.map(({ receipt }) => [receipt, 'it is bad'])) };
  });
  await until(() => queues.isDrained());
  expect(seen).toEqual([['good', 'bad'], ['bad'], ['bad']]);
  const dead = new DeadLetters(join(folder, 'queues.db'));
  expect(dead.list('q', 9)).toMatchObject([{ body: 'bad', reason: 'it is bad' }]);
  dead.close();
  expect(worker?.handled).toBe(1);
});

test('a handler that throws fails its batch', async () => {
  let calls = 0;
  send('a', 'b');
  start(async () => {
    calls += 1;
    if (calls === 1) throw new Error('no');
    return {};
  });
  await until(() => queues.isDrained());
  expect([calls, queues.counts().dead]).toEqual([2, 0]);
});

test('what the handler put off itself is neither deleted nor counted, and comes again', async () => {
  let calls = 0;
  send('a');
  start(async ([message]) => {
    calls += 1;
    if (message === undefined || calls > 1) return {};
    queues.defer(message.receipt, 5_000);
    return { settled: new Set([message.receipt]) };
  });
  await until(() => queues.isDrained());
  expect(calls).toBe(2);
  expect(worker?.handled).toBe(1);
  expect(Math.max(...clock.slept)).toBe(5_000);
});

test('stopping waits for the batch in hand and leaves the rest', async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  send(...Array.from({ length: 11 }, (_, number) => String(number)));
  let begun = 0;
  const started = start(async () => {
    begun += 1;
    await gate;
    return {};
  });
  await until(() => begun === 1);
  const stopped = started.stop();
  release();
  await stopped;
  expect([begun, queues.counts().waiting]).toEqual([1, 1]);
});

test('settling ends when all is delivered, when nothing moves, or when told', async () => {
  const signal = new AbortController().signal;
  const state = { isDrained: () => false, handled: () => 0, isOutputWaiting: () => false };
  expect(await settle({ ...state, isDrained: () => true }, clock, signal)).toBe(true);
  const begun = clock.now();
  expect(await settle(state, clock, signal)).toBe(false);
  expect(clock.now() - begun).toBeGreaterThanOrEqual(60_000);
  expect(await settle(state, clock, AbortSignal.abort())).toBe(false);

  // Progress, and a reader who keeps the output waiting, are no standstill.
  let handled = 0;
  const moving = { ...state, handled: () => handled++, isDrained: () => handled > 9_000 };
  expect(await settle(moving, clock, signal)).toBe(true);
  let looks = 0;
  const blocked = { ...state, isOutputWaiting: () => true, isDrained: () => looks++ > 9_000 };
  expect(await settle(blocked, clock, signal)).toBe(true);
});
