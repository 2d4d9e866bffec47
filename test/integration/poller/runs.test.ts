// One run of the poller and the next: leases, unfinished pages, waits, refusals of the bus, time that runs out.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DynamoCheckpointStore } from '../../../lib/poller/dynamo-checkpoint-store.ts';
import { sampleEvents, sampleGid } from '../../support/audit-log.ts';
import { TEST_CREDENTIALS } from '../../support/dynalite.ts';
import type { TestEventBusOptions } from '../../support/event-bus.ts';
import {
  type AwsWorld,
  codesOf,
  dataOf,
  startAwsWorld,
  startPollerWorld,
  type WorldOptions,
} from '../../support/poller-world.ts';
import { startCheckedSimulator } from '../../support/simulator.ts';
import { skippingClock } from '../../support/skipping-clock.ts';
import { startSpoilingProxy } from '../../support/spoiling-proxy.ts';

let aws: AwsWorld;
let next = 1_320_000_000_000_000;

beforeAll(async () => {
  aws = await startAwsWorld();
});
afterAll(() => aws.close());

async function start(
  simulated: { events: Iterable<unknown>; pageSize?: number; faults?: string; unchecked?: string },
  options: Partial<WorldOptions> = {},
) {
  const workspaceGid = String(next++);
  const simulator = await startCheckedSimulator({ pageSize: 10, workspaceGid, ...simulated });
  const world = await startPollerWorld(aws, { asanaUrl: simulator.url, workspaceGid, ...options });
  onTestFinished(async () => {
    await world.close();
    await simulator.close();
  });
  return { simulator, world, workspaceGid };
}

const gids = (count: number) => Array.from({ length: count }, (_, index) => sampleGid(index));
const once = (count: number) => new Map(gids(count).map((gid) => [gid, 1]));
const gidOfEntry = (entry: { Detail: string }) => dataOf(entry as never)['gid'];

describe('a page that ends partly published', () => {
  it('keeps its place: the next run sends only the rest, also of events older than all that is known', async () => {
    let denied = true;
    const onPut: NonNullable<TestEventBusOptions['onPut']> = (entries) =>
      denied
        ? {
            failed: Object.fromEntries(
              entries.flatMap((entry, at) =>
                Number(gidOfEntry(entry)) % 3 === 0 ? [[at, 'InternalFailure']] : [],
              ),
            ),
          }
        : undefined;
    const events = [
      ...sampleEvents(5, { offset: 1_000, from: Date.now() }),
      ...sampleEvents(30, { from: Date.now() - 90_000_000 }),
    ];
    const { world } = await start({ events, pageSize: 100 }, { bus: { onPut } });
    const first = await world.run();
    expect(first).toMatchObject({
      outcome: 'failed',
      failure: { code: 'publish.unavailable', retryable: true },
    });
    expect(first.published).toBe(world.gids().size);
    denied = false;
    const second = await world.run();
    expect(second).toMatchObject({
      outcome: 'caught-up',
      duplicates: first.published,
      published: 35 - first.published,
    });
    expect(world.gids().size).toBe(35);
    expect(new Set(world.gids().values())).toEqual(new Set([1]));
  });

  it('reports an unknown type though only its report did not get through', async () => {
    let lost = true;
    const onPut: NonNullable<TestEventBusOptions['onPut']> = (entries) =>
      lost
        ? {
            failed: Object.fromEntries(
              entries.flatMap((entry, at) =>
                entry.Source.endsWith('.poller') ? [[at, 'InternalFailure']] : [],
              ),
            ),
          }
        : undefined;
    const { world } = await start(
      { events: sampleEvents(7), faults: 'unknown-type' },
      { bus: { onPut } },
    );
    expect(await world.run()).toMatchObject({
      failure: { code: 'publish.unavailable' },
      published: 7,
      unknownTypes: 0,
    });
    lost = false;
    expect(await world.run()).toMatchObject({
      outcome: 'caught-up',
      published: 0,
      unknownTypes: 1,
    });
    await world.run();
    expect(codesOf(world.operational())).toEqual(['event-type.unknown']);
  });

  it("access denied is nobody's poison: nothing is quarantined, and nothing skipped", async () => {
    let denied = true;
    const { world } = await start(
      { events: sampleEvents(25) },
      {
        bus: { onPut: () => (denied ? { status: 400, code: 'AccessDeniedException' } : undefined) },
      },
    );
    for (let count = 0; count < 2; count++) {
      expect(await world.run()).toMatchObject({
        failure: { code: 'publish.denied' },
        published: 0,
        quarantined: 0,
      });
    }
    denied = false;
    await world.runToTheEnd();
    expect(world.gids()).toEqual(once(25));
    expect(await world.quarantined()).toEqual([]);
  });
});

