// What only time decides, over a real table and a real PutEvents endpoint: updates by the minute, closings and absences by the
// feed, notes that nobody needs any more. Crashes at every step are detect.test.ts's.
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOSED_WITHOUT_FEED_MS } from '../../../lib/alerts/lifetimes.ts';
import { detectBatch } from '../../../lib/detections/detect.ts';
import type { DueIndex, FoundDue } from '../../../lib/detections/due/due-index.ts';
import { DynamoDueIndex } from '../../../lib/detections/due/dynamo-due-index.ts';
import { MemoryDueIndex } from '../../../lib/detections/due/memory-due-index.ts';
import { SETTLE_MS, sweepAndStay } from '../../../lib/detections/due/sweep.ts';
import {
  type DetectScene,
  intercept,
  MINUTE,
  record,
  type Servers,
  START,
  samlEvent,
  startDetectServers,
} from '../../support/detect-scene.ts';
import { testDetection } from '../../support/test-detection.ts';

let servers: Servers;
beforeAll(async () => {
  servers = await startDetectServers();
});
afterAll(() => servers.close());

const HOUR = 60 * MINUTE;
const from = (address: string) => ({ context: { client_ip_address: address } });
const told = (scene: DetectScene) =>
  scene.published().map(({ type, alert }) => [type, alert.revision, alert.count]);
async function notes({ table }: DetectScene): Promise<string[]> {
  const { Items = [] } = await servers.dynalite.client.send(new ScanCommand({ TableName: table }));
  return Items.filter((item) => item['pk']?.S?.startsWith('due#'))
    .map((item) => item['kind']?.S ?? '')
    .sort();
}
async function detect(scene: DetectScene, ...events: Parameters<typeof record>[0][]) {
  const result = await detectBatch(
    events.map((event) => record(event)),
    scene.deps,
  );
  expect(result.batchItemFailures).toEqual([]);
}

