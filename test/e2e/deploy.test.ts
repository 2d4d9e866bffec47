import { readFileSync } from 'node:fs';
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import {
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { alertSchema } from '../../lib/contract/alert.ts';
import { CATALOGUE } from '../../lib/detections/catalogue/index.ts';
import { invokeFunction, stackEventIds } from './support/clients.ts';
import { countMismatches, differences, gidOf } from './support/compare.ts';
import type { Deployed } from './support/deployment.ts';
import { byCreation, EventMaker, type HeldEvent } from './support/events.ts';
import {
  appsAuthorized,
  type Expected,
  exportThenDelete,
  history,
  passwordSpray,
  STAGED,
  SUPPRESSED,
  SUPPRESSED_ACTOR,
  suppressedChange,
} from './support/stories.ts';
import { Subscriber } from './support/subscriber.ts';
import { waitFor } from './support/wait.ts';
import { openScene, PAGE_SIZE, progress, type Scene, seconds, TOKEN } from './support/world.ts';

const WORKSPACE = '1200000000000001';
const EVENTS = 1_200;
/** A tick comes every minute, the emulator looks every ten seconds, a poll of all events takes most of one, and machines are slow. */
const TICK_SECONDS = 240;
/** A message that a function could not take at once comes again after its queue's three minutes. */
const ALERT_SECONDS = 240;
/** Every detection alerts within one minute here, and each alert is looked for by itself. */
const NO_ROLL_UP = { newAlertsPerMinute: 1_000 };
const SETTINGS = (asanaBaseUrl: string, more: object = {}) => [
  // Replaces whatever settings cdk.json holds, so that one's own deployment can live there.
  `auditLog=${JSON.stringify({
    emulator: true,
    stackName: 'AuditE2e',
    asanaBaseUrl,
    // History is read, so that detections can learn from it.
    startFrom: 'oldest',
    detections: { [STAGED]: { status: 'staged' } },
    delivery: { slack: NO_ROLL_UP, sns: NO_ROLL_UP },
    ...more,
  })}`,
  `workspaceGid=${WORKSPACE}`,
  'alertEmail=security@example.com',
];

let scene: Scene;
let deployed: Deployed;
let otherTeam: Subscriber;
let topicReader: Subscriber;
let busWatcher: Subscriber;
let readmeReader: Subscriber;
let failed = true;
const maker = new EventMaker();
const held: HeldEvent[] = [];
/** Alerts that are to be opened by what has happened so far. */
const expected: Expected[] = [];
/** Gids of events from before anybody watched. */
const old = new Set<string>();
let suppressionId: string | undefined;
let tooLarge: HeldEvent | undefined;
let cutForm: string | undefined;

beforeAll(async () => {
  scene = await openScene();
  failed = false;
});
afterEach(({ task }) => {
  failed ||= task.result?.state === 'fail';
});
afterAll(async () => {
  await scene?.end(failed);
});

/** Puts events into the simulated workspace's log, as if they had just happened. */
function happen(events: readonly HeldEvent[]): void {
  for (const event of events) scene.world.simulator.log.appendLine(event.line);
  held.push(...events);
}

function output(name: string): string {
  const value = deployed.outputs[name];
  if (value === undefined) throw new Error(`The stack has no output ${name}`);
  return value;
}

/** The checkpoint as it stands in the deployed table. */
async function checkpoint(): Promise<Record<string, string | undefined>> {
  const { Item = {} } = await scene.world.clients.dynamodb.send(
    new GetItemCommand({
      TableName: output('CheckpointTableName'),
      Key: { pk: { S: WORKSPACE }, sk: { S: 'checkpoint' } },
      ConsistentRead: true,
    }),
  );
  return Object.fromEntries(Object.entries(Item).map(([name, { S, N }]) => [name, S ?? N]));
}

/** Waits until a poll that began after `since` has got to the end of the log and has let go of its lease. */
async function pollFinished(since: number): Promise<Record<string, string | undefined>> {
  return waitFor(
    'a poll that ended well',
    async () => {
      const item = await checkpoint();
      const caughtUp = Date.parse(item['lastPolledAt'] ?? '') >= since;
      return caughtUp && item['leaseOwner'] === undefined && item;
    },
    { atMostSeconds: TICK_SECONDS },
  );
}

/** Every event the workspace holds was received once, each as the workspace has it. */
function expectAllReceived(): void {
  expect(countMismatches(held, otherTeam.bodies)).toEqual({});
  const byGid = new Map(otherTeam.bodies.map((body) => [gidOf(body), body]));
  const wrong = held.flatMap((event) => {
    const origin = old.has(event.gid) ? 'backfill' : 'live';
    return differences(event, byGid.get(event.gid) ?? '{}', { workspaceGid: WORKSPACE, origin });
  });
  expect(wrong.slice(0, 5)).toEqual([]);
}

/** Runs one of the project's commands as a person does, against the deployed stack. @returns its lines of JSON */
async function command(...args: string[]): Promise<Array<Record<string, unknown>>> {
  const [script = '', ...rest] = args;
  const printed = await scene.world.npmRun(
    script,
    ...rest,
    '--stack',
    deployed.stackName,
    '--json',
  );
  const lines = printed.split('\n').filter((line) => line.startsWith('{'));
  return lines.map((line) => JSON.parse(line));
}

/** Alerts that are on the bus as opened, each once: a subscriber tells by the id what came twice. */
function opened() {
  const alerts = busWatcher.bodies
    .map((body) => JSON.parse(body))
    .filter((event) => event['detail-type'] === 'Alert Opened')
    .map((event) => alertSchema.parse(event.detail.data));
  return [...new Map(alerts.map((alert) => [alert.alertId, alert])).values()];
}

/**
 * On the bus is each expected alert, opened once by its events, and no other. Slack and the topic were told of those that
 * are active, each once.
 */
async function expectAlerts(): Promise<void> {
  const { slack } = scene.world;
  const wanted = expected.filter(({ status }) => status === 'active').length;
  await waitFor(
    'alerts on the bus, in Slack and at the SNS subscriber',
    async () => {
      await Promise.all([busWatcher.drain(), topicReader.drain()]);
      const told = Math.min(slack.messages.length, topicReader.bodies.length);
      return opened().length >= expected.length && told >= wanted;
    },
    {
      atMostSeconds: ALERT_SECONDS,
      soFar: () => [opened().length, slack.messages.length, topicReader.bodies.length],
    },
  );
  const onBus = opened();
  const raised = onBus.map(({ detectionId, status, eventGids }) =>
    [detectionId, status, ...eventGids.toSorted()].join(' '),
  );
  const due = expected.map(({ detectionId, status, events }) =>
    [detectionId, status, ...events.map(({ gid }) => gid).toSorted()].join(' '),
  );
  expect(raised.toSorted()).toEqual(due.toSorted());
  const active = onBus.filter(({ status }) => status === 'active');

  const published = topicReader.bodies.map((body) => JSON.parse(body));
  const machineReadable = published.map(({ Message }) => JSON.parse(Message));
  expect(ids(machineReadable.map(findAlert))).toEqual(ids(active));
  for (const { MessageAttributes, Message } of published) {
    const { detectionId, severity } = findAlert(JSON.parse(Message));
    expect(MessageAttributes).toMatchObject({
      severity: { Type: 'String', Value: severity },
      detectionId: { Type: 'String', Value: detectionId },
      workspaceGid: { Type: 'String', Value: WORKSPACE },
    });
  }
  // Each alert is in exactly one message of Slack's, and no message without one.
  const texts = slack.messages.map((message) => JSON.stringify(message));
  for (const { alertId, title } of active) {
    const telling = texts.filter((text) => text.includes(alertId));
    expect(telling).toHaveLength(1);
    expect(telling[0]).toContain(title);
  }
  expect(texts).toHaveLength(wanted);
}

async function secretState(name: string) {
  const { secrets } = scene.world.clients;
  const SecretId = output(name);
  const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  const { Versions = [] } = await secrets.send(new ListSecretVersionIdsCommand({ SecretId }));
  const versions = Versions.map(({ VersionId, VersionStages }) => ({ VersionId, VersionStages }));
  return { SecretString, versions };
}

describe('a real deploy', () => {
  test('cdk bootstrap and cdk deploy make the stack', async () => {
    const { deployment, simulator } = scene.world;
    const began = performance.now();
    progress('cdk bootstrap, then cdk deploy');
    await deployment.bootstrap(SETTINGS(simulator.url));
    deployed = await deployment.deploy(SETTINGS(simulator.url));
    progress(`Stack ${deployed.stackName} deployed after ${seconds(began)}`);
    expect(deployed.stackName).toBe('AuditE2e');
  });

  test('while no token is set, the poller asks nothing and keeps nothing', async () => {
    const tick = { workspaceGid: WORKSPACE, tokenSecretArn: output(`TokenSecretArn${WORKSPACE}`) };
    const answer = await invokeFunction(scene.world.endpoint, output('PollFunctionName'), tick);
    expect(answer).toEqual({ outcome: 'no-token', workspaceGid: WORKSPACE });
    expect(scene.world.simulator.requests.total).toBe(0);
    expect(await checkpoint()).toEqual({});
  });

  test('other teams subscribe, with a rule on the bus and a subscription to the topic', async () => {
    const { clients } = scene.world;
    const bus = output('EventBusName');
    const { 'detail-type': wanted, detail, ...everything } = readmePattern();
    expect(wanted).toEqual(['user_login_failed']);
    // The other team wants history too.
    expect(detail).toEqual({ metadata: { origin: ['live'] } });
    otherTeam = await Subscriber.create(clients, 'other-team');
    await otherTeam.subscribeToBus(bus, 'other-team', everything);
    readmeReader = await Subscriber.create(clients, 'readme-reader');
    await readmeReader.subscribeToBus(bus, 'login-failures', readmePattern());
    busWatcher = await Subscriber.create(clients, 'bus-watcher');
    await busWatcher.subscribeToBus(bus, 'bus-watcher', {
      source: ['alerts', 'poller', 'operator'].map((each) => `asana.audit-log.${each}`),
    });
    topicReader = await Subscriber.create(clients, 'topic-reader');
    await topicReader.subscribeToTopic(output('AlertTopicArn'), {
      FilterPolicy: JSON.stringify({ workspaceGid: [WORKSPACE] }),
    });
    expect(otherTeam.arn).toMatch(/^arn:aws:sqs:/);
  });

  test('a suppression is added by command, and the bus is told', async () => {
    const why = ['--reason', 'Planned move, CHG-1234', '--owner', 'Identity team'];
    const what = ['--detection', SUPPRESSED, '--actor', String(SUPPRESSED_ACTOR)];
    const [added] = await command('suppressions', 'add', ...what, ...why, '--expires', '1d');
    expect(added).toMatchObject({ detectionId: SUPPRESSED, standing: 'in force' });
    suppressionId = String(added?.['id']);
    await busWatcher.waitForMessages('the operator event', 1, ALERT_SECONDS);
    expect(busWatcher.bodies.map((body) => JSON.parse(body)['detail-type'])).toEqual([
      'Suppression Added',
    ]);
  });

  test('the schedule fires the poller by itself, and the other team receives every event once', async () => {
    const { clients, slack, simulator } = scene.world;
    const now = Date.now();
    for (const [detectionId, event] of maker.attacks(CATALOGUE, now - 5_000)) {
      const status = detectionId === STAGED ? 'staged' : 'active';
      expected.push({ detectionId, status, events: [event] });
    }
    expected.push(passwordSpray(maker, now - 4_000));
    expected.push(...exportThenDelete(maker, now - 3_000));
    expected.push(suppressedChange(maker, CATALOGUE, now - 2_000));
    const past = history(maker, now);
    for (const { gid } of past) old.add(gid);
    const attacks = new Set([...past, ...expected.flatMap(({ events }) => events)]);
    const quiet = maker.dailyLife(EVENTS - attacks.size, now - 60_000, now);
    happen(byCreation([...attacks, ...quiet]));
    expect(held).toHaveLength(EVENTS);
    const set = (SecretId: string, SecretString: string) =>
      clients.secrets.send(new PutSecretValueCommand({ SecretId, SecretString }));
    await set(output('SlackWebhookSecretArn'), slack.url);
    await set(output(`TokenSecretArn${WORKSPACE}`), TOKEN);

    const began = performance.now();
    progress("Waiting for the schedule's first tick with a token, about a minute away");
    await otherTeam.waitForMessages('events at the other team', EVENTS, TICK_SECONDS);
    await pollFinished(now);
    await otherTeam.drain();
    progress(`${otherTeam.bodies.length} events received after ${seconds(began)}`);
    expectAllReceived();
    expect(simulator.requests.byStatus).toEqual({ 200: Math.ceil(EVENTS / PAGE_SIZE) + 1 });

    // The rule that README has to paste gives the events of its type and no others.
    const failures = held.filter(({ eventType }) => eventType === 'user_login_failed');
    await readmeReader.drain();
    expect(countMismatches(failures, readmeReader.bodies)).toEqual({});
  });

  test('the checkpoint is saved: the newest offset, and how far it got', async () => {
    const item = await checkpoint();
    expect(item).toMatchObject({
      mode: 'offset',
      offset: scene.world.offsets.at(-1),
      lastCreatedAt: held.at(-1)?.createdAt,
    });
    expect(item['leaseOwner']).toBeUndefined();
  });

  test('each attack is one alert and nothing else is; Slack and an SNS subscriber are told', async () => {
    const began = performance.now();
    await expectAlerts();
    progress(`${expected.length} alerts after ${seconds(began)}`);
  });

  test('a staged and a suppressed alert are kept, and the suppression has matched once', async () => {
    const listed = await command('alerts', 'list', '--limit', '100');
    const statuses = listed.map(({ alert }) => (alert as { status: string }).status);
    expect(statuses).toHaveLength(expected.length);
    expect(statuses.filter((status) => status === 'staged')).toHaveLength(1);
    expect(statuses.filter((status) => status === 'suppressed')).toHaveLength(1);
    expect(opened().find(({ status }) => status === 'suppressed')).toMatchObject({ suppressionId });
    const list = await command('suppressions', 'list');
    expect(list).toMatchObject([
      { id: suppressionId, standing: 'in force', alerts: 1, matches: 1 },
    ]);
  });

  test('a second poll publishes only what is new', async () => {
    const { queries, simulator } = scene.world;
    const since = Date.now();
    const asked = queries.length;
    const { known, firstSeen } = appsAuthorized(maker, since - 2);
    expected.push(firstSeen);
    happen([...maker.dailyLife(7, since - 3_000, since - 3), known, ...firstSeen.events]);
    tooLarge = maker.oversize(since, 300_000);
    simulator.log.appendLine(tooLarge.line);
    await otherTeam.waitForMessages('new events at the other team', held.length + 1, TICK_SECONDS);
    await pollFinished(since);
    await otherTeam.drain();
    const cutForms = otherTeam.take((body) => gidOf(body) === tooLarge?.gid);
    expect(cutForms).toHaveLength(1);
    cutForm = cutForms[0];
    expectAllReceived();
    const later = queries.slice(asked);
    expect(later.length).toBeGreaterThan(0);
    expect(later.every((query) => query.has('offset') && !query.has('start_at'))).toBe(true);
  });

  test('an app that history does not know is an alert, one that it knows is none', async () => {
    await expectAlerts();
  });

  test('an event too large for a bus is whole in quarantine, and its cut form says where', async () => {
    const { metadata, data } = JSON.parse(cutForm ?? '').detail;
    const whole = JSON.parse(tooLarge?.line ?? '');
    const { gid, created_at, event_type, actor, resource } = whole;
    expect(data).toEqual({
      ...{ gid, created_at, event_type },
      actor: { actor_type: actor.actor_type, gid: actor.gid },
      resource: { resource_type: resource.resource_type, gid: resource.gid },
    });
    const { protocol, hostname: Bucket, pathname } = new URL(metadata.quarantine);
    expect([protocol, Bucket]).toEqual(['s3:', output('QuarantineBucketName')]);
    const Key = decodeURIComponent(pathname.slice(1));
    const { Body } = await scene.world.clients.s3.send(new GetObjectCommand({ Bucket, Key }));
    const kept = JSON.parse((await Body?.transformToString()) ?? '');
    expect(kept).toEqual(whole);
  });

  test('after an expired offset nothing is lost and nothing comes twice', async () => {
    const { simulator, queries } = scene.world;
    const since = Date.now();
    const asked = queries.length;
    happen(maker.dailyLife(9, since - 2_000, since));
    simulator.expireOffsets();
    await otherTeam.waitForMessages('events after the expiry', held.length, TICK_SECONDS);
    await pollFinished(since);
    await otherTeam.drain();
    expectAllReceived();
    expect(simulator.requests.byStatus[400]).toBe(1);
    const later = queries.slice(asked);
    expect(later.some((query) => query.has('start_at'))).toBe(true);
    expect(await checkpoint()).toMatchObject({
      mode: 'offset',
      offset: scene.world.offsets.at(-1),
    });
    await busWatcher.drain();
    const types = busWatcher.bodies.map((body) => JSON.parse(body)['detail-type']);
    expect(types).toContain('Offset Expired');
    expect(types).not.toContain('Possible Gap');
  });

  test('a second cdk deploy changes nothing and leaves the secrets as they were', async () => {
    const { deployment, endpoint, simulator } = scene.world;
    const names = [`TokenSecretArn${WORKSPACE}`, 'SlackWebhookSecretArn'];
    const secrets = await Promise.all(names.map(secretState));
    expect(secrets.map(({ SecretString }) => SecretString)).toEqual([TOKEN, scene.world.slack.url]);
    const steps = await stackEventIds(endpoint, deployed.stackName);
    expect(steps.length).toBeGreaterThan(0);

    const again = await deployment.deploy(SETTINGS(simulator.url));
    expect(again.printed).toContain(`${deployed.stackName} (no changes)`);
    expect(again.outputs).toEqual(deployed.outputs);
    expect(await stackEventIds(endpoint, deployed.stackName)).toEqual(steps);
    expect(await Promise.all(names.map(secretState))).toEqual(secrets);

    // Nor does a deploy that does change something.
    await deployment.deploy(SETTINGS(simulator.url, { alertWindowMinutes: 30 }));
    expect(await stackEventIds(endpoint, deployed.stackName)).not.toEqual(steps);
    expect(await Promise.all(names.map(secretState))).toEqual(secrets);
  });

  test('in all this nothing came twice: not in Slack, not at the topic, not at the other team', async () => {
    await expectAlerts();
    await otherTeam.drain();
    expect(countMismatches(held, otherTeam.bodies)).toEqual({});
  });
});

/** The event pattern of the rule in README that other teams are to paste. */
function readmePattern(): Record<string, unknown> {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  return JSON.parse(/put-rule .*--event-pattern '([^']+)'/.exec(readme)?.[1] ?? '');
}

/** The alert in what a machine gets from the topic. */
function findAlert(message: unknown): { alertId: string; detectionId: string; severity: string } {
  return alertSchema.parse(message);
}

function ids(alerts: ReadonlyArray<{ readonly alertId: string }>): string[] {
  return alerts.map(({ alertId }) => alertId).sort();
}
