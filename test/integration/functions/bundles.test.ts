// One event from Asana to Slack and SNS through the bundles as they are deployed: each from its file, in a Node of
// its own, in the environment and with the input that the stack gives it, against servers on loopback.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FunctionName } from '../../../cdk/constructs/service-function.ts';
import { DynamoSuppressionStore } from '../../../lib/alerts/suppressions/store.ts';
import { matchesEventPattern } from '../../../lib/detections/event-pattern.ts';
import type { MemoryEventLog } from '../../../lib/local/simulator/event-log.ts';
import { callBundle, writeBundle } from '../../support/bundle.ts';
import { ofType, rendered, synthesize, the, WORKSPACE_GID } from '../../support/cdk-app.ts';
import { type Dynalite, startDynalite } from '../../support/dynalite.ts';
import { type PutEntry, startEventBus, type TestEventBus } from '../../support/event-bus.ts';
import { type SecretsManagerStandIn, startSecretsManager } from '../../support/secrets-manager.ts';
import { type CheckedSimulator, startCheckedSimulator } from '../../support/simulator.ts';
import { type SlackStandIn, startSlack } from '../../support/slack.ts';

const REGION = 'eu-west-1';
const TOKEN = 'token-of-the-simulated-workspace';
const EVENT = {
  gid: '1209000000000001',
  created_at: new Date(Date.now() - 60_000).toISOString(),
  event_type: 'service_account_created',
  event_category: 'apps',
  actor: { actor_type: 'user', gid: '1201', name: 'Eve <x>', email: 'eve@example.com' },
  resource: { resource_type: 'user', gid: '1202', name: 'exporter' },
  details: { new_value: 'exporter' },
  context: { context_type: 'web', client_ip_address: '192.0.2.10', user_agent: 'Mozilla/5.0' },
};

let folder: string;
let asana: CheckedSimulator<MemoryEventLog>;
let dynamo: Dynalite;
let bus: TestEventBus;
let secrets: SecretsManagerStandIn;
let slack: SlackStandIn;
let queues: FauxqsServer;
let template: ReturnType<typeof synthesize>;
/** What CloudFormation would put for a logical id. */
const physical = new Map<string, string>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'audit-bus-functions-'));
  [asana, dynamo, bus, secrets, slack, queues] = await Promise.all([
    startCheckedSimulator({ events: [EVENT], workspaceGid: WORKSPACE_GID, token: TOKEN }),
    startDynalite(),
    startEventBus(),
    startSecretsManager(),
    startSlack(),
    startFauxqs({ port: 0, logger: false, defaultRegion: REGION }),
  ]);
  // History alerts, so that the event does not have to be younger than the poller's first lease.
  template = synthesize({
    settings: { asanaBaseUrl: asana.url, startFrom: 'oldest', alertOnHistory: true },
  });
  for (const { id } of ofType(template, 'AWS::DynamoDB::Table')) {
    physical.set(id, await dynamo.createTable(id));
  }
  for (const { id } of ofType(template, 'AWS::SQS::Queue')) {
    physical.set(id, queues.createQueue(id, { region: REGION }).queueUrl);
  }
  const topic = the(template, 'AWS::SNS::Topic', 'AlertsTopic').id;
  physical.set(topic, queues.createTopic(topic, { region: REGION }).topicArn);
  queues.createQueue('mailbox', { region: REGION });
  queues.subscribe({ topic, queue: 'mailbox', region: REGION });
  // Synthesis bundles every function.
}, 300_000);

afterAll(async () => {
  await Promise.all([
    asana.close(),
    dynamo.close(),
    bus.close(),
    secrets.close(),
    slack.close(),
    queues.stop(),
  ]);
  rmSync(folder, { recursive: true });
});

const place = (id: string) => physical.get(id) ?? id;

/** The function's environment out of the template, and where the services are. */
function environmentOf(idPrefix: string): Record<string, string> {
  const { Variables } = the(template, 'AWS::Lambda::Function', idPrefix).Properties.Environment;
  return {
    ...Object.fromEntries(
      Object.entries(Variables).map(([name, value]) => [name, rendered(value, place)]),
    ),
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: bus.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    AWS_ENDPOINT_URL_SQS: queues.address,
    AWS_ENDPOINT_URL_SNS: queues.address,
    // Nothing goes to S3 here: an address that refuses shows it.
    AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9',
  };
}

const call = (name: FunctionName, idPrefix: string, event: unknown) =>
  callBundle(writeBundle(name, folder), event, environmentOf(idPrefix));

