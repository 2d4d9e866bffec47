// The publisher against a scripted PutEvents: each entry's fate is known, and just what failed is sent again.
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BusEntry } from '../../../lib/bus/publisher-port.ts';
import { DEFAULT_CONCURRENCY, PutEventsPublisher } from '../../../lib/bus/put-events-publisher.ts';
import { TEST_CREDENTIALS } from '../../support/dynalite.ts';
import {
  type PutScript,
  startEventBus,
  type TestEventBusOptions,
} from '../../support/event-bus.ts';
import { manualClock } from '../../support/manual-clock.ts';

const entries = (count: number, more: Partial<BusEntry> = {}): BusEntry[] =>
  Array.from({ length: count }, (_, index) => ({
    source: 'test',
    detailType: 'Test',
    detail: JSON.stringify({ index }),
    ...more,
  }));

async function start(onPut?: NonNullable<TestEventBusOptions['onPut']>, requestTimeout = 10_000) {
  const bus = await startEventBus(onPut === undefined ? {} : { onPut });
  const client = new EventBridgeClient({
    endpoint: bus.url,
    region: 'eu-west-1',
    credentials: TEST_CREDENTIALS,
    maxAttempts: 1,
    requestHandler: { requestTimeout, throwOnRequestTimeout: true },
  });
  const clock = manualClock();
  onTestFinished(async () => {
    client.destroy();
    await bus.close();
  });
  const publisher = new PutEventsPublisher({
    client,
    eventBusName: 'audit',
    clock,
    random: () => 1,
  });
  const accepted = () =>
    bus.entries.map(({ Detail }) => JSON.parse(Detail).index as number).toSorted((a, b) => a - b);
  return { bus, clock, publisher, accepted };
}

const range = (count: number) => Array.from({ length: count }, (_, index) => index);
const indexOf = (entry: { Detail: string }) => JSON.parse(entry.Detail).index as number;

describe('publishing', () => {
  it('sends everything once, with bus, source, type, detail and time', async () => {
    const { bus, publisher, accepted } = await start();
    const time = Date.parse('2026-10-05T12:00:00.250Z');
    const result = await publisher.publish(entries(95, { time }));
    expect(result).toEqual({ published: Array(95).fill(true), poison: [], retries: 0 });
    expect(accepted()).toEqual(range(95));
    expect(bus.requests).toHaveLength(10);
    expect(bus.entries[0]).toMatchObject({
      Source: 'test',
      DetailType: 'Test',
      EventBusName: 'audit',
      Time: time / 1000,
    });
  });

  it('sends nothing for nothing', async () => {
    const { bus, publisher } = await start();
    expect(await publisher.publish([])).toEqual({ published: [], poison: [], retries: 0 });
    expect(bus.requests).toEqual([]);
  });

  it('keeps under a megabyte a request', async () => {
    const { bus, publisher } = await start();
    const detail = JSON.stringify({ index: 0, x: 'é'.repeat(120_000) });
    await publisher.publish(entries(10, { detail }));
    expect(bus.requests.map((request) => request.length).toSorted()).toEqual([2, 4, 4]);
  });
});

describe('failures that pass', () => {
  it('of single entries: just those are sent again, with growing waits', async () => {
    const { bus, clock, publisher, accepted } = await start((_entries, request) =>
      request === 1
        ? { failed: { 2: 'ThrottlingException', 7: 'InternalFailure' } }
        : request === 2
          ? { failed: { 1: 'SomethingNew' } }
          : undefined,
    );
    const result = await publisher.publish(entries(10));
    expect(result).toEqual({ published: Array(10).fill(true), poison: [], retries: 3 });
    expect(bus.requests.map((request) => request.map(indexOf))).toEqual([range(10), [2, 7], [7]]);
    expect(accepted()).toEqual(range(10));
    expect(clock.slept).toEqual([200, 400]);
  });

  it.for([
    ['throttling', { status: 400, code: 'ThrottlingException' }],
    ['500', { status: 500, code: 'InternalFailure' }],
    ['503', { status: 503, code: 'ServiceUnavailable' }],
    ['an unknown code', { status: 400, code: 'BrandNewException' }],
    ['a connection that was cut', 'reset'],
  ] as const)('of a whole request (%s): it is sent again', async ([, script]) => {
    const { publisher, accepted } = await start((_entries, request) =>
      request === 1 ? script : undefined,
    );
    expect(await publisher.publish(entries(5))).toEqual({
      published: Array(5).fill(true),
      poison: [],
      retries: 5,
    });
    expect(accepted()).toEqual(range(5));
  });

  it.for(['accept-then-hang', 'accept-then-reset'] as const)(
    'an answer that never came (%s): sent again, whole',
    async (script) => {
      const { bus, publisher, accepted } = await start(
        (_entries, request) => (request === 1 ? script : undefined),
        300,
      );
      const { published } = await publisher.publish(entries(3));
      expect(published).toEqual([true, true, true]);
      expect(accepted()).toEqual([0, 0, 1, 1, 2, 2]);
      expect(bus.entries.slice(3)).toEqual(bus.entries.slice(0, 3));
    },
  );

  it('an answer that does not speak of every entry proves nothing about the rest', async () => {
    const { bus, publisher } = await start();
    const short = new PutEventsPublisher({
      // The recorder always answers in full, so the answer is cut on its way.
      client: {
        send: async () => ({ Entries: [{ EventId: '1' }, {}] }),
      } as unknown as EventBridgeClient,
      eventBusName: 'audit',
      clock: manualClock(),
      maxRounds: 1,
    });
    const result = await short.publish(entries(3));
    expect(result.published).toEqual([true, false, false]);
    expect(result.failure).toMatchObject({ code: 'publish.unavailable', retryable: true });
    expect((await publisher.publish(entries(1))).published).toEqual([true]);
    expect(bus.entries).toHaveLength(1);
  });

  it('that do not pass end after six rounds, what is on the bus known', async () => {
    const { bus, publisher } = await start((batch) => ({
      failed: Object.fromEntries(
        batch.flatMap((entry, at) => (indexOf(entry) % 2 ? [[at, 'InternalFailure']] : [])),
      ),
    }));
    const result = await publisher.publish(entries(10));
    expect(result.published).toEqual(range(10).map((index) => index % 2 === 0));
    expect(result).toMatchObject({
      poison: [],
      retries: 25,
      failure: { code: 'publish.unavailable', retryable: true },
    });
    expect(bus.requests).toHaveLength(6);
  });
});

