// No secret leaves by another door than the request it is for: the bundles run with marked secrets, into every kind of
// refusal and against servers that send back what they were given; then all that came out is searched for the marks.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { FunctionName } from '../../../cdk/constructs/service-function.ts';
import { testAlert } from '../../support/alerts.ts';
import { type BundleOutcome, callBundle, writeBundle } from '../../support/bundle.ts';
import { alertEvent } from '../../support/bus-events.ts';
import { synthesize, WORKSPACE_GID } from '../../support/cdk-app.ts';
import { closeServer, type Dynalite, startDynalite } from '../../support/dynalite.ts';
import { startEventBus, type TestEventBus } from '../../support/event-bus.ts';
import { type SecretsManagerStandIn, startSecretsManager } from '../../support/secrets-manager.ts';

const REGION = 'eu-west-1';
const MARK = 'MARKEDSECRET';
const TOKEN = `2/1200/${MARK}:asana`;
const BOT_TOKEN = `xoxb-1-2-${MARK}`;
const TOKEN_ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:token-AbCdEf';
const SLACK_ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:slack-AbCdEf';
/** The mark as it stands, and as it would stand in base64, at any of three offsets. */
const TRACES = [
  MARK,
  ...['', 'a', 'aa'].map((pad) =>
    Buffer.from(pad + MARK)
      .toString('base64')
      .slice(4, 14),
  ),
];

let folder: string;
let dynamo: Dynalite;
let bus: TestEventBus;
let secrets: SecretsManagerStandIn;
let queues: FauxqsServer;
let urls: { queue: string; deadLetters: string };
let tables: { checkpoints: string; state: string };
const servers: Server[] = [];
const outcomes: BundleOutcome[] = [];

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'audit-bus-secrets-'));
  [dynamo, bus, secrets, queues] = await Promise.all([
    startDynalite(),
    startEventBus(),
    startSecretsManager(),
    startFauxqs({ port: 0, logger: false, defaultRegion: REGION }),
  ]);
  tables = {
    checkpoints: await dynamo.createTable('checkpoints'),
    state: await dynamo.createTable('state'),
  };
  // By its own host the queue would be looked up in the DNS.
  const queue = (name: string) =>
    `${queues.address}${new URL(queues.createQueue(name, { region: REGION }).queueUrl).pathname}`;
  urls = { queue: queue('queue'), deadLetters: queue('dead') };
});

afterAll(async () => {
  await Promise.all([
    ...servers.map(closeServer),
    dynamo.close(),
    bus.close(),
    secrets.close(),
    queues.stop(),
  ]);
  rmSync(folder, { recursive: true });
});

async function call(
  name: FunctionName,
  event: unknown,
  more: Readonly<Record<string, string>>,
): Promise<BundleOutcome> {
  const outcome = await callBundle(writeBundle(name, folder), event, {
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: bus.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
    AWS_ENDPOINT_URL_SQS: queues.address,
    AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9',
    POWERTOOLS_LOG_LEVEL: 'DEBUG',
    ...more,
  });
  outcomes.push(outcome);
  return outcome;
}

/** What a server that means ill does with what it was given: sends it back, wherever it can be put. */
const echo =
  (status: number): RequestListener =>
  (request, response) => {
    const given = `${request.headers.authorization} ${request.url}`;
    response.writeHead(status, given.slice(0, 60), {
      'content-type': 'application/json',
      'x-given': given,
      'retry-after': '1',
    });
    response.end(JSON.stringify({ errors: [{ message: given }], error: given, ok: false }));
  };

const poll = (asanaBaseUrl: string) =>
  call(
    'poll',
    { workspaceGid: WORKSPACE_GID, tokenSecretArn: TOKEN_ARN },
    {
      EVENT_BUS_NAME: 'bus',
      CHECKPOINT_TABLE_NAME: tables.checkpoints,
      QUARANTINE_BUCKET_NAME: 'quarantine',
      ASANA_BASE_URL: asanaBaseUrl,
      POWERTOOLS_SERVICE_NAME: 'test',
    },
  );

