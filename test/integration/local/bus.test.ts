import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { afterEach, expect, test } from 'vitest';
import { systemClock } from '../../../lib/clock.ts';
import { type LocalBus, type LocalBusOptions, startLocalBus } from '../../../lib/local/bus.ts';
import type { QueueMessage } from '../../../lib/local/queue.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function start(options: Partial<LocalBusOptions> = {}) {
  const sent: QueueMessage[] = [];
  const bus: LocalBus = await startLocalBus({
    busName: 'main',
    clock: systemClock,
    rules: [
      {
        name: 'only t',
        matches: (event) => event['detail-type'] === 't',
        message: (event) => ({ queue: 'q', body: event.text }),
      },
    ],
    send: (messages) => sent.push(...messages),
    ...options,
  });
  const client = new EventBridgeClient({
    endpoint: bus.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  open.push(bus, { close: async () => client.destroy() });
  const put = (
    entries: readonly { DetailType?: string; Detail?: string; EventBusName?: string }[],
  ) =>
    client.send(
      new PutEventsCommand({
        Entries: entries.map((entry) => ({
          EventBusName: 'main',
          Source: 's',
          DetailType: 't',
          Detail: '{}',
          Time: new Date('2026-01-02T03:04:05.678Z'),
          ...entry,
        })),
      }),
    );
  return { bus, put, sent };
}

test('answers entry by entry and delivers what a rule matches, the detail as it came', async () => {
  const { put, sent } = await start();
  const answer = await put([
    { Detail: '{"n":12345678901234567890}' },
    { DetailType: 'other' },
    { Detail: '[1]' },
  ]);
  expect(answer.FailedEntryCount).toBe(1);
  expect(answer.Entries?.map((entry) => entry.ErrorCode)).toEqual([
    undefined,
    undefined,
    'MalformedDetail',
  ]);
  expect(sent).toHaveLength(1);
  expect(sent[0]?.body).toContain('"detail":{"n":12345678901234567890}}');
  expect(JSON.parse(sent[0]?.body ?? '')).toMatchObject({
    id: answer.Entries?.[0]?.EventId,
    time: '2026-01-02T03:04:05Z',
  });
});

test.each([
  ['an eleventh entry', Array(11).fill({}), 'ValidationException'],
  ['more than a mebibyte', [{ Detail: `{"a":"${'x'.repeat(1_048_576)}"}` }], 'ValidationException'],
  ['a bus that is not there', [{ EventBusName: 'other' }], 'ResourceNotFoundException'],
])('refuses a request with %s, and takes none of it', async (_what, entries, name) => {
  const { put, sent } = await start();
  await expect(put(entries)).rejects.toMatchObject({ name });
  expect(sent).toEqual([]);
});

test('takes ten entries of 100 KB that are all control characters', async () => {
  const { put, sent } = await start();
  const detail = JSON.stringify({ a: '\u0001'.repeat(100_000 / 6) });
  expect((await put(Array(10).fill({ Detail: detail }))).FailedEntryCount).toBe(0);
  expect(sent).toHaveLength(10);
});

test('answers only when observers are done, and not with success when the commit fails', async () => {
  const order: string[] = [];
  let fail = true;
  const { put } = await start({
    observe: async (events) => {
      await new Promise((resolve) => setImmediate(resolve));
      order.push(`observed ${events.length}`);
    },
    send: () => {
      order.push('committed');
      if (fail) throw new Error('disk full');
    },
  });
  await expect(put([{}])).rejects.toMatchObject({ name: 'InternalException' });
  fail = false;
  await put([{}]);
  expect(order).toEqual(['observed 1', 'committed', 'observed 1', 'committed']);
});

test('answers other operations and bodies with an error', async () => {
  const { bus } = await start();
  const post = (target: string, body: string) =>
    fetch(bus.endpoint, { method: 'POST', body, headers: { 'x-amz-target': target } });
  expect((await post('AWSEvents.PutRule', '{}')).status).toBe(400);
  for (const body of ['', 'no json', '{}', '{"Entries":[1]}', '[]']) {
    const answer = await post('AWSEvents.PutEvents', body);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ __type: 'SerializationException' });
  }
});
