import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Clock } from '../../../lib/clock.ts';
import { DeadLetters } from '../../../lib/local/dead-letters.ts';
import { DurableQueues } from '../../../lib/local/queue.ts';

let folder: string;
let now: number;
const clock: Clock = { now: () => now, monotonic: () => now, sleep: async () => {} };
const opened: DurableQueues[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'queue-'));
  now = 1_000_000;
});
afterEach(() => {
  for (const queues of opened.splice(0)) queues.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(): DurableQueues {
  const queues = new DurableQueues(join(folder, 'queues.db'), clock);
  opened.push(queues);
  return queues;
}

/** Closes as a kill would leave it: nothing is given back first. */
function reopen(queues: DurableQueues): DurableQueues {
  queues.close();
  opened.splice(opened.indexOf(queues), 1);
  return open();
}

/** As the commands see them. */
function deadLetters(queue: string) {
  const letters = new DeadLetters(join(folder, 'queues.db'));
  try {
    return letters.list(queue, 10);
  } finally {
    letters.close();
  }
}

const bodies = (messages: readonly { body: string }[]) => messages.map(({ body }) => body);

test('a received message is hidden until its visibility timeout, then comes again with a higher count', () => {
  const queues = open();
  queues.send([{ queue: 'a', body: 'one' }]);
  const [first] = queues.receive('a', 10, 30_000, 5);
  expect(first).toMatchObject({ body: 'one', receives: 1, sentAt: 1_000_000 });
  now += 29_999;
  expect(queues.receive('a', 10, 30_000, 5)).toEqual([]);
  now += 1;
  const [again] = queues.receive('a', 10, 30_000, 5);
  expect(again).toMatchObject({ id: first?.id, body: 'one', receives: 2 });
  expect(again?.receipt).not.toBe(first?.receipt);
});

test('a void receipt neither deletes nor defers the message another took since', () => {
  const queues = open();
  queues.send([{ queue: 'a', body: 'one' }]);
  const [late] = queues.receive('a', 1, 10, 5);
  now += 10;
  const [current] = queues.receive('a', 1, 10, 5);
  queues.delete([late?.receipt ?? '']);
  queues.defer(late?.receipt ?? '', 60_000);
  expect(queues.counts().waiting).toBe(1);
  queues.delete([current?.receipt ?? '']);
  expect(queues.counts().waiting).toBe(0);
});

test('queues do not mix, batches are limited and keep the order of sending', () => {
  const queues = open();
  queues.send(['1', '2', '3'].map((body) => ({ queue: 'a', body })));
  queues.send([{ queue: 'b', body: 'x' }]);
  expect(bodies(queues.receive('a', 2, 1000, 5))).toEqual(['1', '2']);
  expect(bodies(queues.receive('a', 2, 1000, 5))).toEqual(['3']);
  expect(bodies(queues.receive('b', 2, 1000, 5))).toEqual(['x']);
});

test('after five receipts a message is a dead letter, with the last reason, and comes back by redrive', () => {
  const queues = open();
  queues.send([{ queue: 'a', body: 'poison' }]);
  for (let time = 0; time < 5; time++) {
    const [message] = queues.receive('a', 1, 1000, 5);
    queues.defer(message?.receipt ?? '', 0, `failure ${time}`);
  }
  expect(queues.receive('a', 1, 1000, 5)).toEqual([]);
  expect(deadLetters('a')).toMatchObject([{ body: 'poison', reason: 'failure 4' }]);
  expect(queues.counts()).toEqual({ waiting: 0, dead: 1 });
  expect(queues.nextVisibleAt('a')).toBeUndefined();
  expect(queues.isDrained()).toBe(true);
  expect(queues.redrive()).toBe(1);
  expect(queues.receive('a', 1, 1000, 5)).toMatchObject([{ body: 'poison', receives: 1 }]);
});

test('a postponed message waits without counting as a failure; a deferred one counts', () => {
  const queues = open();
  queues.send([{ queue: 'a', body: 'one' }]);
  for (let time = 0; time < 20; time++) {
    const [message] = queues.receive('a', 1, 1000, 5);
    expect(message?.receives).toBe(1);
    queues.postpone(message?.receipt ?? '', 500);
    expect(queues.nextVisibleAt('a')).toBe(now + 500);
    now += 500;
  }
  const [message] = queues.receive('a', 1, 1000, 5);
  queues.defer(message?.receipt ?? '', 0, 'failed');
  expect(queues.receive('a', 1, 1000, 5)[0]?.receives).toBe(2);
});

test('a message can be put to the dead letters at once, with the reason', () => {
  const queues = open();
  queues.send([{ queue: 'a', body: 'one' }]);
  const [message] = queues.receive('a', 1, 1000, 5);
  queues.deadLetter(message?.receipt ?? '', 'refused for good');
  expect(deadLetters('a')).toMatchObject([{ body: 'one', reason: 'refused for good' }]);
});

test('opened again, everything undelivered is visible at once and unblamed, dead letters stay dead', () => {
  let queues = open();
  queues.send(['inflight', 'deferred', 'waiting', 'dead'].map((body) => ({ queue: 'a', body })));
  const [, deferred] = queues.receive('a', 2, 3_600_000, 5);
  queues.defer(deferred?.receipt ?? '', 3_600_000);
  now += 1;
  const dead = queues.receive('a', 10, 1000, 5).find(({ body }) => body === 'dead');
  queues.deadLetter(dead?.receipt ?? '', 'gone');
  queues = reopen(queues);
  const received = queues.receive('a', 10, 1000, 5);
  expect(bodies(received)).toEqual(['inflight', 'deferred', 'waiting']);
  expect(received.map(({ receives }) => receives)).toEqual([1, 1, 1]);
  expect(queues.counts()).toEqual({ waiting: 3, dead: 1 });
});

test('a send is all or nothing', () => {
  const queues = open();
  const bad = { queue: 'a', body: null as unknown as string };
  expect(() => queues.send([{ queue: 'a', body: 'one' }, bad])).toThrow();
  expect(queues.counts().waiting).toBe(0);
  queues.send([{ queue: 'a', body: 'two' }]);
  expect(bodies(queues.receive('a', 10, 1000, 5))).toEqual(['two']);
});

test('listeners hear of sends to their queue only, until they stop', () => {
  const queues = open();
  let heard = 0;
  const stop = queues.onSend('a', () => {
    heard += 1;
  });
  queues.send([
    { queue: 'a', body: '1' },
    { queue: 'a', body: '2' },
  ]);
  queues.send([{ queue: 'b', body: '3' }]);
  stop();
  queues.send([{ queue: 'a', body: '4' }]);
  expect(heard).toBe(1);
});

test('a file that is no queue file is an error with its own code', () => {
  writeFileSync(
    join(folder, 'queues.db'),
    'not a database, and long enough to be looked at as one'.repeat(50),
  );
  expect(() => open()).toThrow(expect.objectContaining({ code: 'local.data-damaged' }));
});