let alerts = 0;
const notify = (slackApiUrl: string) => {
  alerts += 1;
  const record = {
    messageId: `m${alerts}`,
    receiptHandle: 'none',
    body: JSON.stringify(alertEvent(testAlert({ alertId: `alert-${alerts}` }))),
    attributes: { ApproximateReceiveCount: '1' },
    messageAttributes: {},
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:${REGION}:123456789012:queue`,
    awsRegion: REGION,
  };
  return call(
    'notify-slack',
    { Records: [record] },
    {
      STATE_TABLE_NAME: tables.state,
      SLACK_WEBHOOK_SECRET_ARN: SLACK_ARN,
      SLACK_API_URL: slackApiUrl,
      QUEUE_URL: urls.queue,
      DEAD_LETTER_QUEUE_URL: urls.deadLetters,
      DELIVERY: JSON.stringify({ slack: { channel: 'C0123456789' } }),
      POWERTOOLS_SERVICE_NAME: 'test',
    },
  );
};

it.each([401, 403, 404, 400, 200])(
  'the poller, refused with %i by a server that echoes',
  async (status) => {
    secrets.values.set(TOKEN_ARN, TOKEN);
    await poll(await serve(echo(status)));
    expect(outcomes.at(-1)?.log).not.toBe('');
  },
);

it('the poller, with nobody there and with a token that is none', async () => {
  await poll('http://127.0.0.1:9');
  for (const value of [
    `${TOKEN}\n${TOKEN}`,
    `Bearer ${TOKEN}`,
    JSON.stringify({ token: TOKEN }),
    `${TOKEN}\u0000é`,
  ]) {
    secrets.values.set(TOKEN_ARN, value);
    await poll(await serve(echo(401)));
  }
});

it.each([400, 403, 404, 429, 500])(
  'the Slack notifier, refused with %i by a server that echoes',
  async (status) => {
    const url = await serve(echo(status));
    secrets.values.set(SLACK_ARN, `${url}/services/T000/B000/${MARK}`);
    await notify(`${url}/api/`);
    secrets.values.set(SLACK_ARN, BOT_TOKEN);
    await notify(`${url}/api/`);
  },
);

it('the Slack notifier, with nobody there and with secrets that are none', async () => {
  for (const value of [
    `http://127.0.0.1:9/services/T000/B000/${MARK}`,
    `http://example.com/${MARK}`,
    `ftp://example.com/${MARK}`,
    `${MARK}`,
    JSON.stringify({ url: MARK }),
    `xoxp-${MARK}`,
  ]) {
    secrets.values.set(SLACK_ARN, value);
    await notify('http://127.0.0.1:9/api/');
  }
});

it('and none of it is in a log, an error, an answer, an event, a dead letter, an item or the template', async () => {
  const items = await Promise.all(
    Object.values(tables).map((TableName) => dynamo.client.send(new ScanCommand({ TableName }))),
  );
  const everything: Readonly<Record<string, string>> = {
    outcomes: JSON.stringify(outcomes),
    bus: JSON.stringify(bus.requests),
    queues: JSON.stringify(['queue', 'dead'].map((name) => queues.inspectQueue(name))),
    tables: JSON.stringify(items),
    template: JSON.stringify(synthesize()),
  };
  for (const text of Object.values(everything)) expect(text.length).toBeGreaterThan(100);
  // Some of it was refused for good, so that there is a dead letter to look at.
  expect(everything['queues']).toContain('alert-1');
  const found = Object.entries(everything).flatMap(([where, text]) =>
    TRACES.filter((trace) => text.includes(trace)).map((trace) => {
      const at = text.indexOf(trace);
      return `${where}: ${text.slice(Math.max(0, at - 200), at + 40)}`;
    }),
  );
  expect(found).toEqual([]);
});