describe('poison', () => {
  it.for(['MalformedDetail', 'InvalidArgument', 'EntryTooLarge'])(
    "%s is the entry's own, and never sent again",
    async (code) => {
      const { bus, publisher, accepted } = await start((_entries, request) =>
        request === 1 ? { failed: { 3: code } } : undefined,
      );
      const result = await publisher.publish(entries(10));
      expect(result.poison).toEqual([{ index: 3, code, message: expect.any(String) }]);
      expect(result.failure).toBeUndefined();
      expect(accepted()).toEqual(range(10).filter((index) => index !== 3));
      expect(bus.requests).toHaveLength(1);
    },
  );

  it.for([
    ['ValidationException', 400],
    ['RequestEntityTooLarge', 413],
    ['NoCodeAtAll', 413],
  ] as const)(
    'a request refused with %s (%d) is bisected down to the entries at fault',
    async ([code, status]) => {
      const bad = new Set([4, 17]);
      const { publisher, accepted } = await start(
        (batch): PutScript =>
          batch.some((entry) => bad.has(indexOf(entry))) ? { status, code } : undefined,
      );
      const result = await publisher.publish(entries(25));
      expect(result.poison.map(({ index }) => index).toSorted()).toEqual([17, 4]);
      expect(result.failure).toBeUndefined();
      expect(accepted()).toEqual(range(25).filter((index) => !bad.has(index)));
    },
  );

  it('quotes nothing of the entry: the service may have', async () => {
    const { publisher } = await start(() => ({
      status: 400,
      code: 'ValidationException',
      message: 'bad: ada@example.com',
    }));
    expect(JSON.stringify(await publisher.publish(entries(1)))).not.toContain('ada@example.com');
  });
});

describe('refusals of us', () => {
  it.for([
    'AccessDeniedException',
    'ResourceNotFoundException',
    'UnrecognizedClientException',
    'ExpiredTokenException',
  ])('%s is never poison: nothing more is sent', async (code) => {
    const { bus, publisher } = await start(() => ({ status: 400, code }));
    const result = await publisher.publish(entries(400));
    expect(result).toMatchObject({
      poison: [],
      retries: 0,
      failure: { code: 'publish.denied', retryable: false },
    });
    expect(result.published).not.toContain(true);
    expect(bus.requests.length).toBeLessThanOrEqual(DEFAULT_CONCURRENCY);
  });

  it("as an entry's code: the others of the request are on the bus", async () => {
    const { publisher } = await start(() => ({ failed: { 0: 'NotAuthorizedException' } }));
    const result = await publisher.publish(entries(3));
    expect(result).toMatchObject({
      published: [false, true, true],
      poison: [],
      failure: { code: 'publish.denied' },
    });
  });
});

it('maySend ends it: what is unsent stays so, in the middle of a bisection too', async () => {
  let asked = 0;
  const { bus, publisher } = await start(() => ({ status: 400, code: 'ValidationException' }));
  const result = await publisher.publish(entries(10), { maySend: () => ++asked <= 3 });
  expect(bus.requests).toHaveLength(3);
  expect(result.published).not.toContain(true);
  expect(result.failure).toMatchObject({ code: 'publish.stopped', retryable: true });
  const none = await publisher.publish(entries(2), { maySend: () => false });
  expect([none.failure?.code, bus.requests.length]).toEqual(['publish.stopped', 3]);
});
