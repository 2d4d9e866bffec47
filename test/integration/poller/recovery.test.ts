// What the poller does when Asana takes its offsets back, hides the way on, or serves what it can never read.
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { sampleEvents, sampleGid } from '../../support/audit-log.ts';
import {
  type AwsWorld,
  codesOf,
  dataOf,
  startAwsWorld,
  startPollerWorld,
  type WorldOptions,
} from '../../support/poller-world.ts';
import { startCheckedSimulator } from '../../support/simulator.ts';
import { startSpoilingProxy } from '../../support/spoiling-proxy.ts';

const DAY = 24 * 60 * 60 * 1000;

let aws: AwsWorld;
let next = 1_310_000_000_000_000;

beforeAll(async () => {
  aws = await startAwsWorld();
});
afterAll(() => aws.close());

interface Simulated {
  readonly events: Iterable<unknown>;
  readonly workspaceGid?: string;
  readonly pageSize?: number;
  readonly retentionMs?: number;
  readonly faults?: string;
}

async function start(simulated: Simulated, options: Partial<WorldOptions> = {}) {
  const workspaceGid = String(next++);
  const simulator = await startCheckedSimulator({ pageSize: 10, workspaceGid, ...simulated });
  const world = await startPollerWorld(aws, { asanaUrl: simulator.url, workspaceGid, ...options });
  onTestFinished(async () => {
    await world.close();
    await simulator.close();
  });
  return { simulator, world, workspaceGid };
}

const gids = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => sampleGid(from + index));

describe('an expired offset', () => {
  it('loses and doubles nothing, and with a known event seen again proves that no gap is there', async () => {
    const { simulator, world } = await start({ events: sampleEvents(25) });
    await world.runToTheEnd();
    simulator.expireOffsets();
    simulator.log.append(...sampleEvents(15, { offset: 25, from: Date.now() }));
    const [summary] = await world.runToTheEnd();
    expect(summary).toMatchObject({
      published: 15,
      duplicates: 25,
      offsetResets: 1,
      mode: 'offset',
    });
    expect(world.gids()).toEqual(new Map(gids(0, 40).map((gid) => [gid, 1])));
    expect(codesOf(world.operational())).toEqual(['offset.expired']);
  });

  it('expires a second time during the recovery, in which nothing is forgotten', async () => {
    const { simulator, world } = await start({ events: sampleEvents(45) });
    await world.runToTheEnd();
    simulator.log.append(...sampleEvents(5, { offset: 45, from: Date.now() }));
    simulator.expireOffsets();
    simulator.setFaults('expire-offsets:every=2:times=1');
    const summaries = await world.runToTheEnd();
    expect(summaries.reduce((sum, { offsetResets }) => sum + offsetResets, 0)).toBe(2);
    expect(world.gids()).toEqual(new Map(gids(0, 50).map((gid) => [gid, 1])));
    expect(new Set(codesOf(world.operational()))).toEqual(new Set(['offset.expired']));
  });

  it('expires again and again before a late event has come: it comes all the same', async () => {
    const events = sampleEvents(45);
    const { simulator, world } = await start({ events });
    await world.runToTheEnd();
    const [late] = sampleEvents(1, { offset: 45 });
    const { created_at } = events[25] as { created_at: string };
    simulator.log.append(
      { ...late, created_at },
      ...sampleEvents(5, { offset: 46, from: Date.now() }),
    );
    simulator.setFaults('expire-offsets:every=1:times=4');
    await world.runToTheEnd();
    expect(world.gids()).toEqual(new Map(gids(0, 51).map((gid) => [gid, 1])));
  });

  it('a gap is possible when known events should have come again and none did', async () => {
    const { simulator, world } = await start({ events: sampleEvents(5) });
    await world.runToTheEnd();
    // The same workspace behind another address, which has none of the events it had.
    const swapped = await start(
      {
        events: sampleEvents(5, { offset: 100, from: Date.now() }),
        workspaceGid: simulator.workspaceGid,
      },
      { workspaceGid: simulator.workspaceGid },
    );
    const [summary] = await swapped.world.runToTheEnd();
    expect(summary).toMatchObject({ published: 5, possibleGaps: 1, offsetResets: 1 });
    const reports = swapped.world.operational();
    expect(codesOf(reports)).toEqual(['offset.expired', 'gap.possible']);
    expect(reports[1]?.DetailType).toBe('Possible Gap');
    expect(dataOf(reports[1] as never)['from']).toBe(
      dataOf(world.events()[4] as never)['created_at'],
    );
    expect(await swapped.world.run()).toMatchObject({ possibleGaps: 0, offsetResets: 0 });
  });

  it('no gap is possible on a quiet tenant that was polled lately, though its events are gone', async () => {
    const old = sampleEvents(3, { from: Date.now() - 80 * DAY });
    const { simulator, world } = await start({ events: old, retentionMs: 90 * DAY });
    await world.runToTheEnd();
    world.clock.advance(60 * DAY);
    await world.runToTheEnd();
    // The simulated workspace forgets as the days go by for both.
    const later = await start(
      { events: [], workspaceGid: simulator.workspaceGid },
      { workspaceGid: simulator.workspaceGid, clock: world.clock },
    );
    const [summary] = await later.world.runToTheEnd();
    expect(summary).toMatchObject({ offsetResets: 1, possibleGaps: 0, outcome: 'caught-up' });
  });

  it('offsets that are always expired: all that is there gets through by time, and the run says what is wrong', async () => {
    const { simulator, world } = await start({
      events: sampleEvents(35),
      faults: 'expire-offsets:every=1',
    });
    const first = await world.run();
    expect(first).toMatchObject({ outcome: 'failed', failure: { code: 'asana.cursor-stuck' } });
    simulator.log.append(...sampleEvents(12, { offset: 35, from: Date.now() - 30_000 }));
    await world.run();
    expect(world.gids()).toEqual(new Map(gids(0, 47).map((gid) => [gid, 1])));
  });
});