describe('an alert that goes on', () => {
  it('says so at once, then once a minute with all that came, whatever was new named', async () => {
    const scene = await servers.scene();
    await detect(scene, { ...samlEvent('1'), ...from('192.0.2.1') });
    await detect(scene, { ...samlEvent('2', 1), ...from('192.0.2.2') });
    for (const number of [3, 4, 5, 6]) {
      scene.clock.advance(10_000);
      const address = `192.0.2.${Math.min(number, 4)}`;
      await detect(scene, { ...samlEvent(String(number), 1), ...from(address) });
    }
    expect(told(scene)).toEqual([
      ['Alert Opened', 1, 1],
      ['Alert Updated', 2, 2],
    ]);
    await scene.sweep();
    expect(told(scene)).toHaveLength(2);
    scene.clock.advance(20_000);
    await scene.sweep();
    await scene.sweep();
    expect(told(scene).slice(2)).toEqual([['Alert Updated', 3, 6]]);
    const news = (index: number) =>
      scene.published()[index]?.alert.newContext?.map(({ value }) => value);
    expect([news(0), news(1), news(2)]).toEqual([
      undefined,
      ['192.0.2.2'],
      ['192.0.2.3', '192.0.2.4'],
    ]);
    scene.clock.advance(2 * MINUTE);
    await scene.sweep();
    expect(await notes(scene)).toEqual(['closing']);
  });

  it('is heard of within 90 seconds of its last match, by one sweep a minute', async () => {
    // The last match at any second of the sweep's minute, and at any second after the last update.
    for (const [phase, since] of [
      [0, 0],
      [1, 59],
      [30, 1],
      [59, 30],
      [59, 59],
      [15, 58],
    ] as const) {
      const scene = await servers.scene();
      const firstTick = scene.clock.now() + (60 - phase) * 1_000;
      await detect(scene, samlEvent('1'));
      scene.clock.advance(1);
      await detect(scene, samlEvent('2'));
      scene.clock.advance(since * 1_000);
      await detect(scene, samlEvent('3'));
      const last = scene.clock.now();
      for (let tick = firstTick; tick < last + 3 * MINUTE; tick += MINUTE) {
        if (tick < scene.clock.now()) continue;
        scene.clock.advance(tick - scene.clock.now());
        const endsAt = scene.clock.monotonic() + MINUTE;
        await sweepAndStay({ ...scene.sweepDeps, endsAt });
      }
      const update = scene.published().find(({ alert }) => alert.count === 3);
      expect(update?.type).toBe('Alert Updated');
      expect((update?.at ?? 0) - last).toBeLessThanOrEqual(90_000);
      const [, second, third] = scene.published();
      expect((third?.at ?? 0) - (second?.at ?? 0)).toBeGreaterThanOrEqual(MINUTE);
    }
  });

  it('stays quiet and short where nothing comes due', async () => {
    const scene = await servers.scene();
    await sweepAndStay({ ...scene.sweepDeps, endsAt: scene.clock.monotonic() + MINUTE });
    expect(scene.clock.slept).toEqual([]);
  });

  it('is published by the sweep where detect died between its write and the bus', async () => {
    const scene = await servers.scene();
    const dying = { publish: () => Promise.reject(new Error('died')) };
    await detectBatch([record(samlEvent('1'))], { ...scene.deps, publisher: dying });
    expect(told(scene)).toEqual([]);
    scene.clock.advance(MINUTE);
    await scene.sweep();
    expect(told(scene)).toEqual([['Alert Opened', 1, 1]]);
  });

  it('keeps a note that was left for a write which is still to come', async () => {
    const scene = await servers.scene();
    await detect(scene, samlEvent('1'), samlEvent('2', 1));
    const { due } = scene.sweepDeps;
    const found: FoundDue[] = [];
    for await (const each of due.list('clock', START * 2)) found.push(each);
    const [{ group } = { group: undefined }] = found;
    if (group === undefined) throw new Error('no note');
    // Detecting has left its note, and has not written yet.
    await due.put({ kind: 'update', dueAt: scene.clock.now() - MINUTE, group }, scene.clock.now());
    await scene.sweep();
    expect((await notes(scene)).filter((kind) => kind === 'update')).toHaveLength(2);
    scene.clock.advance(2 * MINUTE);
    await scene.sweep();
    expect((await notes(scene)).filter((kind) => kind === 'update')).toEqual([]);
  });
});

