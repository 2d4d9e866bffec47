// The detect path against a real table and a real PutEvents endpoint, with crashes between any two steps.
import {
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
} from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryAlertStateStore } from '../../../lib/alerts/state/memory-store.ts';
import type { Alert } from '../../../lib/contract/alert.ts';
import type { AuditLogEvent } from '../../../lib/contract/bus-event.ts';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import { samlWeakened } from '../../../lib/detections/catalogue/sign-in-policy.ts';
import { detectBatch } from '../../../lib/detections/detect.ts';
import { MemoryDueIndex } from '../../../lib/detections/due/memory-due-index.ts';
import { busEvent, detectBody } from '../../support/bus-events.ts';
import {
  Crash,
  intercept,
  MINUTE,
  record,
  type Servers,
  START,
  samlEvent,
  startDetectServers,
} from '../../support/detect-scene.ts';

const SAML = samlWeakened.id;

let servers: Servers;
beforeAll(async () => {
  servers = await startDetectServers();
});
afterAll(() => servers.close());
const scene = () => servers.scene();

describe('detectBatch', () => {
  it('opens an alert once, updates it with the next batch, and lists it', async () => {
    const { deps, published, table } = await scene();
    expect(await detectBatch([record(samlEvent('1')), record(samlEvent('1'))], deps)).toEqual({
      batchItemFailures: [],
    });
    await detectBatch(
      [record(samlEvent('1')), record(samlEvent('2', 5)), record(samlEvent('3', 4))],
      deps,
    );
    await detectBatch([record(samlEvent('2', 5))], deps);

    expect(published().map(({ type, alert }) => [type, alert.revision, alert.count])).toEqual([
      ['Alert Opened', 1, 1],
      ['Alert Updated', 2, 3],
    ]);
    const [opened, updated] = published();
    expect(opened?.alert).toMatchObject({
      detectionId: SAML,
      severity: 'high',
      status: 'active',
      workspaceGid: '1200000000000001',
      entity: { type: 'workspace', id: 'w1' },
      firstSeen: '2026-10-05T09:00:00.000Z',
      detectedAt: '2026-10-05T09:05:00.000Z',
      actor: { name: 'Eve' },
      details: { new_value: 'optional' },
      runbookUrl: 'https://example.com/detections.md#asana.policy.saml-weakened',
    });
    expect(updated?.alert).toMatchObject({
      alertId: opened?.alert.alertId,
      lastSeen: '2026-10-05T09:05:00.000Z',
      eventGids: ['1', '3', '2'],
    });
    const { Items } = await servers.dynalite.client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: 'alerts#1200000000000001' } },
      }),
    );
    expect(Items).toHaveLength(1);
    expect(JSON.parse(Items?.[0]?.['alert']?.S ?? '')).toEqual(updated?.alert);
  });

  it('keeps entities, detections and workspaces apart', async () => {
    const { deps, published } = await scene();
    const elsewhere = busEvent(samlEvent('1'), { workspaceGid: '999' });
    const role: AuditLogEvent = {
      ...samlEvent('9'),
      event_type: 'user_workspace_admin_role_changed',
      details: { old_value: 'member', new_value: 'super_admin' },
    };
    await detectBatch(
      [
        record(samlEvent('1')),
        record(samlEvent('2', 0, 'w2')),
        { messageId: 'x', body: detectBody(SAML, elsewhere) },
        record(role, 'asana.role.admin-granted'),
        record(role, 'asana.role.super-admin-granted'),
      ],
      deps,
    );
    const ids = published().map(({ alert }) => alert.alertId);
    expect(new Set(ids).size).toBe(5);
  });

  it('fails the messages it cannot work on, and only those', async () => {
    const { deps, published } = await scene();
    const throwing = {
      ...samlWeakened,
      id: 'asana.policy.throws',
      summary: (event: AuditLogEvent) => {
        if (event.gid === 'bad') throw new Error('summary');
        return 'A fine sentence.';
      },
    };
    const bad = (body: string) => ({ messageId: body.slice(0, 20), body });
    const good = record(samlEvent('1'));
    const noGid = record({ ...samlEvent('x'), gid: '' });
    const noTime = {
      messageId: 'no time',
      body: detectBody(SAML, busEvent({ ...samlEvent('5'), created_at: 'soon' }, { time: 'x' })),
    };
    const result = await detectBatch(
      [
        bad('not json'),
        bad('{"detectionId":1}'),
        bad('{"detectionId":"asana.policy.saml-weakened"}'),
        record(samlEvent('1'), 'asana.no.such'),
        noGid,
        noTime,
        record(samlEvent('bad'), throwing.id),
        record(samlEvent('fine'), throwing.id),
        good,
      ].map((each, index) => ({ ...each, messageId: `${index}` })),
      { ...deps, catalogue: [...CATALOGUE, throwing] },
    );
    expect(result.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
    ]);
    expect(published().map(({ alert }) => alert.eventGids)).toEqual(
      expect.arrayContaining([['fine'], ['1']]),
    );
  });

  it('checks again what the rule checked: source, replay, origin, pattern, condition', async () => {
    const { deps, published } = await scene();
    const event = samlEvent('1');
    const bodies = [
      detectBody(SAML, { ...busEvent(event), source: 'someone.else' }),
      detectBody(SAML, busEvent(event, { replayName: 'again' })),
      detectBody(SAML, busEvent(event, { origin: 'backfill' })),
      detectBody(SAML, busEvent({ ...event, details: { new_value: 'required' } })),
      detectBody(
        'asana.policy.session-extended',
        busEvent({
          ...event,
          event_type: 'workspace_default_session_duration_changed',
          details: { old_value: 'never', new_value: '1 day' },
        }),
      ),
    ];
    const records = bodies.map((body, index) => ({ messageId: `${index}`, body }));
    expect(await detectBatch(records, deps)).toEqual({ batchItemFailures: [] });
    expect(published()).toEqual([]);
    await detectBatch([{ messageId: 'h', body: bodies[2] as string }], {
      ...deps,
      alertOnHistory: true,
    });
    expect(published()).toHaveLength(1);
  });

  it('takes the time of the envelope where an event has none, and keeps the digits of huge numbers', async () => {
    const { deps, published } = await scene();
    const { created_at: _gone, ...event } = samlEvent('1');
    const body = detectBody(SAML, busEvent(event, { time: '2026-10-05T08:30:00Z' }))
      .replace('"gid":"1"', '"gid":12345678901234567890')
      .replace(
        '"new_value":"optional"',
        '"new_value":"optional","on_behalf_of_user_id":98765432109876543210',
      );
    const from = servers.bus.entries.length;
    await detectBatch([{ messageId: '1', body }], deps);
    expect(published()[0]?.alert).toMatchObject({
      firstSeen: '2026-10-05T08:30:00.000Z',
      eventGids: ['12345678901234567890'],
    });
    expect(servers.bus.entries[from]?.Detail).toContain(
      '"on_behalf_of_user_id":98765432109876543210',
    );
  });

  it('publishes what is pending with the same data when the bus was away, before anything new', async () => {
    const { deps, published } = await scene();
    servers.script = Array.from(
      { length: 6 },
      () => ({ status: 503, code: 'ServiceUnavailable' }) as const,
    );
    const first = record(samlEvent('1'));
    const failed = await detectBatch([first], deps);
    expect(failed.batchItemFailures).toEqual([{ itemIdentifier: first.messageId }]);
    expect(published()).toEqual([]);
    await detectBatch([record(samlEvent('2', 1))], deps);
    await detectBatch([first], deps);
    expect(published().map(({ alert }) => [alert.revision, alert.eventGids])).toEqual([
      [1, ['1']],
      [2, ['1', '2']],
    ]);
  });

  it("remembers an event for 15 days, by the clock and not by the table's own expiry", async () => {
    const { deps, published, clock } = await scene();
    await detectBatch([record(samlEvent('1'))], deps);
    clock.advance(15 * 24 * 60 * MINUTE - 1_000);
    await detectBatch([record(samlEvent('1'))], deps);
    expect(published()).toHaveLength(1);
    clock.advance(2_000);
    await detectBatch([record(samlEvent('1'))], deps);
    expect(published().map(({ type }) => type)).toEqual(['Alert Opened', 'Alert Opened']);
  });

  it('never replaces a newer alert in the list by an older one', async () => {
    const { deps, published, table } = await scene();
    await detectBatch([record(samlEvent('1'))], deps);
    const alert = published()[0]?.alert as Alert;
    await deps.store.recordAlert({ ...alert, revision: 3 });
    await deps.store.recordAlert({ ...alert, revision: 2 });
    const { Item } = await servers.dynalite.client.send(
      new GetItemCommand({
        TableName: table,
        Key: { pk: { S: `alerts#${alert.workspaceGid}` }, sk: { S: alert.alertId } },
      }),
    );
    expect(Item?.['revision']?.N).toBe('3');
  });

  it('stays within one item however hostile the events', async () => {
    const { deps, table } = await scene();
    const huge = '\u{1f600}'.repeat(20_000);
    const records = Array.from({ length: 40 }, (_, i) =>
      record({
        // The longest identity that the feed takes for one, in bytes too.
        ...samlEvent(`g${i}-`.padEnd(256, '\uff19'), i * 60),
        actor: { name: huge, email: huge, actor_type: huge },
        context: { user_agent: huge },
      }),
    );
    expect(await detectBatch(records, deps)).toEqual({ batchItemFailures: [] });
    const { Items = [] } = await servers.dynalite.client.send(
      new ScanCommand({ TableName: table }),
    );
    const group = Items.find((item) => item['pk']?.S?.startsWith('group#'));
    expect(Buffer.byteLength(group?.['state']?.S ?? '')).toBeLessThan(350_000);
    expect(Items.filter((item) => item['pk']?.S?.startsWith('alerts#'))).toHaveLength(40);
    expect(Items.every((item) => Number(item['expiresAt']?.N) > 0)).toBe(true);
  });

  it('goes on when its conditional write was applied but the answer was lost', async () => {
    const { deps, published } = await scene();
    let lost = false;
    const store = intercept(deps.store, (name, call) => {
      if (name !== 'writeGroup' || lost) return call();
      lost = true;
      // What the SDK's own retry makes of it: the second try finds the condition false.
      return call().then(() => false);
    });
    await detectBatch([record(samlEvent('1'))], { ...deps, store });
    expect(published().map(({ alert }) => alert.eventGids)).toEqual([['1']]);
  });
});

