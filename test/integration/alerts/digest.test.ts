// The daily digest over real tables, an SNS topic, a webhook and a stand-in for Slack's Web API.
import { SNSClient } from '@aws-sdk/client-sns';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CLAIM_LEASE_MS, DynamoClaims } from '../../../lib/alerts/delivery/claims.ts';
import { loadDigestConfig } from '../../../lib/alerts/digest/config.ts';
import { expiringSuppressions } from '../../../lib/alerts/digest/expiring-suppressions.ts';
import { type DigestDeps, sendDigest } from '../../../lib/alerts/digest/send.ts';
import { DynamoDigestSource } from '../../../lib/alerts/digest/source.ts';
import { fixedCredential, SlackSink } from '../../../lib/alerts/slack/sink.ts';
import { SnsSink } from '../../../lib/alerts/sns/sink.ts';
import { DynamoAlertStateStore } from '../../../lib/alerts/state/dynamo-store.ts';
import {
  DynamoSuppressionStore,
  type SuppressionState,
} from '../../../lib/alerts/suppressions/store.ts';
import type { Alert } from '../../../lib/contract/alert.ts';
import { silentLog } from '../../../lib/log.ts';
import { DynamoCheckpointStore } from '../../../lib/poller/dynamo-checkpoint-store.ts';
import { Memory } from '../../../lib/poller/memory.ts';
import { testAlert } from '../../support/alerts.ts';
import { type Dynalite, startDynalite, TEST_CREDENTIALS } from '../../support/dynalite.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { type SlackStandIn, startSlack } from '../../support/slack.ts';
import { type SlackApiStandIn, startSlackApi } from '../../support/slack-api.ts';
import { testDetection } from '../../support/test-detection.ts';

const WORKSPACE = '1200000000000001';
const DAY = 86_400_000;
const UNTIL = Date.parse('2026-10-06T07:00:00.000Z');
const staged = testDetection({ kind: 'match', id: 'asana.test.staged', status: 'staged' });

let dynalite: Dynalite;
let slack: SlackStandIn;
let api: SlackApiStandIn;
let aws: FauxqsServer;
let sns: SNSClient;
beforeAll(async () => {
  [dynalite, slack, api] = await Promise.all([startDynalite(), startSlack(), startSlackApi()]);
  aws = await startFauxqs({ port: 0, logger: false, host: '127.0.0.1' });
  sns = new SNSClient({
    endpoint: aws.address,
    region: 'us-east-1',
    credentials: TEST_CREDENTIALS,
    maxAttempts: 1,
  });
});
afterAll(async () => {
  sns.destroy();
  await Promise.all([dynalite.close(), slack.close(), api.close(), aws.stop()]);
});

let scenes = 0;
let clock: ManualClock;
let deps: DigestDeps;
let store: DynamoAlertStateStore;
let suppressions: DynamoSuppressionStore;
let mails: () => string[];
let remember: (types: readonly string[]) => Promise<void>;

beforeEach(async () => {
  const scene = ++scenes;
  const stateTableName = await dynalite.createTable(`state-${scene}`);
  const checkpointTableName = await dynalite.createTable(`checkpoints-${scene}`);
  const { topicArn } = aws.createTopic(`topic-${scene}`);
  aws.createQueue(`mailbox-${scene}`);
  aws.subscribe({ topic: `topic-${scene}`, queue: `mailbox-${scene}` });
  mails = () =>
    (aws.inspectQueue(`mailbox-${scene}`)?.messages.ready ?? []).map(({ body }) => body);
  clock = manualClock(UNTIL);
  const { client } = dynalite;
  store = new DynamoAlertStateStore({ client, tableName: stateTableName, clock });
  suppressions = new DynamoSuppressionStore({ client, tableName: stateTableName });
  slack.messages.length = 0;
  api.messages.length = 0;
  const checkpoints = new DynamoCheckpointStore(client, checkpointTableName);
  remember = async (types) => {
    const memory = new Memory();
    memory.sawTypes(new Set(types));
    const lease = { workspaceGid: WORKSPACE, owner: 'o', version: 1 };
    await checkpoints.saveMemory(lease, memory.snapshot());
  };
  deps = {
    workspaceGids: [WORKSPACE],
    catalogue: [staged],
    source: new DynamoDigestSource({ client, stateTableName, checkpointTableName }),
    sinks: [
      new SnsSink(sns, topicArn),
      new SlackSink({ credential: fixedCredential(slack.url), clock }),
    ],
    claims: new DynamoClaims({ client, tableName: stateTableName, clock }),
    expiring: (from, until) => expiringSuppressions(suppressions, from, until),
    timeZone: 'UTC',
    clock,
    log: silentLog,
  };
});

let alerts = 0;
async function raised(hoursAgo: number, changed: Partial<Alert> = {}): Promise<void> {
  const detectedAt = new Date(UNTIL - hoursAgo * 3_600_000).toISOString();
  await store.recordAlert(testAlert({ alertId: `a${++alerts}`, detectedAt, ...changed }));
}
const said = () => slack.messages.map((each) => JSON.stringify(each));