describe('an alert that is over', () => {
  it('closes once, with the final count, when the feed has passed its window and the grace', async () => {
    const scene = await servers.scene();
    await detect(scene, samlEvent('1'), samlEvent('2', 30));
    await detect(scene, samlEvent('3', 59));
    scene.clock.advance(10 * HOUR);
    await scene.sweep({ by: ['feed'] });
    scene.feed = START + HOUR + 10 * MINUTE - 1;
    await scene.sweep({ by: ['feed'] });
    expect(told(scene)).toHaveLength(2);
    scene.feed += 1;
    await Promise.all([scene.sweep(), scene.sweep()]);
    await scene.sweep();
    const closings = scene.published().filter(({ type }) => type === 'Alert Closed');
    expect(new Set(closings.map(({ alert }) => JSON.stringify(alert))).size).toBe(1);
    expect(closings[0]?.alert).toMatchObject({
      revision: 3,
      count: 3,
      closedAt: expect.any(String),
    });
    scene.clock.advance(MINUTE);
    await scene.sweep();
    expect(await notes(scene)).toEqual([]);
    const before = scene.published().length;
    await detect(scene, samlEvent('1'), samlEvent('3', 59));
    await scene.sweep();
    expect(scene.published()).toHaveLength(before);
  });

  it('waits until what was fetched has come through the queue', async () => {
    const scene = await servers.scene();
    const late = { settleMs: SETTLE_MS };
    await detect(scene, samlEvent('1'), samlEvent('2', 30));
    scene.clock.advance(10 * HOUR);
    scene.feed = scene.clock.now();
    await scene.sweep(late);
    scene.clock.advance(SETTLE_MS - 1);
    await detect(scene, samlEvent('3', 40));
    await scene.sweep(late);
    expect(told(scene).filter(([type]) => type === 'Alert Closed')).toEqual([]);
    scene.clock.advance(1);
    await scene.sweep(late);
    expect(told(scene).at(-1)).toEqual(['Alert Closed', 3, 3]);
  });

  it('says nothing of the end where no more than one match came', async () => {
    const scene = await servers.scene();
    await detect(scene, samlEvent('1'));
    scene.clock.advance(10 * HOUR);
    scene.feed = scene.clock.now();
    await scene.sweep();
    expect(told(scene)).toEqual([['Alert Opened', 1, 1]]);
    expect(await notes(scene)).toEqual([]);
  });

  it('closes after a day where the feed stands still', async () => {
    const scene = await servers.scene();
    await detect(scene, samlEvent('1'), samlEvent('2', 30));
    scene.clock.advance(CLOSED_WITHOUT_FEED_MS);
    await scene.sweep();
    expect(told(scene)).toHaveLength(1);
    scene.clock.advance(70 * MINUTE);
    await scene.sweep();
    expect(told(scene)[1]).toEqual(['Alert Closed', 2, 2]);
  });

  it('closes, too, where its window is as long as any may be', async () => {
    const scene = await servers.scene();
    const long = { windowMs: 14 * 24 * HOUR };
    await detectBatch([record(samlEvent('1')), record(samlEvent('2', 30))], {
      ...scene.deps,
      ...long,
    });
    scene.clock.advance(14 * 24 * HOUR + 20 * MINUTE + CLOSED_WITHOUT_FEED_MS);
    await scene.sweep(long);
    expect(told(scene).at(-1)).toEqual(['Alert Closed', 2, 2]);
  });

  it('waits for a feed that catches up after days', async () => {
    const scene = await servers.scene();
    scene.clock.advance(5 * 24 * HOUR);
    scene.feed = START;
    await detect(scene, samlEvent('1'), samlEvent('2', 30));
    await scene.sweep();
    await detect(scene, samlEvent('3', 45));
    scene.feed = scene.clock.now();
    await scene.sweep();
    const closings = told(scene).filter(([type]) => type === 'Alert Closed');
    expect(closings).toEqual([['Alert Closed', 3, 3]]);
  });

  it('is corrected by another closing where a match comes later than all of that', async () => {
    const scene = await servers.scene();
    await detect(scene, samlEvent('1'), samlEvent('2', 30));
    scene.clock.advance(10 * HOUR);
    scene.feed = scene.clock.now();
    await scene.sweep();
    await detect(scene, samlEvent('3', 45));
    expect(told(scene).slice(1)).toEqual([['Alert Closed', 2, 2]]);
    scene.clock.advance(MINUTE);
    await scene.sweep();
    expect(told(scene).slice(2)).toEqual([['Alert Closed', 3, 3]]);
    expect(new Set(scene.published().map(({ alert }) => alert.alertId)).size).toBe(1);
  });

  it('closes, and says its last, though its detection was switched off', async () => {
    const scene = await servers.scene();
    await detect(scene, samlEvent('1'), samlEvent('2', 1));
    await detect(scene, samlEvent('3', 2));
    await detect(scene, samlEvent('4', 3));
    scene.clock.advance(MINUTE);
    await scene.sweep({ catalogue: [] });
    expect(told(scene).at(-1)).toEqual(['Alert Updated', 3, 4]);
    scene.clock.advance(10 * HOUR);
    scene.feed = scene.clock.now();
    await scene.sweep({ catalogue: [] });
    expect(told(scene).at(-1)).toEqual(['Alert Closed', 4, 4]);
  });

  it('closes all alerts of a group though there are more than it goes on with', async () => {
    const scene = await servers.scene();
    const hours = Array.from({ length: 20 }, (_, hour) => hour * 100);
    for (const minutes of hours) {
      await detect(scene, samlEvent(`a${minutes}`, minutes), samlEvent(`b${minutes}`, minutes + 1));
    }
    scene.clock.advance(100 * HOUR);
    scene.feed = scene.clock.now();
    for (let round = 0; round < 20; round++) await scene.sweep();
    const closings = scene.published().filter(({ type }) => type === 'Alert Closed');
    expect(new Set(closings.map(({ alert }) => alert.alertId)).size).toBe(20);
    expect(closings).toHaveLength(20);
  });
});

