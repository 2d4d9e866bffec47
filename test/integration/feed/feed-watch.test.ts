// The watch over a feed with its item in a real table (dynalite) and a probe that asks a real server: what is written when,
// what is reported once, and what another instance's writes do to it.
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AsanaClient } from '../../../lib/asana/client.ts';
import { fixedToken } from '../../../lib/asana/token.ts';
import type { BusEntry, Publisher } from '../../../lib/bus/publisher-port.ts';
import { DynamoFeedStore } from '../../../lib/feed/dynamo-feed-store.ts';
import type { FeedStore } from '../../../lib/feed/feed-store.ts';
import { FeedWatch } from '../../../lib/feed/feed-watch.ts';
import { slotOf } from '../../../lib/feed/habit.ts';
import { probe } from '../../../lib/feed/probe.ts';
import { silentLog } from '../../../lib/log.ts';
import { sampleEvents } from '../../support/audit-log.ts';
import { type Dynalite, startDynalite } from '../../support/dynalite.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { startCheckedSimulator } from '../../support/simulator.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FIXED = 72 * HOUR;

let dynamo: Dynalite;
let table: DynamoFeedStore;
let tableName: string;
let clock: ManualClock;
let sent: BusEntry[];
let writes: number;
let reads: number;
let refuses: boolean;
let workspaces = 0;
let workspaceGid: string;

beforeAll(async () => {
  dynamo = await startDynalite();
  tableName = await dynamo.createTable('checkpoints');
  table = new DynamoFeedStore(dynamo.client, tableName);
});
afterAll(() => dynamo.close());

beforeEach(() => {
  clock = manualClock();
  [sent, writes, reads, refuses] = [[], 0, 0, false];
  workspaceGid = String(1_200_000_000_000_000 + workspaces++);
});

const store: FeedStore = {
  read: (gid) => {
    reads++;
    return table.read(gid);
  },
  write: (gid, feed, version) => {
    writes++;
    return table.write(gid, feed, version);
  },
};
const publisher: Publisher = {
  publish: async (entries) => {
    if (!refuses) sent.push(...entries);
    const failure = { code: 'publish.throttled', message: 'Too fast.', retryable: true };
    return {
      published: entries.map(() => !refuses),
      poison: [],
      retries: 0,
      ...(refuses ? { failure } : {}),
    };
  },
};
const instance = () => new FeedWatch({ store, publisher, clock, log: silentLog });

/** One poll at the clock's time; `ages` are those of the events it published, in milliseconds. */
function poll(watch: FeedWatch, ages: readonly number[] = [], more: { caughtUp?: boolean } = {}) {
  return watch.after({
    workspaceGid,
    caughtUp: true,
    slots: new Set(ages.map((age) => slotOf(clock.now() - age))),
    probe: async () => 1,
    ...more,
  });
}

const reports = () =>
  sent.map(({ detailType, detail }) => ({ detailType, ...JSON.parse(detail).data }));

describe('what is read and written', () => {
  it('an idle poll does neither, and events write once in five minutes', async () => {
    const watch = instance();
    await poll(watch);
    expect([reads, writes]).toEqual([1, 1]);
    for (let minutes = 0; minutes < 30; minutes++) {
      clock.advance(MINUTE);
      await poll(watch);
    }
    expect([reads, writes]).toEqual([1, 1]);
    for (let seconds = 0; seconds < 600; seconds += 20) {
      clock.advance(20_000);
      await poll(watch, [0, 100]);
    }
    expect(writes).toBeLessThanOrEqual(4);
  });

  it('takes two write units', async () => {
    await poll(instance(), [MINUTE]);
    const { Item } = await dynamo.client.send(
      new GetItemCommand({
        TableName: tableName,
        Key: { pk: { S: workspaceGid }, sk: { S: 'feed' } },
      }),
    );
    const bytes = Object.entries(Item ?? {}).reduce(
      (sum, [name, value]) => sum + name.length + (value.B?.length ?? value.S?.length ?? 21),
      0,
    );
    expect(bytes).toBeGreaterThan(1_024);
    expect(bytes).toBeLessThan(1_500);
  });

  it('what one instance learned another one knows', async () => {
    const [one, other] = [instance(), instance()];
    await poll(one, [MINUTE]);
    clock.advance(HOUR);
    await poll(other, [MINUTE]);
    clock.advance(HOUR);
    // Its cache is an hour old, so its write is refused, read again and joined.
    await poll(one, [MINUTE]);
    const stored = await table.read(workspaceGid);
    const bits = [...(stored?.feed.habit.bits ?? [])];
    const ones = bits.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0);
    expect([ones, stored?.version]).toEqual([3, 3]);
  });
});