describe('the daily digest', () => {
  it('tells the day by severity and detection, and what staged detections would have raised', async () => {
    await raised(1);
    await raised(2);
    await raised(23.9, { severity: 'critical', detectionId: 'asana.x', title: 'X & <y>' });
    await raised(24.1, { title: 'Yesterday' });
    await raised(-0.1, { title: 'Tomorrow' });
    await raised(3, { status: 'staged', detectionId: 'asana.test.raised', title: 'Staged one' });
    await raised(4, { status: 'suppressed', title: 'Known' });
    expect(await sendDigest(UNTIL, deps)).toEqual({ sns: 'sent', slack: 'sent' });
    const [text = ''] = said();
    expect(text).toContain('Daily digest: 3 alerts in the 24 hours until 2026-10-06 07:00 UTC');
    expect(text).toContain('Critical: 1\\nHigh severity: 2');
    expect(text).toContain('1 × X &amp; &lt;y&gt; (critical, asana.x)');
    expect(text).toContain('2 × SAML no longer required');
    expect(text).toContain('1 × Staged one');
    expect(text).toContain('0 × A test (medium severity, asana.test.staged)');
    expect(text).toContain('1 alert, kept in the table');
    expect(text).not.toMatch(/Yesterday|Tomorrow|Known/);
    expect(mails()).toHaveLength(1);
    expect(mails()[0]).toContain('Daily digest: 3 alerts');
  });

  it('says in one line that a day was quiet', async () => {
    await sendDigest(UNTIL, deps);
    expect(slack.messages).toMatchObject([
      { blocks: [{ type: 'section', text: { text: expect.stringMatching(/^A quiet day: no/) } }] },
    ]);
    expect(mails()).toHaveLength(1);
  });

  it('names event types that the workspace has never had before, once', async () => {
    await remember(['user_login_succeeded']);
    await sendDigest(UNTIL, deps);
    await remember(['user_login_succeeded', 'brand_new', 'another_new']);
    await sendDigest(UNTIL + DAY, deps);
    await sendDigest(UNTIL + 2 * DAY, deps);
    const [first, second, third] = said();
    expect(first).toContain('A quiet day');
    expect(second).toContain(`another_new in workspace ${WORKSPACE}\\nbrand_new in workspace`);
    expect(second).not.toContain('user_login_succeeded');
    expect(third).toContain('A quiet day');
  });

  it('names suppressions in force that expire within the week, the next one first', async () => {
    const added = async (id: string, expiresAt: number, states: readonly SuppressionState[]) => {
      const one = {
        ...{ id, detectionId: '*', conditions: { ip: ['192.0.2.1'] }, createdBy: 'me' },
        ...{ reason: `migration ${id}`, owner: 'secops', createdAt: '2026-10-01T00:00:00.000Z' },
        expiresAt: new Date(expiresAt).toISOString(),
      };
      await suppressions.put(one);
      for (const [index, to] of states.entries()) {
        await suppressions.move(one, [states[index - 1] ?? 'adding'], to);
      }
    };
    await added('s-last', UNTIL + 7 * DAY - 1, ['in-force']);
    await added('s-next', UNTIL, ['in-force']);
    await added('s-later', UNTIL + 7 * DAY, ['in-force']);
    await added('s-over', UNTIL - 1, ['in-force']);
    await added('s-adding', UNTIL + DAY, []);
    await added('s-removing', UNTIL + DAY, ['removing']);
    await added('s-removed', UNTIL + DAY, ['in-force', 'removing', 'removed']);
    await sendDigest(UNTIL, deps);
    const [text = ''] = said();
    expect(text).toContain(
      's-next for *, of secops, at 2026-10-06 07:00:00 UTC: migration s-next\\ns-last for *',
    );
    expect(text).not.toMatch(/s-later|s-over|s-adding|s-remov/);
  });

  it('comes once a day to each sink, whoever asks how often', async () => {
    await Promise.allSettled([sendDigest(UNTIL, deps), sendDigest(UNTIL, deps)]);
    clock.advance(CLAIM_LEASE_MS);
    expect(await sendDigest(UNTIL + 60_000, deps)).toEqual({
      sns: 'sent before',
      slack: 'sent before',
    });
    expect([slack.messages.length, mails().length]).toEqual([1, 1]);
    await sendDigest(UNTIL + DAY, deps);
    expect(slack.messages).toHaveLength(2);
  });

  it('is one of each local day', async () => {
    // Clocks go forward: seven in the morning of the next day is 23 hours later.
    const spring = { ...deps, timeZone: 'Europe/Berlin' };
    await sendDigest(Date.parse('2026-03-28T00:30:00Z'), spring);
    await sendDigest(Date.parse('2026-03-28T23:30:00Z'), spring);
    expect(slack.messages).toHaveLength(2);
  });

  it('is tried again where a sink was away, and told to no other twice', async () => {
    await remember(['a']);
    await sendDigest(UNTIL - DAY, deps);
    await remember(['a', 'b']);
    slack.answer({ status: 500 });
    await expect(sendDigest(UNTIL, deps)).rejects.toMatchObject({ code: 'digest.not-sent' });
    await sendDigest(UNTIL, deps);
    expect([said().length, mails().length]).toEqual([2, 2]);
    expect(said()[1]).toContain('b in workspace');
  });

  it('goes to the channel of a bot, and nowhere while Slack is not set up', async () => {
    const delivery = { channel: 'C0000000001', routes: [] };
    const credential = fixedCredential(api.token);
    const bot = new SlackSink({ credential, clock, apiUrl: api.url, delivery });
    const unset = new SlackSink({ credential: { read: async () => '' }, clock });
    expect(await sendDigest(UNTIL, { ...deps, sinks: [bot] })).toEqual({ slack: 'sent' });
    expect(api.messages).toMatchObject([{ channel: 'C0000000001' }]);
    expect(await sendDigest(UNTIL + DAY, { ...deps, sinks: [unset] })).toEqual({
      slack: 'not set up',
    });
  });
});

it('the configuration names every variable that is wrong', () => {
  const load = () =>
    loadDigestConfig({ WORKSPACE_GIDS: 'x', DIGEST_TIME_ZONE: 'Mars/Olympus', DELIVERY: '[]' });
  for (const name of ['STATE_TABLE_NAME', 'WORKSPACE_GIDS', 'DIGEST_TIME_ZONE', 'DELIVERY']) {
    expect(load).toThrow(name);
  }
});