describe('what was expected and did not come', () => {
  const absent = testDetection({ kind: 'absence', id: 'asana.test.absent' });
  const failed = (gid: string, minutes: number) => ({
    ...samlEvent(gid, minutes),
    event_type: 'user_login_failed',
  });

  it('is an alert once the feed has passed its time, and none while the feed stands still', async () => {
    const scene = await servers.scene();
    const deps = { ...scene.deps, catalogue: [absent] };
    await detectBatch([record(failed('1', 0), absent.id)], deps);
    scene.clock.advance(48 * HOUR);
    await scene.sweep({ catalogue: [absent] });
    expect(told(scene)).toEqual([]);
    scene.feed = START + HOUR + 10 * MINUTE;
    await scene.sweep({ catalogue: [absent] });
    expect(told(scene)).toEqual([]);
    scene.feed += 1;
    await Promise.all([scene.sweep({ catalogue: [absent] }), scene.sweep({ catalogue: [absent] })]);
    await scene.sweep({ catalogue: [absent] });
    const alerts = scene.published().map(({ alert }) => [alert.alertId, alert.revision]);
    expect(new Set(alerts.map(String)).size).toBe(1);
  });

  it('is one alert of all that waited in its window, over once the last of them could have been decided', async () => {
    const scene = await servers.scene();
    const catalogue = [absent];
    const minutes = [0, 10, 20, 30];
    const waiting = minutes.map((at, index) => record(failed(String(index), at), absent.id));
    await detectBatch(waiting, { ...scene.deps, catalogue });
    const passing = async (until: number) => {
      scene.feed = START + until * MINUTE;
      for (let round = 0; round < 4; round++) {
        scene.clock.advance(2 * MINUTE);
        await scene.sweep({ catalogue });
      }
      return scene.published().map(({ type, alert }) => [type, alert.count]);
    };
    scene.clock.advance(3 * HOUR);
    for (const at of minutes) await passing(70 + at);
    expect((await passing(129)).map(([type]) => type)).not.toContain('Alert Closed');
    const all = await passing(130);
    expect(all[0]).toEqual(['Alert Opened', 1]);
    expect(all.filter(([type]) => type === 'Alert Closed')).toEqual([['Alert Closed', 4]]);
    expect(all.at(-1)).toEqual(['Alert Closed', 4]);
  });

  it('is told whole before its alert is over, though after an outage all of it is due at once', async () => {
    const scene = await servers.scene();
    const catalogue = [absent];
    const waiting = [0, 10, 20, 30].map((at) => record(failed(String(at), at), absent.id));
    await detectBatch(waiting, { ...scene.deps, catalogue });
    scene.clock.advance(48 * HOUR);
    scene.feed = START + 24 * HOUR;
    for (let round = 0; round < 8; round++) {
      await scene.sweep({ catalogue });
      scene.clock.advance(2 * MINUTE);
    }
    const closings = scene.published().filter(({ type }) => type === 'Alert Closed');
    expect(closings.map(({ alert }) => alert.count)).toEqual([4]);
  });

  it('is over, too, where the look at its end came first upon what another look had died over', async () => {
    const scene = await servers.scene();
    const catalogue = [absent];
    const waiting = [0, 10, 20, 30].map((at) => record(failed(String(at), at), absent.id));
    await detectBatch(waiting, { ...scene.deps, catalogue });
    scene.clock.advance(48 * HOUR);
    scene.feed = START + 24 * HOUR;
    const { publisher } = scene.deps;
    const failures: number[] = [];
    for (let round = 0; round < 8; round++) {
      // Each note settles by itself: the end, noted with the second, is looked at while the fourth has still to wait.
      let dies = round === 2;
      const dying: typeof publisher = {
        publish: (...args) => {
          if (!dies) return publisher.publish(...args);
          dies = false;
          return Promise.reject(new Error('died'));
        },
      };
      await scene.sweep({ catalogue, settleMs: SETTLE_MS });
      scene.clock.advance(SETTLE_MS);
      const { failed } = await scene.sweep({ catalogue, settleMs: SETTLE_MS, publisher: dying });
      failures.push(failed);
    }
    expect(failures).toEqual([0, 0, 1, 0, 0, 0, 0, 0]);
    const closings = scene.published().filter(({ type }) => type === 'Alert Closed');
    expect(closings.map(({ alert }) => alert.count)).toEqual([4]);
    expect(await notes(scene)).toEqual([]);
  });

  it('is no alert where the expected event comes while the sweep looks', async () => {
    for (let round = 0; round < 5; round++) {
      const scene = await servers.scene();
      const deps = { ...scene.deps, catalogue: [absent] };
      await detectBatch([record(failed('1', 0), absent.id)], deps);
      scene.clock.advance(48 * HOUR);
      scene.feed = scene.clock.now();
      const expected = { ...failed('2', 30), event_type: 'user_login_succeeded' };
      await Promise.all([
        detectBatch([record(expected, absent.id)], deps),
        scene.sweep({ catalogue: [absent] }),
      ]);
      // Whoever wrote first: either it came, or it had not come, and never something in between.
      expect(scene.published().length).toBeLessThanOrEqual(1);
      expect((await scene.sweep({ catalogue: [absent] })).failed).toBe(0);
    }
  });

  it('is forgotten, note and all, when the detection is switched off', async () => {
    const scene = await servers.scene();
    await detectBatch([record(failed('1', 0), absent.id)], { ...scene.deps, catalogue: [absent] });
    scene.clock.advance(48 * HOUR);
    scene.feed = scene.clock.now();
    await scene.sweep();
    expect([told(scene), await notes(scene)]).toEqual([[], []]);
  });

  it('is over, too, where a late event comes between the look at its end and the write', async () => {
    const scene = await servers.scene();
    const deps = { ...scene.deps, catalogue: [absent] };
    const waits = (minutes: number) =>
      detectBatch([record(failed(String(minutes), minutes), absent.id)], deps);
    await waits(0);
    await waits(10);
    scene.clock.advance(48 * HOUR);
    scene.feed = START + 80 * MINUTE;
    for (let round = 0; round < 2; round++) await scene.sweep({ catalogue: [absent] });
    scene.feed = START + 24 * HOUR;
    let isFirst = true;
    const store = intercept(scene.deps.store, async (name, call) => {
      if (name === 'writeGroup' && isFirst) {
        isFirst = false;
        await waits(35);
      }
      return call();
    });
    await scene.sweep({ catalogue: [absent], store, by: ['feed'] });
    for (let round = 0; round < 3; round++) {
      scene.clock.advance(2 * MINUTE);
      await scene.sweep({ catalogue: [absent] });
    }
    const closings = scene.published().filter(({ type }) => type === 'Alert Closed');
    expect(closings.map(({ alert }) => alert.count)).toEqual([3]);
  });

  it('is told whole, however many waited for the same instant', async () => {
    const scene = await servers.scene();
    const catalogue = [absent];
    const gids = Array.from({ length: 20 }, (_, number) => String(number));
    const waiting = gids.map((gid) => record(failed(gid, 0), absent.id));
    await detectBatch(waiting, { ...scene.deps, catalogue });
    scene.clock.advance(48 * HOUR);
    scene.feed = START + 24 * HOUR;
    for (let round = 0; round < 3; round++) {
      await scene.sweep({ catalogue });
      scene.clock.advance(2 * MINUTE);
    }
    const closings = scene.published().filter(({ type }) => type === 'Alert Closed');
    expect(closings.map(({ alert }) => alert.count)).toEqual([20]);
    expect(await notes(scene)).toEqual([]);
  });

  it('is an alert again once its detection is switched on again, which forgets what waited before', async () => {
    const scene = await servers.scene();
    const deps = { ...scene.deps, catalogue: [absent] };
    await detectBatch([record(failed('1', 0), absent.id)], deps);
    scene.clock.advance(48 * HOUR);
    scene.feed = scene.clock.now();
    await scene.sweep({ catalogue: [] });
    await detectBatch([record(failed('2', 40 * 60), absent.id)], deps);
    await scene.sweep({ catalogue: [absent] });
    expect(scene.published().map(({ alert }) => alert.eventGids)).toEqual([['2']]);
  });

  it('is an alert also where the words of the detection fail, and those are counted', async () => {
    const scene = await servers.scene();
    const other = testDetection({ kind: 'absence', id: 'asana.test.other' });
    const throwing = {
      ...absent,
      id: 'asana.test.bad',
      summary: (): string => {
        throw new Error('summary');
      },
    };
    const catalogue = [throwing, other];
    const failures: string[] = [];
    await detectBatch([record(failed('1', 0), throwing.id), record(failed('1', 0), other.id)], {
      ...scene.deps,
      catalogue,
    });
    scene.clock.advance(48 * HOUR);
    scene.feed = scene.clock.now();
    const metrics = { detectionFailed: (id: string) => failures.push(id) };
    const swept = await scene.sweep({ catalogue, metrics, by: ['feed'] });
    expect(swept).toMatchObject({ looked: 2, decided: 2, failed: 0 });
    expect(failures).toEqual([throwing.id]);
    expect(
      scene
        .published()
        .map(({ alert }) => alert.detectionId)
        .sort(),
    ).toEqual([throwing.id, other.id]);
    expect(await notes(scene)).not.toContain('absence');
  });
});