describe('quarantine', () => {
  it('takes poison whole, its cut form goes on the bus and it is reported; redaction came first', async () => {
    const events = sampleEvents(12).map((event, index) => ({
      ...event,
      details: { saml_response: 'an assertion', padding: index === 4 ? 'poison' : '' },
    }));
    const day = events[4]?.created_at?.slice(0, 10);
    const { world, workspaceGid } = await start(
      { events },
      {
        bus: {
          onPut: (entries) =>
            entries.some(({ Detail }) => Detail.includes('"poison"'))
              ? { status: 400, code: 'ValidationException' }
              : undefined,
        },
      },
    );
    expect(await world.run()).toMatchObject({
      outcome: 'caught-up',
      published: 12,
      quarantined: 1,
    });
    const [whole] = await world.quarantined();
    expect(JSON.parse(whole ?? '')).toEqual({
      ...events[4],
      details: { saml_response: '[redacted]', padding: 'poison' },
    });
    const cut = world.events().find((entry) => gidOfEntry(entry) === sampleGid(4));
    expect(JSON.parse(cut?.Detail ?? '')).toMatchObject({
      metadata: {
        quarantine: `s3://quarantine/quarantine/${workspaceGid}/${day}/${sampleGid(4)}.json`,
        redacted: ['details.saml_response'],
      },
      data: { gid: sampleGid(4), actor: { actor_type: 'user', gid: '1201' } },
    });
    expect(codesOf(world.operational())).toEqual(['event.quarantined']);
    expect(JSON.stringify(world.bus.entries)).not.toContain('an assertion');
  });

  it('finishes a page whose only event the bus takes in no form: it is kept, and said to be', async () => {
    const { world } = await start(
      { events: sampleEvents(1) },
      {
        bus: {
          onPut: (entries) => ({
            failed: Object.fromEntries(
              entries.flatMap((entry, at) =>
                entry.Source === 'asana.audit-log' ? [[at, 'MalformedDetail']] : [],
              ),
            ),
          }),
        },
      },
    );
    expect(await world.run()).toMatchObject({ outcome: 'caught-up', published: 0, quarantined: 1 });
    expect(codesOf(world.bus.entries)).toEqual(['event.quarantined']);
    expect(await world.quarantined()).toHaveLength(1);
  });

  it('blames no event when the bus takes nothing whatever', async () => {
    const { world } = await start(
      { events: sampleEvents(3) },
      { bus: { onPut: () => ({ status: 400, code: 'ValidationException' }) } },
    );
    expect(await world.run()).toMatchObject({ failure: { code: 'publish.refused' }, published: 0 });
    expect(await world.run()).toMatchObject({
      failure: { code: 'publish.refused' },
      fetched: 3,
      duplicates: 0,
    });
  });

  it('that fails leaves the page unfinished', async () => {
    const quarantine = { put: async () => Promise.reject(new Error('AccessDenied')) };
    const { world, workspaceGid, simulator } = await start(
      { events: sampleEvents(7), faults: 'oversize-event' },
      { deps: { quarantine } },
    );
    expect(await world.run()).toMatchObject({
      failure: { code: 'quarantine.failed' },
      published: 6,
    });
    const mended = await startPollerWorld(aws, { asanaUrl: simulator.url, workspaceGid });
    onTestFinished(() => mended.close());
    expect(await mended.run()).toMatchObject({
      outcome: 'caught-up',
      published: 1,
      duplicates: 6,
      quarantined: 1,
    });
  });
});

