// The poll function's bundle, from its file in a Node of its own: what it says to Lambda, to its log and to CloudWatch.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DEPLOYMENT_METRICS, type MetricName } from '../../../lib/contract/metrics.ts';
import type { MemoryEventLog } from '../../../lib/local/simulator/event-log.ts';
import { sampleEvents } from '../../support/audit-log.ts';
import { callBundle, writeBundle } from '../../support/bundle.ts';
import { type Dynalite, startDynalite } from '../../support/dynalite.ts';
import { startEventBus, type TestEventBus } from '../../support/event-bus.ts';
import { type SecretsManagerStandIn, startSecretsManager } from '../../support/secrets-manager.ts';
import { type CheckedSimulator, startCheckedSimulator } from '../../support/simulator.ts';

const WORKSPACE = '1200000000000001';
const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:token';
const TOKEN = 'hush-hush';

let folder: string;
let bundle: string;
let dynamo: Dynalite;
let bus: TestEventBus;
let secrets: SecretsManagerStandIn;
let asana: CheckedSimulator<MemoryEventLog>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'audit-bus-poll-'));
  bundle = writeBundle('poll', folder);
  [dynamo, bus, secrets, asana] = await Promise.all([
    startDynalite(),
    startEventBus(),
    startSecretsManager(),
    startCheckedSimulator({
      events: sampleEvents(25),
      pageSize: 10,
      workspaceGid: WORKSPACE,
      token: TOKEN,
    }),
  ]);
  await dynamo.createTable('checkpoints');
});

afterAll(async () => {
  await Promise.all([dynamo.close(), bus.close(), secrets.close(), asana.close()]);
  rmSync(folder, { recursive: true });
});

function poll(environment: Record<string, string> = {}, input: Record<string, unknown> = {}) {
  return callBundle(
    bundle,
    {
      workspaceGid: WORKSPACE,
      tokenSecretArn: SECRET,
      scheduledTime: new Date().toISOString(),
      ...input,
    },
    {
      EVENT_BUS_NAME: 'audit',
      CHECKPOINT_TABLE_NAME: 'checkpoints',
      QUARANTINE_BUCKET_NAME: 'quarantine',
      ASANA_BASE_URL: asana.url,
      START_FROM: 'oldest',
      POWERTOOLS_SERVICE_NAME: 'audit-log',
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
      AWS_ENDPOINT_URL_EVENTBRIDGE: bus.url,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9',
      ...environment,
    },
  );
}

interface EmbeddedMetrics {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [name: string]: unknown;
}

/** The lines of the log that are JSON. */
const linesOf = (log: string) =>
  log
    .split('\n')
    .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []));

