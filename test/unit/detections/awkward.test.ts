// What comes at an awkward time or in an awkward number: copies of events long after all was decided, more at once than one
// change of a group takes. Nobody is paged twice for one thing, and nothing is lost.
import { expect, it } from 'vitest';
import { MemoryAlertStateStore } from '../../../lib/alerts/state/memory-store.ts';
import type { BusEntry } from '../../../lib/bus/publisher-port.ts';
import { type Alert, alertDetailSchema } from '../../../lib/contract/alert.ts';
import type { AuditLogEvent } from '../../../lib/contract/bus-event.ts';
import type { Detection } from '../../../lib/detections/define.ts';
import { detectBatch } from '../../../lib/detections/detect.ts';
import { MemoryDueIndex } from '../../../lib/detections/due/memory-due-index.ts';
import { sweep } from '../../../lib/detections/due/sweep.ts';
import { silentLog } from '../../../lib/log.ts';
import { busEvent, detectBody } from '../../support/bus-events.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { testDetection } from '../../support/test-detection.ts';

const MINUTE = 60_000;
const START = Date.parse('2026-10-05T00:00:00.000Z');
const FAILED = 'user_login_failed';
const SUCCEEDED = 'user_login_succeeded';

function at(minute: number, gid: string, type = FAILED, ip = '192.0.2.1'): AuditLogEvent {
  return {
    gid,
    created_at: new Date(START + minute * MINUTE).toISOString(),
    event_type: type,
    actor: { actor_type: 'user', gid: 'u1' },
    context: { client_ip_address: ip },
  };
}

function deployment(detection: Detection) {
  const clock = manualClock(START);
  const said: Alert[] = [];
  const publisher = {
    publish: async (entries: readonly BusEntry[]) => {
      for (const { detail } of entries) {
        said.push(alertDetailSchema.parse(JSON.parse(detail)).data as Alert);
      }
      return { published: entries.map(() => true), poison: [], retries: 0 };
    },
  };
  const deps = {
    catalogue: [detection],
    alertOnHistory: false,
    windowMs: 60 * MINUTE,
    runbookBaseUrl: 'https://example.com',
    store: new MemoryAlertStateStore(clock),
    due: new MemoryDueIndex(),
    clock,
    log: silentLog,
    publisher,
  };
  const feed = { passedUntil: async () => clock.now() };
  return {
    said,
    opened: () => said.filter(({ revision }) => revision === 1),
    async send(...events: AuditLogEvent[]) {
      const records = events.map((event, index) => ({
        messageId: `${index}`,
        body: detectBody(detection.id, busEvent(event)),
      }));
      expect(await detectBatch(records, deps)).toEqual({ batchItemFailures: [] });
    },
    /** The feed comes so far, and all that is due then is decided. */
    async passes(minutes: number) {
      clock.advance(minutes * MINUTE);
      for (let each = 0; each < 5; each++) {
        clock.advance(2 * MINUTE);
        await sweep({ ...deps, feed, settleMs: 0 });
      }
    },
  };
}

const calledOff = { unless: { pattern: { 'detail-type': ['user_reprovisioned'] } } } as const;

it('copies of what an absence waited for change nothing', async () => {
  const { said, opened, send, passes } = deployment(
    testDetection({ kind: 'absence', window: '10m' }),
  );
  await send(at(0, 'a'), at(5, 'b'));
  await passes(120);
  expect(opened()).toHaveLength(1);
  expect(said.at(-1)).toMatchObject({ eventGids: ['a', 'b'], count: 2 });
  const before = said.length;
  await send(at(0, 'a'), at(5, 'b'));
  await passes(120);
  expect(said.slice(before)).toEqual([]);
  // Ten alerts later the group knows nothing of that one any more.
  for (let each = 1; each <= 10; each++) {
    await send(at(300 + each * 100, `x${each}`));
    await passes(150);
  }
  expect(opened()).toHaveLength(11);
  await send(at(5, 'b'));
  await passes(120);
  expect(opened()).toHaveLength(11);
});