describe('time and waits', () => {
  it('a Retry-After beyond the run is kept, and nothing is asked until then', async () => {
    const { simulator, world } = await start({
      events: sampleEvents(25),
      faults: 'rate-limit:after=1:every=1:times=1:retry-after=600',
    });
    const begun = world.clock.now();
    const first = await world.run();
    expect(first).toMatchObject({ outcome: 'waiting', published: 10 });
    expect(Date.parse(first.notBefore ?? '')).toBeGreaterThanOrEqual(begun + 600_000);
    const asked = simulator.requests.total;
    world.clock.advance(300_000);
    expect(await world.run()).toMatchObject({ outcome: 'waiting', fetched: 0 });
    expect(simulator.requests.total).toBe(asked);
    world.clock.advance(301_000);
    expect(await world.run()).toMatchObject({
      outcome: 'caught-up',
      published: 15,
      notBefore: undefined,
    });
    expect(world.gids()).toEqual(once(25));
  });

  it('is over before its deadline, whatever Asana does: waiting, failing, or slow to be published', async () => {
    for (const faults of ['rate-limit:every=1:retry-after=4', 'unavailable:every=1', '']) {
      const { world } = await start({ events: sampleEvents(40), faults });
      if (faults === '') {
        // Each answer of the bus takes two seconds of the run's time.
        const { publisher } = world.deps;
        (world.deps as { publisher: unknown }).publisher = {
          publish: async (...args: Parameters<typeof publisher.publish>) => {
            world.clock.advance(2_000);
            return publisher.publish(...args);
          },
        };
      }
      const deadline = world.clock.monotonic() + 12_000;
      const { outcome } = await world.run({ deadline });
      expect(world.clock.monotonic()).toBeLessThan(deadline);
      expect(outcome).toBe(
        faults === '' ? 'out-of-time' : faults.startsWith('rate') ? 'waiting' : 'failed',
      );
    }
  });

  it('a page cut short by the deadline, or by a lease about to end, is no failure, and the rest follows', async () => {
    for (const limit of ['deadline', 'lease'] as const) {
      let world: Awaited<ReturnType<typeof start>>['world'] | undefined;
      const onPut = () => {
        world?.clock.advance(2_000);
        return undefined;
      };
      ({ world } = await start({ events: sampleEvents(400), pageSize: 400 }, { bus: { onPut } }));
      const now = world.clock.monotonic();
      const summary = await world.run(
        limit === 'deadline' ? { deadline: now + 9_000 } : { leaseMs: 14_000 },
      );
      expect(summary.outcome).toBe('out-of-time');
      expect(summary.published).toBeGreaterThan(0);
      expect(summary.published).toBeLessThan(400);
      await world.runToTheEnd();
      expect(world.gids()).toEqual(once(400));
    }
  });

  it('stops well when asked to', async () => {
    const stop = new AbortController();
    const { world } = await start(
      { events: sampleEvents(60) },
      { bus: { onPut: () => stop.abort() as undefined } },
    );
    expect(await world.run({ signal: stop.signal })).toMatchObject({ outcome: 'stopped' });
    const published = world.gids().size;
    expect(published).toBeLessThan(60);
    expect(await world.run()).toMatchObject({
      outcome: 'caught-up',
      published: 60 - published,
      duplicates: 0,
    });
  });
});