/** Names and values of the metrics in the log: a line of the workspace's at most, and one of the deployment's. */
function metricsOf(log: string): Record<string, unknown> {
  const lines = linesOf(log).filter((each) => '_aws' in each) as unknown as EmbeddedMetrics[];
  const all = lines.map((line) => {
    const [declared] = line._aws.CloudWatchMetrics;
    const names = declared?.Metrics.map(({ Name }) => Name) ?? [];
    const ofDeployment = names.some((name) => DEPLOYMENT_METRICS.has(name as MetricName));
    expect(declared?.Namespace).toBe('AsanaAuditBus');
    expect(declared?.Dimensions).toEqual([ofDeployment ? ['service'] : ['service', 'Workspace']]);
    expect([line['service'], line['Workspace']]).toEqual([
      'audit-log',
      ofDeployment ? undefined : WORKSPACE,
    ]);
    return [ofDeployment, Object.fromEntries(names.map((name) => [name, line[name]]))] as const;
  });
  expect(all.filter(([ofDeployment]) => ofDeployment).length).toBeLessThanOrEqual(1);
  expect(all.filter(([ofDeployment]) => !ofDeployment).length).toBeLessThanOrEqual(1);
  return Object.assign({}, ...all.map(([, values]) => values));
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

it('while its secret has no value it says so, takes no lease and asks Asana nothing', async () => {
  const { answer, error, log } = await poll();
  expect([error, answer]).toEqual([undefined, { outcome: 'no-token', workspaceGid: WORKSPACE }]);
  expect(log).toContain(SECRET);
  expect(metricsOf(log)).toEqual({ TokenMissing: 1 });
  expect([asana.requests.total, bus.requests.length]).toEqual([0, 0]);
});

it('a refused token fails the invocation, with a metric and one operational event', async () => {
  secrets.values.set(SECRET, 'stale-token-7');
  for (let count = 0; count < 2; count++) {
    const { error, log } = await poll();
    expect(error).toMatchObject({ name: 'AsanaError', code: 'asana.unauthorized' });
    expect(metricsOf(log)).toEqual({
      Heartbeat: 0,
      EventsPublished: 0,
      CredentialRejections: 1,
      // History is never late: the age counts from where live events begin.
      UnpublishedAgeSeconds: expect.any(Number),
    });
    expect(log).not.toContain('stale-token-7');
  }
  expect(bus.entries.map(({ DetailType }) => DetailType)).toEqual(['Credential Rejected']);
});

it('a poll publishes, and its figures are one log line and one line of metrics', async () => {
  secrets.values.set(SECRET, `{"token":"${TOKEN}"}`);
  const { answer, error, log } = await poll();
  expect(error).toBeUndefined();
  expect(answer).toMatchObject({
    outcome: 'caught-up',
    fetched: 25,
    published: 25,
    lagSeconds: 0,
    mode: 'offset',
  });
  expect(metricsOf(log)).toEqual({ Heartbeat: 1, EventsPublished: 25, LagSeconds: 0, Pages: 4 });
  const summaries = linesOf(log).filter(({ message }) => message === 'poll finished');
  expect(summaries).toHaveLength(1);
  const categories = linesOf(log).filter(({ message }) => message === 'events by category');
  expect(categories).toHaveLength(1);
  expect(sum(Object.values(categories[0]?.['byCategory'] ?? {}))).toBe(25);
  const types = linesOf(log).filter(({ message }) => message === 'events of a type');
  expect(sum(types.map(({ events }) => Number(events)))).toBe(25);
  expect(summaries[0]).toMatchObject({
    level: 'INFO',
    service: 'audit-log',
    published: 25,
    workspaceGid: WORKSPACE,
  });
  expect(log).not.toMatch(/hush-hush|ada@example\.com|192\.0\.2/);
});

it('an idle poll emits heartbeat, published and lag, and nothing that costs without saying anything', async () => {
  const { error, log } = await poll({}, { scheduledTime: '<aws.scheduler.scheduled-time>' });
  expect(error).toBeUndefined();
  expect(metricsOf(log)).toEqual({ Heartbeat: 1, EventsPublished: 0, LagSeconds: 0 });
});

it('a bus that refuses fails the invocation, and the events are there at the next', async () => {
  asana.log.append(...sampleEvents(5, { offset: 25, from: Date.now() - 5_000 }));
  const { error, log } = await poll({
    AWS_ENDPOINT_URL_EVENTBRIDGE: asana.url.replace('/api/1.0', ''),
  });
  expect(error?.code).toMatch(/^publish\./);
  expect(metricsOf(log)).toMatchObject({
    Heartbeat: 0,
    EventsPublished: 0,
    PublishFailures: 1,
    UnpublishedAgeSeconds: expect.any(Number),
  });
  const next = await poll();
  expect(next.answer).toMatchObject({ published: 5, duplicates: 0 });
});

it('an environment with several faults, and an input that is none, are told as such', async () => {
  const environment = await poll({
    EVENT_BUS_NAME: '',
    POLL_INTERVAL_SECONDS: '1',
    ASANA_BASE_URL: 'http://example.com',
  });
  expect(environment.error).toMatchObject({ code: 'configuration.invalid' });
  for (const name of ['EVENT_BUS_NAME', 'POLL_INTERVAL_SECONDS', 'ASANA_BASE_URL']) {
    expect(environment.error?.message).toContain(name);
  }
  const input = await poll({}, { workspaceGid: 'not digits', tokenSecretArn: '' });
  expect(input.error).toMatchObject({ code: 'configuration.invalid' });
});