it('copies of what completed a sequence that could have been called off change nothing', async () => {
  const detection = testDetection({ kind: 'sequence', within: '2h', ...calledOff });
  const { said, opened, send, passes } = deployment(detection);
  await send(at(0, 'a'), at(1, 'b', SUCCEEDED));
  await passes(30);
  expect(opened()).toMatchObject([{ eventGids: ['a', 'b'] }]);
  await send(at(30, 'c'));
  const before = said.length;
  await send(at(1, 'b', SUCCEEDED));
  await passes(60);
  expect(said.slice(before).filter(({ count }) => count > 2)).toEqual([]);
  expect(opened()).toHaveLength(1);
});

it('more ends of a sequence than one change decides are decided all the same, though nothing swept meanwhile', async () => {
  const { opened, send, passes } = deployment(
    testDetection({ kind: 'sequence', within: '2h', window: '10m', ...calledOff }),
  );
  const ends = Array.from({ length: 8 }, (_, index) => at(1, `b${index}`, SUCCEEDED));
  for (const event of [at(0, 'a'), ...ends, at(60, 'c', SUCCEEDED), at(200, 'z')])
    await send(event);
  await passes(540);
  expect(opened()).toHaveLength(2);
  expect(opened().at(1)?.eventGids).toEqual(['a', 'c']);
});

it('more new values at once than a group has room for are alerts once each', async () => {
  const { opened, send } = deployment(
    testDetection({
      kind: 'newValue',
      learn: '1h',
      forget: '5h',
      groupBy: 'workspace',
      entity: 'value',
      valueType: 'ip',
    }),
  );
  await send(at(0, 'known', SUCCEEDED, '192.0.2.0'));
  const values = Array.from({ length: 40 }, (_, index) => `192.0.2.${index + 1}`);
  for (const ip of values) await send(at(100, `first of ${ip}`, SUCCEEDED, ip));
  for (const ip of values) await send(at(105, `next of ${ip}`, SUCCEEDED, ip));
  const ids = opened().map(({ entity }) => entity.id);
  expect(ids).toHaveLength(40);
  expect(new Set(ids).size).toBe(40);
});

it('one of the ends whose words fail keeps none of the others from being told', async () => {
  const detection = testDetection({
    kind: 'sequence',
    within: '2h',
    window: '10m',
    ...calledOff,
    summary: ({ context }) => {
      if (context?.['client_ip_address'] === 'odd') throw new Error('not like this');
      return 'A person did it.';
    },
  });
  const { opened, send, passes } = deployment(detection);
  await send(at(0, 'a'), at(1, 'b', SUCCEEDED, 'odd'), at(30, 'c', SUCCEEDED));
  await passes(240);
  expect(opened().map(({ summary }) => summary)).toEqual([
    `${detection.title}. (What it says of the event failed.)`,
    'A person did it.',
  ]);
});

it('an event a whole window before an alert is one of its own, in either order', async () => {
  for (const events of [
    [at(0, 'a'), at(10, 'b')],
    [at(10, 'b'), at(0, 'a')],
  ]) {
    const { opened, send } = deployment(testDetection({ kind: 'match', window: '10m' }));
    for (const event of events) await send(event);
    expect(opened()).toHaveLength(2);
  }
});

it('the steps of a sequence may come hours out of order, as the pages after an outage do', async () => {
  const detection = testDetection({
    kind: 'sequence',
    within: '24h',
    steps: [
      { name: 'one', pattern: { 'detail-type': [FAILED] } },
      { name: 'three', pattern: { 'detail-type': [SUCCEEDED] }, atLeast: 3 },
    ],
  });
  const { opened, send } = deployment(detection);
  await send(at(2, 'c', SUCCEEDED), at(3, 'd', SUCCEEDED));
  await send(at(1_200, 'z', SUCCEEDED));
  await send(at(0, 'a'), at(1, 'b', SUCCEEDED));
  // What came twenty hours later is another alert, as it would have been in order.
  expect(opened().map(({ eventGids }) => eventGids)).toContainEqual(['a', 'b', 'c', 'd']);
});