/** What the schedule sends. */
function tick(): unknown {
  const { Input } = the(template, 'AWS::Scheduler::Schedule', 'Poller').Properties.Target;
  return JSON.parse(
    rendered(Input, place).replace('<aws.scheduler.scheduled-time>', new Date().toISOString()),
  );
}

/** The event as a rule of the bus sees it. */
function onTheBus(entry: PutEntry | undefined): Record<string, unknown> {
  if (entry === undefined) throw new Error('nothing is on the bus');
  return {
    version: '0',
    id: '00000000-0000-0000-0000-000000000000',
    'detail-type': entry.DetailType,
    source: entry.Source,
    account: '123456789012',
    time: new Date((entry.Time ?? 0) * 1000).toISOString(),
    region: REGION,
    resources: [],
    detail: JSON.parse(entry.Detail),
  };
}

/** A delivery from each queue whose rule matches the event, as the function that reads the queue gets it. */
function deliveries(event: Record<string, unknown>): Map<string, unknown> {
  const delivered = new Map<string, unknown>();
  for (const { Properties } of ofType(template, 'AWS::Events::Rule')) {
    if (!matchesEventPattern(Properties.EventPattern, event)) continue;
    const [{ InputTransformer }] = Properties.Targets;
    const text = JSON.stringify(event);
    const body: string =
      InputTransformer?.InputTemplate.replace('<aws.events.event.json>', () => text) ?? text;
    delivered.set(Properties.Name, {
      Records: [
        {
          messageId: Properties.Name,
          receiptHandle: 'none',
          body,
          attributes: { ApproximateReceiveCount: '1' },
          messageAttributes: {},
          eventSource: 'aws:sqs',
          eventSourceARN: `arn:aws:sqs:${REGION}:123456789012:queue`,
          awsRegion: REGION,
        },
      ],
    });
  }
  return delivered;
}

/** As if the notes of what is due had been left days ago. */
async function ageNotes(): Promise<void> {
  const TableName = place(the(template, 'AWS::DynamoDB::Table', 'Detections').id);
  const { Items = [] } = await dynamo.client.send(new ScanCommand({ TableName }));
  for (const item of Items.filter(({ pk }) => pk?.S?.startsWith('due#'))) {
    const putAt = { N: String(Date.now() - 2 * 86_400_000) };
    await dynamo.client.send(new PutItemCommand({ TableName, Item: { ...item, putAt } }));
  }
}

const tokenSecret = () => the(template, 'AWS::SecretsManager::Secret', 'PollerToken').id;
const webhookSecret = () => the(template, 'AWS::SecretsManager::Secret', 'AlertsSlack').id;

it('the poller says so, and does nothing else, while its secret has no value', async () => {
  const { answer, error, log } = await call('poll', 'PollerPoll', tick());
  expect([error, answer]).toEqual([
    undefined,
    expect.objectContaining({ workspaceGid: WORKSPACE_GID }),
  ]);
  expect(log).toContain(tokenSecret());
  expect(bus.requests).toEqual([]);
});

it('one event travels from Asana to Slack and SNS', async () => {
  secrets.values.set(tokenSecret(), TOKEN);
  const polled = await call('poll', 'PollerPoll', tick());
  expect(polled.error).toBeUndefined();
  const published = bus.entries.filter(({ Source }) => Source === 'asana.audit-log');
  expect(published.map(({ Detail }) => JSON.parse(Detail).data)).toEqual([EVENT]);
  expect(polled.log).not.toContain(TOKEN);

  // The checkpoint is saved: polled again, the event does not come a second time.
  const again = await call('poll', 'PollerPoll', tick());
  expect(again.error).toBeUndefined();
  expect(bus.entries.filter(({ Source }) => Source === 'asana.audit-log')).toHaveLength(1);

  const matched = deliveries(onTheBus(published[0]));
  // The second asks of whatever anybody does whether they had been removed.
  expect([...matched.keys()]).toEqual([
    'asana.app.service-account-created',
    'asana.login.after-deprovision',
  ]);
  const raised = await call('detect', 'DetectionsDetect', [...matched.values()][0]);
  expect([raised.error, raised.answer]).toEqual([undefined, { batchItemFailures: [] }]);
  const alerts = bus.entries.filter(({ Source }) => Source === 'asana.audit-log.alerts');
  expect(alerts.map(({ DetailType }) => DetailType)).toEqual(['Alert Opened']);

  const forSinks = deliveries(onTheBus(alerts[0]));
  expect([...forSinks.keys()].toSorted()).toEqual(['alerts-to-slack', 'alerts-to-sns']);

  const silent = await call('notify-slack', 'AlertsSlackNotify', forSinks.get('alerts-to-slack'));
  expect([silent.error, slack.requests]).toEqual([undefined, []]);
  expect(silent.log).toContain('secret');

  secrets.values.set(webhookSecret(), slack.url);
  const posted = await call('notify-slack', 'AlertsSlackNotify', forSinks.get('alerts-to-slack'));
  expect([posted.error, posted.answer]).toEqual([undefined, { batchItemFailures: [] }]);
  expect(slack.messages).toHaveLength(1);
  expect(JSON.stringify(slack.messages)).toContain('Eve &lt;x&gt;');

  const sent = await call('notify-sns', 'AlertsSnsNotify', forSinks.get('alerts-to-sns'));
  expect([sent.error, sent.answer]).toEqual([undefined, { batchItemFailures: [] }]);
  const { ready = [] } = queues.inspectQueue('mailbox')?.messages ?? {};
  expect(ready).toHaveLength(1);
  expect(ready[0]?.body).toContain('asana.app.service-account-created');
});