describe('leases', () => {
  it('two pollers at once: one polls, the other says so and ends well', async () => {
    const { world, workspaceGid, simulator } = await start({ events: sampleEvents(60) });
    const other = await startPollerWorld(aws, { asanaUrl: simulator.url, workspaceGid });
    onTestFinished(() => other.close());
    const outcomes = (await Promise.all([world.run(), other.run()])).map(({ outcome }) => outcome);
    expect(outcomes.toSorted()).toEqual(['caught-up', 'held']);
    expect(world.gids().size + other.gids().size).toBe(60);
  });

  it('a tick that finds the lease held waits for it', async () => {
    const { world, workspaceGid } = await start({ events: sampleEvents(5) });
    const { now } = world.clock;
    const held = await aws.store.takeLease(workspaceGid, 'other', now(), now() + 4_000, {
      liveFrom: new Date(now()).toISOString(),
    });
    expect(held.taken).toBe(true);
    expect(await world.run({ waitForLeaseMs: 2_000 })).toMatchObject({
      outcome: 'held',
      fetched: 0,
    });
    expect(await world.run({ waitForLeaseMs: 10_000 })).toMatchObject({
      outcome: 'caught-up',
      published: 5,
    });
  });

  it('a run whose lease another took sends nothing more, and writes nothing', async () => {
    let steal: (() => Promise<unknown>) | undefined;
    const { world, workspaceGid } = await start(
      { events: sampleEvents(60) },
      { bus: { onPut: async () => (await steal?.()) as undefined } },
    );
    steal = async () => {
      steal = undefined;
      const far = world.clock.now() + 1e9;
      await aws.store.takeLease(workspaceGid, 'thief', far, far + 1e9, { liveFrom: 'x' });
    };
    expect(await world.run()).toMatchObject({ outcome: 'failed', failure: { code: 'lease.lost' } });
    // The saves of a page run beside the next four at most: the first one refused ends it.
    expect(world.gids().size).toBeLessThanOrEqual(50);
    world.clock.advance(3e9);
    await world.runToTheEnd();
    expect([...world.gids().keys()].toSorted()).toEqual(gids(60));
  });

  it('a run that takes the lease of one that lives waits for what that one remembers: nothing is sent twice', async () => {
    let steal: (() => Promise<undefined>) | undefined;
    const { world, workspaceGid, simulator } = await start(
      { events: sampleEvents(60) },
      { bus: { onPut: async () => steal?.() } },
    );
    const taken = Promise.withResolvers<void>();
    const robbed = Promise.withResolvers<unknown>();
    const clock = skippingClock();
    clock.advance(1e9);
    const waits: number[] = [];
    const sleep = async (ms: number) => {
      waits.push(ms);
      taken.resolve();
      await robbed.promise;
    };
    const thief = await startPollerWorld(aws, {
      asanaUrl: simulator.url,
      workspaceGid,
      clock: { ...clock, sleep },
    });
    onTestFinished(() => thief.close());
    let stealing: Promise<unknown> = Promise.resolve();
    steal = async () => {
      steal = undefined;
      stealing = thief.run();
      await taken.promise;
      return undefined;
    };
    const run = await world.run();
    robbed.resolve(run);
    expect(run).toMatchObject({ outcome: 'failed', failure: { code: 'lease.lost' } });
    expect(await stealing).toMatchObject({ outcome: 'caught-up', published: 60 - run.published });
    expect(run.published).toBeGreaterThan(0);
    expect(waits).toEqual([10_000]);
    const all = [...world.gids().keys(), ...thief.gids().keys()];
    expect(all.toSorted()).toEqual(gids(60));
  });

  it('is renewed for as long as a run lasts', async () => {
    const { world, workspaceGid, simulator } = await start({ events: sampleEvents(60) });
    let begun = () => {};
    const beginning = new Promise<void>((resolve) => {
      begun = resolve;
    });
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const real = world.deps.checkpoints;
    let renewals = 0;
    const holder = await startPollerWorld(aws, {
      asanaUrl: simulator.url,
      workspaceGid,
      bus: {
        onPut: async () => {
          begun();
          await gate;
          return undefined;
        },
      },
      deps: {
        checkpoints: Object.assign(Object.create(real) as typeof real, {
          takeLease: real.takeLease.bind(real),
          save: real.save.bind(real),
          release: real.release.bind(real),
          loadMemory: real.loadMemory.bind(real),
          saveMemory: real.saveMemory.bind(real),
          renewLease: (...args: Parameters<typeof real.renewLease>) => {
            renewals++;
            if (renewals > 20) go();
            return real.renewLease(...args);
          },
        }),
      },
    });
    onTestFinished(() => holder.close());
    const running = holder.run({ leaseMs: 30_000, renewLeaseMs: 10_000 });
    await beginning;
    expect(await world.run()).toMatchObject({ outcome: 'held' });
    // Twenty renewals are two hundred seconds: a page that long ends the run, with the one begun beside it, well and with
    // all they have sent saved.
    expect(await running).toMatchObject({ outcome: 'out-of-time', published: 20 });
    expect(renewals).toBeGreaterThan(20);
    expect(await world.run()).toMatchObject({ outcome: 'caught-up', published: 40, duplicates: 0 });
  });

  it('failed saves are the reason that is given, not what they led to', async () => {
    const proxy = await startSpoilingProxy(aws.dynamo.url, (body, { body: request }) =>
      request.includes('reportedTypes') ? undefined : body,
    );
    const client = new DynamoDBClient({
      endpoint: proxy.url,
      region: 'eu-west-1',
      credentials: TEST_CREDENTIALS,
      maxAttempts: 1,
    });
    const checkpoints = new DynamoCheckpointStore(client, aws.tableName);
    const { world } = await start({ events: sampleEvents(60) }, { deps: { checkpoints } });
    onTestFinished(async () => {
      client.destroy();
      await proxy.close();
    });
    const { outcome, failure } = await world.run();
    expect([outcome, failure?.code]).toEqual(['failed', 'poll.failed']);
    expect(failure?.cause).toBeInstanceOf(Error);
    expect(world.gids().size).toBeLessThan(60);
  });
});