describe('crashes, redelivery and concurrency', () => {
  /** Delivers until nothing is left, as SQS does: failed messages come again. `crashAt` numbers adapter calls. */
  async function run(
    events: readonly AuditLogEvent[],
    plan: {
      crashes: ReadonlyMap<number, 'before' | 'after'>;
      batchSize: number;
      workers: number;
      duplicates: number;
      /** In memory, which gives the same answers and takes less time. */
      inMemory: boolean;
    },
  ) {
    const { deps, sweepDeps, published, clock, ...one } = await scene();
    const due = plan.inMemory ? new MemoryDueIndex() : sweepDeps.due;
    const store = plan.inMemory ? new MemoryAlertStateStore(clock) : deps.store;
    let calls = 0;
    const around = async (_: string, call: () => Promise<unknown>) => {
      const crash = plan.crashes.get(++calls);
      if (crash === 'before') throw new Crash();
      const result = await call();
      if (crash === 'after') throw new Crash();
      return result;
    };
    const crashing = {
      ...sweepDeps,
      store: intercept(store, around),
      publisher: intercept(deps.publisher, around),
      due: intercept(due, around),
    };
    const queue = [...events, ...events.slice(0, plan.duplicates)].map((event) => record(event));
    let deliveries = 0;
    const worker = async () => {
      while (queue.length > 0) {
        if (++deliveries > 500) throw new Error('It does not come to an end.');
        const batch = queue.splice(0, plan.batchSize);
        const { batchItemFailures } = await detectBatch(batch, crashing);
        const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
        queue.push(...batch.filter(({ messageId }) => failed.has(messageId)));
      }
    };
    await Promise.all(Array.from({ length: plan.workers }, worker));
    while (queue.length > 0) await worker();
    // What is due by the clock; then all windows are over.
    for (const feed of [undefined, START + 1_000 * MINUTE]) {
      if (feed !== undefined) clock.advance(1_000 * MINUTE);
      const sweeper = () => one.sweep({ ...crashing, feed: { passedUntil: async () => feed } });
      for (let looked = 1; looked > 0; ) {
        clock.advance(MINUTE);
        const swept = await Promise.all(Array.from({ length: plan.workers }, sweeper));
        looked = swept.reduce((sum, each) => sum + (each.decided || each.failed), 0);
      }
    }

    // Every revision with one and the same data; never two alerts for one gid; every gid counted once.
    const revisions = new Map<string, string>();
    for (const { alert } of published()) {
      const key = `${alert.alertId} ${alert.revision}`;
      const data = JSON.stringify(alert);
      expect(revisions.get(key) ?? data).toBe(data);
      revisions.set(key, data);
    }
    const last = new Map<string, Alert>();
    const updatedAt = new Map<string, number>();
    for (const { alert, type, at } of published()) {
      const known = last.get(alert.alertId);
      if (known !== undefined && known.revision >= alert.revision) continue;
      last.set(alert.alertId, alert);
      // Nothing follows a closing, and updates are a minute apart.
      expect(known?.closedAt).toBeUndefined();
      expect(type === 'Alert Closed').toBe(alert.closedAt !== undefined);
      if (type !== 'Alert Updated') continue;
      const before = updatedAt.get(alert.alertId) ?? Number.NEGATIVE_INFINITY;
      expect(at - before).toBeGreaterThanOrEqual(MINUTE);
      updatedAt.set(alert.alertId, at);
    }
    // Whatever crashed, all that came is said in the end, and that it is over.
    for (const { count, closedAt } of last.values()) expect(closedAt !== undefined).toBe(count > 1);
    for (const { revision, alertId } of last.values()) {
      for (let each = 1; each <= revision; each++)
        expect(revisions.has(`${alertId} ${each}`)).toBe(true);
    }
    const gids = [...last.values()].flatMap((alert) => alert.eventGids);
    expect(gids.toSorted()).toEqual(events.map(({ gid }) => gid).toSorted());
    expect([...last.values()].reduce((sum, { count }) => sum + count, 0)).toBe(events.length);
    return { calls };
  }

  it('loses and doubles nothing when it crashes before or after any one step', async () => {
    const events = ['1', '2', '3'].map((gid, index) => samlEvent(gid, index));
    const plan = { batchSize: 2, workers: 1, duplicates: 1, inMemory: true };
    const { calls } = await run(events, { ...plan, crashes: new Map() });
    expect(calls).toBeGreaterThan(8);
    for (let step = 1; step <= calls; step++) {
      for (const when of ['before', 'after'] as const) {
        await run(events, { ...plan, crashes: new Map([[step, when]]) });
      }
    }
  });

  it('loses and doubles nothing under crashes, duplicates, shuffles and several copies at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            minutes: fc.integer({ min: 0, max: 200 }),
            entity: fc.constantFrom('w1', 'w2'),
          }),
          { minLength: 1, maxLength: 10 },
        ),
        fc.array(
          fc.tuple(
            fc.integer({ min: 1, max: 60 }),
            fc.constantFrom('before' as const, 'after' as const),
          ),
          { maxLength: 8 },
        ),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        fc.nat(5),
        async (given, crashes, batchSize, workers, duplicates) => {
          const events = given.map(({ minutes, entity }, index) =>
            samlEvent(`e${index}`, minutes, entity),
          );
          const plan = { batchSize, workers, duplicates, inMemory: true };
          await run(events, { crashes: new Map(crashes), ...plan });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('lets two copies work on one group at once', async () => {
    for (let round = 0; round < 5; round++) {
      await run(
        Array.from({ length: 6 }, (_, i) => samlEvent(`r${i}`, i)),
        { crashes: new Map(), batchSize: 1, workers: 2, duplicates: 6, inMemory: false },
      );
    }
  });

  it('leaves to another copy what that one is still at', async () => {
    const { deps, published, clock } = await scene();
    const waited = Promise.withResolvers<void>();
    const waiting = {
      ...clock,
      sleep: async () => {
        waited.resolve();
        await first;
      },
    };
    let second: Promise<unknown> | undefined;
    const publisher = intercept(deps.publisher, async (_, publish) => {
      second = detectBatch([record(samlEvent('2', 90))], { ...deps, clock: waiting });
      await Promise.race([waited.promise, second]);
      return publish();
    });
    const first = detectBatch([record(samlEvent('1'))], { ...deps, publisher });
    await first;
    await second;
    expect(published().map(({ type, alert }) => [type, alert.eventGids])).toEqual([
      ['Alert Opened', ['1']],
      ['Alert Opened', ['2']],
    ]);
  });

  it('publishes what an expired group still holds', async () => {
    const { deps, published, clock, table } = await scene();
    const dying = intercept(deps.publisher, async () => {
      throw new Crash();
    });
    await detectBatch([record(samlEvent('1'))], { ...deps, publisher: dying });
    const { Items = [] } = await servers.dynalite.client.send(
      new ScanCommand({ TableName: table }),
    );
    for (const item of Items) {
      const expired = { ...item, expiresAt: { N: String(Math.floor(clock.now() / 1_000) - 1) } };
      await servers.dynalite.client.send(new PutItemCommand({ TableName: table, Item: expired }));
    }
    await detectBatch([record(samlEvent('1'))], deps);
    expect(published().map(({ alert }) => alert.eventGids)).toEqual([['1']]);
  });
});