describe('a silence', () => {
  it('is reported once, with what a probe says, and is over with the next event', async () => {
    const watch = instance();
    await poll(watch, [MINUTE]);
    clock.advance(FIXED - HOUR);
    expect(await poll(watch)).toBe(false);
    clock.advance(2 * HOUR);
    expect(await poll(watch)).toBe(true);
    clock.advance(MINUTE);
    expect(await poll(watch)).toBe(true);
    expect(reports()).toEqual([
      expect.objectContaining({
        detailType: 'Feed Silent',
        code: 'feed.silent',
        probe: 'answered',
        silentFrom: '2026-10-05T09:05:00.000Z',
      }),
    ]);
    clock.advance(MINUTE);
    expect(await poll(watch, [0])).toBe(false);
    expect(reports().map(({ detailType }) => detailType)).toEqual(['Feed Silent', 'Feed Resumed']);
    clock.advance(MINUTE);
    expect(await poll(watch)).toBe(false);
    expect(sent).toHaveLength(2);
  });

  it('is none while the log was not read to its end', async () => {
    const watch = instance();
    await poll(watch, [MINUTE]);
    clock.advance(FIXED + HOUR);
    expect(await poll(watch, [], { caughtUp: false })).toBe(false);
    expect(sent).toEqual([]);
  });

  it('is not reported twice by two instances, and both know when it is over', async () => {
    const [one, other] = [instance(), instance()];
    await poll(one, [MINUTE]);
    await poll(other);
    clock.advance(FIXED + HOUR);
    expect([await poll(one), await poll(other)]).toEqual([true, true]);
    expect(sent).toHaveLength(1);
    clock.advance(HOUR);
    expect(await poll(one, [MINUTE])).toBe(false);
    expect(await poll(other)).toBe(false);
    expect(sent).toHaveLength(2);
  });

  it('that could not be reported is reported by the next poll, and fails none', async () => {
    const watch = instance();
    await poll(watch, [MINUTE]);
    clock.advance(FIXED + HOUR);
    refuses = true;
    expect(await poll(watch)).toBe(false);
    refuses = false;
    expect(await poll(watch)).toBe(true);
    expect(reports().map(({ code }) => code)).toEqual(['feed.silent']);
  });
});

describe('the probe', () => {
  it('is one request for one event, without a position, and its answer is told', async () => {
    const queries: string[] = [];
    const simulator = await startCheckedSimulator({
      events: sampleEvents(3),
      workspaceGid,
      onResponse: ({ query }) => queries.push(String(query)),
    });
    const asana = new AsanaClient({
      baseUrl: simulator.url,
      version: '0.0.0',
      token: fixedToken('a-token'),
      clock,
      log: silentLog,
    });
    expect(await probe(asana, workspaceGid, clock)).toBe(1);
    expect(queries).toEqual(['limit=1']);
    await asana.close();
    await simulator.close();
  });

  it.each([
    ['empty', async () => 0],
    ['failed', async () => Promise.reject(new Error('no'))],
  ])('says %s', async (word, answer) => {
    const watch = instance();
    await poll(watch, [MINUTE]);
    clock.advance(FIXED + HOUR);
    await watch.after({ workspaceGid, caughtUp: true, slots: new Set(), probe: answer });
    expect(reports().map((report) => report.probe)).toEqual([word]);
  });
});