describe('what a poll costs', () => {
  it('an idle one: two writes and no read', async () => {
    const proxy = await startSpoilingProxy(aws.dynamo.url, (body) => body);
    const client = new DynamoDBClient({
      endpoint: proxy.url,
      region: 'eu-west-1',
      credentials: TEST_CREDENTIALS,
    });
    const checkpoints = new DynamoCheckpointStore(client, aws.tableName);
    const { world } = await start({ events: sampleEvents(5) }, { deps: { checkpoints } });
    onTestFinished(async () => {
      client.destroy();
      await proxy.close();
    });
    await world.run();
    proxy.requests.length = 0;
    expect(await world.run()).toMatchObject({ outcome: 'caught-up', fetched: 0, lagSeconds: 0 });
    expect(proxy.requests.map(({ target }) => target)).toEqual([
      'DynamoDB_20120810.UpdateItem',
      'DynamoDB_20120810.UpdateItem',
    ]);
    expect(world.bus.requests).toHaveLength(1);
  });
});

describe('several polls in one run', () => {
  it("are made by the interval until the run's end, under one lease", async () => {
    const { simulator, world } = await start({ events: sampleEvents(5) });
    const begun = world.clock.now();
    const summary = await world.run({ repeat: { everyMs: 10_000, until: begun + 55_000 } });
    expect(summary).toMatchObject({ outcome: 'caught-up', published: 5 });
    // The first page, its end, and an empty answer at each of 10, 20, 30, 40 and 50 seconds.
    expect(simulator.requests.total).toBe(7);
    expect(await world.run()).toMatchObject({ outcome: 'caught-up' });
  });

  it('end before the deadline though the interval would go on', async () => {
    const { world } = await start({ events: sampleEvents(5) });
    const deadline = world.clock.monotonic() + 22_000;
    const summary = await world.run({
      deadline,
      repeat: { everyMs: 5_000, until: world.clock.now() + 55_000 },
    });
    expect(summary.outcome).toBe('caught-up');
    expect(world.clock.monotonic()).toBeLessThan(deadline);
    expect(await world.run()).toMatchObject({ outcome: 'caught-up' });
  });
});

describe('several workspaces', () => {
  it('one that is refused touches no other', async () => {
    const good = await start({ events: sampleEvents(15) });
    const bad = await start({ events: sampleEvents(15), faults: 'unauthorized' });
    const [fine, refused] = await Promise.all([good.world.run(), bad.world.run()]);
    expect([fine.outcome, fine.published]).toEqual(['caught-up', 15]);
    expect([refused.outcome, refused.failure?.code]).toEqual(['failed', 'asana.unauthorized']);
    expect(await good.world.run()).toMatchObject({ outcome: 'caught-up', published: 0 });
  });
});

describe('the log line of a run', () => {
  it('is one, with figures and no person in it', async () => {
    const { world } = await start({ events: sampleEvents(15) });
    await world.run();
    const lines = world.lines.filter(({ level }) => level !== 'debug');
    expect(lines.map(({ message }) => message)).toEqual(['poll finished']);
    expect(lines[0]?.fields).toMatchObject({
      outcome: 'caught-up',
      fetched: 15,
      published: 15,
      pages: 3,
      largestPage: 10,
    });
    expect(JSON.stringify(lines)).not.toMatch(/ada@example.com|Ada|192\.0\.2/);
  });

  it('has the lag of the newest event while more is to come', async () => {
    const from = Date.now() - 7_200_000;
    const { world } = await start({ events: sampleEvents(30, { from, step: 0 }) });
    const summary = await world.run({ deadline: world.clock.monotonic() + 4_000 });
    expect(summary).toMatchObject({ outcome: 'out-of-time', published: 10 });
    expect(summary.lagSeconds).toBeGreaterThanOrEqual(7_200);
    expect(summary.lagSeconds).toBeLessThanOrEqual(Math.ceil((world.clock.now() - from) / 1_000));
  });
});