describe('the position', () => {
  it('stays at startAt while nothing has matched, and moves with the first event', async () => {
    const { simulator, world, workspaceGid } = await start(
      { events: [] },
      { settings: { startFrom: 'now' } },
    );
    const asked: string[] = [];
    for (let count = 0; count < 3; count++) {
      expect(await world.run()).toMatchObject({ outcome: 'caught-up', mode: 'time' });
      asked.push((await checkpoint(workspaceGid)).startAt as string);
      world.clock.advance(60_000);
    }
    expect(new Set(asked).size).toBe(1);
    const late = { ...sampleEvents(1)[0], created_at: new Date(Date.now() - 60_000).toISOString() };
    simulator.log.append(late);
    expect(await world.run()).toMatchObject({ published: 1, mode: 'offset' });
    expect((await checkpoint(workspaceGid)).startAt).toBe(asked[0]);
  });

  it('an event dated in the future hides none of those to come', async () => {
    const future = {
      ...sampleEvents(1, { offset: 900 })[0],
      created_at: '2199-01-01T00:00:00.000Z',
    };
    const { simulator, world } = await start({ events: [...sampleEvents(5), future] });
    await world.runToTheEnd();
    simulator.expireOffsets();
    simulator.log.append(...sampleEvents(5, { offset: 5, from: Date.now() }));
    await world.runToTheEnd();
    expect([...world.gids().keys()].toSorted()).toEqual(
      [...gids(0, 10), sampleGid(900)].toSorted(),
    );
  });

  it('an empty answer without a way on keeps the offset', async () => {
    const { simulator, world } = await start({ events: sampleEvents(5) });
    await world.runToTheEnd();
    simulator.setFaults('null-next-page:every=1');
    expect(await world.run()).toMatchObject({ outcome: 'caught-up', mode: 'offset', fetched: 0 });
    simulator.setFaults('');
    simulator.log.append(...sampleEvents(2, { offset: 5 }));
    expect(await world.run()).toMatchObject({ published: 2, duplicates: 0 });
  });

  it('late events come through the cursor, older than a thousand that are known, and never twice', async () => {
    const { simulator, world } = await start({ events: sampleEvents(1_500), pageSize: 500 });
    await world.runToTheEnd();
    simulator.log.append(
      ...sampleEvents(700, { offset: 2_000, from: Date.now() - 40 * DAY, step: 10 }),
    );
    expect(await world.run()).toMatchObject({ published: 700, duplicates: 0 });
    expect(new Set(world.gids().values())).toEqual(new Set([1]));
  });

  async function checkpoint(workspaceGid: string) {
    const far = 8.64e15;
    const answer = await aws.store.takeLease(workspaceGid, 'test', far, far, { liveFrom: 'none' });
    if (!answer.taken) throw new Error('the lease is held');
    await aws.store.release(answer.lease);
    return answer.checkpoint;
  }
});