it('an alert of several matches is closed by the sweep, and told by the digest', async () => {
  const daysAgo = Date.now() - 3 * 86_400_000;
  const body = (number: number) => {
    const created_at = new Date(daysAgo + number * 60_000).toISOString();
    const entry = bus.entries.find(({ Source }) => Source === 'asana.audit-log');
    const event = onTheBus(entry);
    const detail = event['detail'] as { data: object };
    const data = { ...detail.data, gid: `120900000000010${number}`, created_at };
    const [match] = deliveries({ ...event, detail: { ...detail, data } }).values();
    return match;
  };
  const before = bus.entries.length;
  for (const number of [1, 2]) {
    const { answer } = await call('detect', 'DetectionsDetect', body(number));
    expect(answer).toEqual({ batchItemFailures: [] });
  }
  // Its window has been over, and is known to be, for more than a day, so that the feed is not asked.
  await ageNotes();
  const swept = await call('sweep', 'SweepDue', {});
  expect([swept.error, swept.answer]).toEqual([
    undefined,
    expect.objectContaining({ alerts: 1, failed: 0 }),
  ]);
  const again = await call('sweep', 'SweepDue', {});
  expect(again.answer).toMatchObject({ alerts: 0, failed: 0 });
  const said = bus.entries.slice(before);
  expect(said.map(({ DetailType }) => DetailType)).toEqual([
    'Alert Opened',
    'Alert Updated',
    'Alert Closed',
  ]);
  expect(JSON.parse(said[2]?.Detail ?? '').data).toMatchObject({ revision: 3, count: 2 });
  expect([...deliveries(onTheBus(said[1])).keys()]).toEqual(['alerts-to-slack']);
  expect([...deliveries(onTheBus(said[2])).keys()].toSorted()).toEqual([
    'alerts-to-slack',
    'alerts-to-sns',
  ]);

  const tableName = place(the(template, 'AWS::DynamoDB::Table', 'Detections').id);
  const suppressions = new DynamoSuppressionStore({ client: dynamo.client, tableName });
  const suppression = {
    ...{ id: 's-ending', detectionId: '*', conditions: { actor: ['1201'] } },
    ...{ reason: 'Move', owner: 'Identity team', createdBy: 'me' },
    createdAt: new Date(daysAgo).toISOString(),
    expiresAt: new Date(Date.now() + 86_400_000).toISOString(),
  };
  await suppressions.put(suppression);
  await suppressions.move(suppression, ['adding'], 'in-force');

  const posted = slack.messages.length;
  const day = { scheduledTime: new Date(Date.now() + 1_000).toISOString() };
  const digest = await call('digest', 'DigestDaily', day);
  expect([digest.error, digest.answer]).toEqual([undefined, { sns: 'sent', slack: 'sent' }]);
  const twice = await call('digest', 'DigestDaily', day);
  expect(twice.answer).toEqual({ sns: 'sent before', slack: 'sent before' });
  expect(slack.messages).toHaveLength(posted + 1);
  expect(JSON.stringify(slack.messages.at(-1))).toContain('Daily digest: 2 alerts');
  expect(JSON.stringify(slack.messages.at(-1))).toContain('s-ending for *, of Identity team');
  expect(digest.log).not.toContain('Eve');
});

it('a bundle refuses an environment that lacks what it needs, naming the variable', async () => {
  const { EVENT_BUS_NAME: _missing, ...rest } = environmentOf('DetectionsDetect');
  const { error } = await callBundle(writeBundle('detect', folder), { Records: [] }, rest);
  expect(error).toMatchObject({ code: 'configuration.invalid' });
  expect(error?.message).toContain('EVENT_BUS_NAME');
});