describe.each([
  ['in memory', async (): Promise<DueIndex> => new MemoryDueIndex()],
  [
    'in DynamoDB',
    async (): Promise<DueIndex> => {
      const { table } = await servers.scene();
      return new DynamoDueIndex({ client: servers.dynalite.client, tableName: table });
    },
  ],
] as const)('notes %s', (_, open) => {
  const group = (id: string) => ({
    detectionId: 'asana.test.one',
    workspaceGid: '1',
    entity: { type: 'user', id, label: id },
  });
  async function list(index: DueIndex, by: 'feed' | 'clock', until: number): Promise<FoundDue[]> {
    const found: FoundDue[] = [];
    for await (const due of index.list(by, until)) found.push(due);
    return found.toSorted((a, b) => a.dueAt - b.dueAt);
  }

  it('are found when they are due, by the clock or by the feed', async () => {
    const index = await open();
    for (const dueAt of [5, 300, 20]) {
      await index.put({ kind: 'absence', dueAt, group: group(String(dueAt)) }, 1);
      await index.put({ kind: 'update', dueAt: dueAt + 1, group: group('7') }, 1);
    }
    await index.put({ kind: 'closing', dueAt: 20, group: group('20') }, 1);
    expect((await list(index, 'feed', 20)).map(({ dueAt, kind }) => [dueAt, kind])).toEqual(
      expect.arrayContaining([
        [5, 'absence'],
        [20, 'absence'],
        [20, 'closing'],
      ]),
    );
    expect((await list(index, 'clock', 300)).map(({ dueAt }) => dueAt)).toEqual([6, 21]);
    expect(await list(index, 'clock', Number.MAX_SAFE_INTEGER)).toHaveLength(3);
    expect((await list(index, 'feed', 5))[0]).toEqual({
      kind: 'absence',
      dueAt: 5,
      group: group('5'),
      putAt: 1,
    });
  });

  it('remember that the feed has passed, and go unless they were written again', async () => {
    const index = await open();
    const due = { kind: 'absence', dueAt: 5, group: group('1') } as const;
    await index.put(due, 10);
    const [found] = await list(index, 'feed', 9);
    if (found === undefined) throw new Error('no note');
    await index.notePassed(found, 12);
    expect(await list(index, 'feed', 9)).toEqual([{ ...due, putAt: 10, passedAt: 12 }]);
    await index.put(due, 11);
    await index.remove(found);
    expect(await list(index, 'feed', 9)).toEqual([{ ...due, putAt: 11 }]);
    await index.remove({ ...found, putAt: 11 });
    await index.remove({ ...found, putAt: 11 });
    expect(await list(index, 'feed', 9)).toEqual([]);
  });
});