describe('an event that cannot be read even alone', () => {
  it('stops the poller right before it, which says so once with the position', async () => {
    const { simulator, world } = await start({
      events: sampleEvents(30),
      faults: 'unparseable-page:at=23',
    });
    for (let count = 0; count < 3; count++) {
      expect(await world.run()).toMatchObject({
        outcome: 'failed',
        failure: { code: 'page.unreadable' },
        unreadablePages: 1,
      });
    }
    expect([...world.gids().keys()]).toEqual(gids(0, 22));
    const reports = world.operational();
    expect(codesOf(reports)).toEqual(['page.unreadable']);
    expect(reports[0]?.DetailType).toBe('Possible Gap');
    expect(dataOf(reports[0] as never)).toMatchObject({
      after: dataOf(world.events()[21] as never)['created_at'],
      offset: expect.any(String),
    });
    simulator.setFaults('');
    await world.runToTheEnd();
    expect(world.gids()).toEqual(new Map(gids(0, 30).map((gid) => [gid, 1])));
    expect(world.operational()).toHaveLength(1);
  });

  it.for([
    ['the two of a log, and nothing between them', [11, 20]],
    ['the very first and the last', [0, 29]],
    ['neighbours', [14, 15, 16]],
  ] as const)('skipUnreadable steps over just those: %s', async ([, bad]) => {
    const workspaceGid = String(next++);
    const simulator = await startCheckedSimulator({
      events: sampleEvents(30),
      pageSize: 10,
      workspaceGid,
    });
    const marks = bad.map(sampleGid);
    const proxy = await startSpoilingProxy(simulator.url, (text) =>
      marks.some((gid) => text.includes(`"gid":"${gid}"`)) ? text.slice(0, -20) : text,
    );
    const settings = { skipUnreadable: true };
    const world = await startPollerWorld(aws, { asanaUrl: proxy.url, workspaceGid, settings });
    onTestFinished(async () => {
      await world.close();
      await proxy.close();
      await simulator.close();
    });
    const summaries = await world.runToTheEnd();
    expect(summaries.reduce((sum, { possibleGaps }) => sum + possibleGaps, 0)).toBe(bad.length);
    const wanted = gids(0, 30).filter((gid) => !marks.includes(gid));
    expect(world.gids()).toEqual(new Map(wanted.map((gid) => [gid, 1])));
    expect(codesOf(world.operational())).toEqual(bad.map(() => 'gap.skipped-unreadable'));
  });

  it('is not stepped over when nothing at all can be read', async () => {
    const { world } = await start(
      { events: sampleEvents(10), faults: 'not-json:every=1' },
      { settings: { skipUnreadable: true } },
    );
    for (let count = 0; count < 2; count++) {
      expect(await world.run()).toMatchObject({ failure: { code: 'page.unreadable' } });
    }
    expect(world.gids().size).toBe(0);
    expect(world.operational().map(({ DetailType }) => DetailType)).toEqual(['Possible Gap']);
  });
});

describe('hostile servers', () => {
  it('the same page for ever, under new offsets: the run ends and says why', async () => {
    const { world } = await start({ events: sampleEvents(30), faults: 'stuck-offset:every=1' });
    expect(await world.run()).toMatchObject({
      failure: { code: 'asana.cursor-stuck' },
      published: 20,
    });
    expect(world.gids().size).toBe(20);
  });
});
