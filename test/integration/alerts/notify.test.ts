// The notifiers against a real table, real queues and topics, and a webhook that answers by script.
import { SNSClient } from '@aws-sdk/client-sns';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CLAIM_LEASE_MS, DynamoClaims } from '../../../lib/alerts/delivery/claims.ts';
import {
  type QueueMessage,
  SqsNotifierQueue,
} from '../../../lib/alerts/delivery/notifier-queue.ts';
import { type NotifyDeps, notifyBatch } from '../../../lib/alerts/delivery/notify.ts';
import type { Sink } from '../../../lib/alerts/delivery/sink-port.ts';
import { CLAIM_SECONDS } from '../../../lib/alerts/lifetimes.ts';
import { fixedCredential, SlackSink } from '../../../lib/alerts/slack/sink.ts';
import { SnsSink } from '../../../lib/alerts/sns/sink.ts';
import type { Alert } from '../../../lib/contract/alert.ts';
import { silentLog } from '../../../lib/log.ts';
import { testAlert } from '../../support/alerts.ts';
import { alertEvent } from '../../support/bus-events.ts';
import { type Dynalite, startDynalite, TEST_CREDENTIALS } from '../../support/dynalite.ts';
import { type ManualClock, manualClock } from '../../support/manual-clock.ts';
import { type SlackStandIn, startSlack } from '../../support/slack.ts';

let dynalite: Dynalite;
let slack: SlackStandIn;
let aws: FauxqsServer;
let sqs: SQSClient;
let sns: SNSClient;

beforeAll(async () => {
  dynalite = await startDynalite();
  slack = await startSlack();
  aws = await startFauxqs({ port: 0, logger: false, host: '127.0.0.1' });
  const config = {
    endpoint: aws.address,
    region: 'us-east-1',
    credentials: TEST_CREDENTIALS,
    maxAttempts: 1,
  };
  sqs = new SQSClient(config);
  sns = new SNSClient(config);
});
afterAll(async () => {
  sqs.destroy();
  sns.destroy();
  await aws.stop();
  await slack.close();
  await dynalite.close();
});

let scenes = 0;
let clock: ManualClock;
let deps: NotifyDeps;
let names: { queue: string; dead: string };
let logged: Array<{ level: string; message: string; fields: Record<string, unknown> | undefined }>;

beforeEach(async () => {
  const scene = ++scenes;
  names = { queue: `alerts-${scene}`, dead: `dead-${scene}` };
  const { queueUrl } = aws.createQueue(names.queue);
  const { queueUrl: deadUrl } = aws.createQueue(names.dead);
  const tableName = await dynalite.createTable(`claims-${scene}`);
  clock = manualClock();
  logged = [];
  const keep = (level: string) => (message: string, fields?: Record<string, unknown>) => {
    logged.push({ level, message, fields });
  };
  slack.messages.length = 0;
  slack.requests.length = 0;
  deps = {
    sink: new SlackSink({ credential: fixedCredential(slack.url), clock, timeoutMs: 2_000 }),
    claims: new DynamoClaims({ client: dynalite.client, tableName, clock }),
    queue: new SqsNotifierQueue(sqs, queueUrl, deadUrl),
    clock,
    log: { ...silentLog, warn: keep('warn'), error: keep('error'), info: keep('info') },
    random: () => 1,
  };
});

/** Puts events on the notifier's queue and receives them, as Lambda's poller does. */
async function received(...bodies: readonly unknown[]): Promise<QueueMessage[]> {
  for (const body of bodies) {
    aws.sendMessage(names.queue, typeof body === 'string' ? body : JSON.stringify(body));
  }
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: aws.inspectQueue(names.queue)?.url,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 180,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    }),
  );
  expect(Messages).toHaveLength(bodies.length);
  return Messages.map(({ MessageId = '', ReceiptHandle = '', Body = '', Attributes = {} }) => ({
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes,
  }));
}

function alerts(count: number): Alert[] {
  return Array.from({ length: count }, (_, i) => testAlert({ alertId: `alert-${i}` }));
}

function failures(messages: readonly QueueMessage[]) {
  return { batchItemFailures: messages.map((m) => ({ itemIdentifier: m.messageId })) };
}

/** Seconds until each message in flight is seen again, longest first. */
function hiddenFor(): number[] {
  const inflight = aws.inspectQueue(names.queue)?.messages.inflight ?? [];
  return inflight
    .map(({ visibilityDeadline }) => (visibilityDeadline - Date.now()) / 1_000)
    .toSorted((a, b) => b - a);
}

function buried() {
  return (aws.inspectQueue(names.dead)?.messages.ready ?? []).map((message) => ({
    body: message.body,
    attributes: Object.fromEntries(
      Object.entries(message.messageAttributes ?? {}).map(([name, value]) => [
        name,
        value.StringValue,
      ]),
    ),
  }));
}

describe('delivering to Slack', () => {
  it('sends each revision once, however often its message comes', async () => {
    const [one, two] = alerts(2) as [Alert, Alert];
    const messages = await received(alertEvent(one), alertEvent(one), alertEvent(two));
    expect(await notifyBatch(messages, deps)).toEqual(failures([]));
    expect(await notifyBatch(messages, deps)).toEqual(failures([]));
    expect(slack.messages).toHaveLength(2);
    expect(slack.requests[0]?.contentType).toContain('application/json');
    expect(slack.messages[0]?.['text']).toContain('SAML no longer required');
  });

  it('delivers opened, active alerts of the bus and nothing else', async () => {
    const alert = testAlert();
    const messages = await received(
      alertEvent({ ...alert, revision: 2 }),
      alertEvent({ ...alert, status: 'staged' }),
      alertEvent({ ...alert, status: 'suppressed' }),
      alertEvent(alert, { replayName: 'again' }),
      { ...alertEvent(alert), source: 'someone.else' },
    );
    expect(await notifyBatch(messages, deps)).toEqual(failures([]));
    expect(slack.requests).toEqual([]);
    expect(buried()).toEqual([]);
  });

  it('leaves Slack alone for as long as Retry-After says, the whole batch of it', async () => {
    const messages = await received(...alerts(3).map((alert) => alertEvent(alert)));
    slack.answer({ status: 429, retryAfter: '1800' });
    expect(await notifyBatch(messages, deps)).toEqual(failures(messages));
    expect(slack.requests).toHaveLength(1);
    expect(hiddenFor().every((seconds) => seconds > 1_700 && seconds <= 1_800)).toBe(true);
    clock.advance(1_800_000);
    expect(await notifyBatch(messages, deps)).toEqual(failures([]));
    expect(slack.messages).toHaveLength(3);
  });

  it('reads Retry-After as a date too, and hides a message for 12 hours at most', async () => {
    const messages = await received(alertEvent(testAlert()));
    slack.answer({ status: 429, retryAfter: new Date(clock.now() + 600_000).toUTCString() });
    await notifyBatch(messages, deps);
    expect(hiddenFor()[0]).toBeGreaterThan(500);
    expect(hiddenFor()[0]).toBeLessThanOrEqual(600);
    clock.advance(600_000);
    slack.answer({ status: 429, retryAfter: '999999' });
    await notifyBatch(messages, deps);
    expect(hiddenFor()[0]).toBeGreaterThan(42_000);
    expect(hiddenFor()[0]).toBeLessThanOrEqual(43_200);
  });

  it.each([
    ['an error of Slack', { status: 500 }, 'slack.500'],
    ['a page of a proxy', { status: 503, body: '<html>' }, 'slack.503'],
    ['a redirect, which is not followed', { status: 302 }, 'slack.302'],
    ['a cut connection', 'take-then-reset', 'slack.unreachable'],
  ] as const)('waits longer each time after %s', async (_name, answer, reason) => {
    const messages = await received(alertEvent(testAlert()));
    slack.answer(answer, answer);
    expect(await notifyBatch(messages, deps)).toEqual(failures(messages));
    const first = hiddenFor()[0] ?? 0;
    const later = messages.map((each) => ({
      ...each,
      attributes: { ApproximateReceiveCount: '5' },
    }));
    expect(await notifyBatch(later, deps)).toEqual(failures(messages));
    expect(hiddenFor()[0]).toBeGreaterThan(first * 10);
    expect(logged.filter(({ level }) => level === 'warn')[0]?.fields?.['reason']).toBe(reason);
    expect(await notifyBatch(messages, deps)).toEqual(failures([]));
    expect(slack.messages).toHaveLength(answer === 'take-then-reset' ? 3 : 1);
  });

  it('gives up on a webhook that does not answer, and tries again', async () => {
    const messages = await received(alertEvent(testAlert()));
    const sink = new SlackSink({ credential: fixedCredential(slack.url), clock, timeoutMs: 100 });
    slack.answer('hang');
    expect(await notifyBatch(messages, { ...deps, sink })).toEqual(failures(messages));
    expect(await notifyBatch(messages, deps)).toEqual(failures([]));
    expect(slack.messages).toHaveLength(1);
  });

  it.each([
    [400, 'invalid_blocks', 'slack.400 invalid_blocks'],
    [403, 'action_prohibited', 'slack.403 action_prohibited'],
    [404, '<html>secret</html>', 'slack.404'],
    [410, 'channel_is_archived', 'slack.410 channel_is_archived'],
  ])(
    'buries what Slack refuses with %i, with the reason, and goes on',
    async (status, body, reason) => {
      const [one, two] = alerts(2) as [Alert, Alert];
      const messages = await received(alertEvent(one), alertEvent(two));
      slack.answer({ status, body });
      expect(await notifyBatch(messages, deps)).toEqual(failures([]));
      expect(slack.messages).toHaveLength(1);
      expect(buried()).toEqual([
        {
          body: messages[0]?.body,
          attributes: {
            reason,
            sink: 'slack',
            alertId: one.alertId,
            revision: '1',
            detectionId: one.detectionId,
          },
        },
      ]);
      // Once the cause is mended, dead letters can be sent back and are delivered.
      expect(await notifyBatch(messages, deps)).toEqual(failures([]));
      expect(slack.messages).toHaveLength(2);
    },
  );

  it('tells alarms about deliveries that go another way, and tries again while Slack does not take them', async () => {
    const alarm = {
      AlarmName: 'AsanaAuditBus-delivery-failing-sns',
      AlarmDescription:
        'Alerts do not reach SNS. First: look <!channel>. Runbook: https://example.com/runbook.md#alert-delivery-failing',
      NewStateValue: 'ALARM',
      NewStateReason: 'Threshold Crossed: 3 datapoints were greater than the threshold (1.0).',
      StateChangeTime: '2026-11-28T03:00:00.000+0000',
    };
    slack.answer({ status: 500 });
    const [first] = await received(alarm);
    if (first === undefined) throw new Error('nothing was received');
    expect(await notifyBatch([first], deps)).toEqual(failures([first]));
    expect(await notifyBatch([first], deps)).toEqual(failures([]));
    expect(slack.messages).toHaveLength(1);
    const told = JSON.stringify(slack.messages[0]);
    expect(told).toContain('ALARM: AsanaAuditBus-delivery-failing-sns');
    expect(told).toContain('<https://example.com/runbook.md#alert-delivery-failing|Runbook>');
    expect(told).not.toContain('<!channel>');
  });

  it('buries what is no event, or no alert', async () => {
    const broken = alertEvent({ ...testAlert(), severity: 'urgent' as never });
    const messages = await received('not json', '7', broken);
    expect(await notifyBatch(messages, deps)).toEqual(failures([]));
    expect(buried().map(({ attributes }) => attributes['reason'])).toEqual([
      'notify.malformed',
      'notify.malformed',
      'notify.malformed',
    ]);
  });

  it('does nothing but say so while nobody has set the secret', async () => {
    const messages = await received(...alerts(3).map((alert) => alertEvent(alert)));
    const sink = new SlackSink({ credential: { read: async () => undefined }, clock });
    expect(await notifyBatch(messages, { ...deps, sink })).toEqual(failures([]));
    const warnings = logged.filter(({ level }) => level === 'warn');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.message).toContain('put-secret-value');
    expect(slack.requests).toEqual([]);
  });

  it.for(['https:/', 'xoxp-1', '{}', 'xoxb-1'])(
    'keeps what comes while the secret is %s',
    async (value) => {
      const messages = await received(...alerts(2).map((alert) => alertEvent(alert)));
      let secret = value;
      const sink = new SlackSink({ credential: { read: async () => secret }, clock });
      expect(await notifyBatch(messages, { ...deps, sink })).toEqual(failures(messages));
      expect(hiddenFor().map((seconds) => Math.round(seconds))).toEqual([15, 15]);
      const errors = logged.filter(({ level }) => level === 'error');
      expect(errors).toHaveLength(1);
      expect(errors[0]?.message).not.toContain(value);
      secret = slack.url;
      expect(await notifyBatch(messages, { ...deps, sink })).toEqual(failures([]));
      expect(slack.messages).toHaveLength(2);
      expect(buried()).toEqual([]);
    },
  );

  it('rejects when the secret cannot be read, so that all come again', async () => {
    const messages = await received(alertEvent(testAlert()));
    const read = async () => {
      throw new Error('throttled');
    };
    const sink = new SlackSink({ credential: { read }, clock });
    await expect(notifyBatch(messages, { ...deps, sink })).rejects.toThrow('throttled');
  });

  it('reads the secret anew when its webhook is gone, and uses the new one', async () => {
    const messages = await received(alertEvent(testAlert()));
    const read = async (fresh?: boolean) => (fresh ? slack.url : `${slack.url}-old`);
    slack.answer({ status: 404, body: 'no_service' });
    const sink = new SlackSink({ credential: { read }, clock });
    expect(await notifyBatch(messages, { ...deps, sink })).toEqual(failures([]));
    expect(slack.requests.map(({ path }) => path.endsWith('-old'))).toEqual([true, false]);
    expect(buried()).toEqual([]);
  });

  it('keeps the address of the webhook out of logs and dead letters', async () => {
    const messages = await received(alertEvent(testAlert()), 'x');
    slack.answer({ status: 404, body: slack.url });
    await notifyBatch(messages, deps);
    const traces = JSON.stringify([logged, buried()]);
    expect(traces).not.toContain('/services/');
    expect(traces).not.toContain('eve@example.com","reason');
  });

  it('begins no delivery late in its time, and lets the rest come again at once', async () => {
    const messages = await received(...alerts(3).map((alert) => alertEvent(alert)));
    const slow: Sink = {
      name: 'slow',
      prepare: async () => ({ ready: true, edits: false }),
      destination: () => '',
      deliverRollUp: async () => ({ outcome: 'delivered' }),
      deliver: async () => {
        clock.advance(8_000);
        return { outcome: 'delivered' };
      },
    };
    expect(await notifyBatch(messages, { ...deps, sink: slow })).toEqual(
      failures(messages.slice(2)),
    );
  });
});

describe('claims', () => {
  it('lets one of two copies deliver while the other waits for it', async () => {
    const messages = await received(alertEvent(testAlert()), alertEvent(testAlert()));
    const entered = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    const waiting: Sink = {
      name: 'slack',
      prepare: () => deps.sink.prepare(),
      destination: () => '',
      deliverRollUp: async () => ({ outcome: 'delivered' }),
      deliver: async (notice, memory) => {
        entered.resolve();
        await gate.promise;
        return deps.sink.deliver(notice, memory);
      },
    };
    const [mine, theirs] = [messages.slice(0, 1), messages.slice(1)];
    const first = notifyBatch(mine, { ...deps, sink: waiting });
    await entered.promise;
    expect(await notifyBatch(theirs, deps)).toEqual(failures(theirs));
    expect(slack.messages).toHaveLength(0);
    gate.resolve();
    expect(await first).toEqual(failures([]));
    expect(await notifyBatch(theirs, deps)).toEqual(failures([]));
    expect(slack.messages).toHaveLength(1);
  });

  it('that the sink has a message is noted however often the table fails first', async () => {
    const { claims } = deps;
    let refusals = 4;
    const fragile = {
      ...deps,
      claims: {
        claim: (...args: Parameters<typeof claims.claim>) => claims.claim(...args),
        read: (...args: Parameters<typeof claims.read>) => claims.read(...args),
        release: (...args: Parameters<typeof claims.release>) => claims.release(...args),
        confirm: async (...args: Parameters<typeof claims.confirm>) => {
          if (refusals-- > 0) throw new Error('the table does not answer');
          await claims.confirm(...args);
        },
      },
    };
    const messages = await received(alertEvent(testAlert()));
    expect(await notifyBatch(messages, fragile)).toEqual(failures([]));
    clock.advance(2 * CLAIM_LEASE_MS);
    await notifyBatch(await received(alertEvent(testAlert())), fragile);
    expect(slack.messages).toHaveLength(1);
  });

  it('delivers each alert at least once, and twice only when it died between sending and confirming', async () => {
    const message = alertEvent(testAlert());
    for (let step = 1; step <= 4; step++) {
      for (const when of ['before', 'after'] as const) {
        slack.messages.length = 0;
        const alert = testAlert({ alertId: `crash-${step}-${when}` });
        const messages = await received({ ...message, detail: alertEvent(alert)['detail'] });
        let calls = 0;
        const crash = async <T>(call: () => Promise<T>): Promise<T> => {
          calls += 1;
          // The dead do nothing more.
          if (calls > step || (calls === step && when === 'before')) throw new Error('crash');
          const result = await call();
          if (calls === step && when === 'after') throw new Error('crash');
          return result;
        };
        const { claims, sink, queue } = deps;
        const dying: NotifyDeps = {
          ...deps,
          claims: {
            claim: (...args) => crash(() => claims.claim(...args)),
            confirm: (...args) => crash(() => claims.confirm(...args)),
            release: (...args) => crash(() => claims.release(...args)),
            read: (...args) => crash(() => claims.read(...args)),
          },
          sink: {
            name: sink.name,
            prepare: () => sink.prepare(),
            destination: (given) => sink.destination(given),
            deliverRollUp: (given) => crash(() => sink.deliverRollUp(given)),
            deliver: (...given) => crash(() => sink.deliver(...given)),
          },
          queue,
        };
        await notifyBatch(messages, dying);
        clock.advance(CLAIM_LEASE_MS);
        expect(await notifyBatch(messages, deps)).toEqual(failures([]));
        // Calls are claim, deliver, confirm: between the end of the second and that of the third nobody knows.
        const unknown = (step === 2 && when === 'after') || (step === 3 && when === 'before');
        expect(slack.messages.length).toBe(unknown ? 2 : 1);
      }
    }
  });

  it('is held for a lease, then anybody may take it, and a late release changes nothing', async () => {
    const { claims } = deps;
    const key = { scope: 'alert', name: '1#slack' };
    const first = await claims.claim(key);
    expect(first).toMatchObject({ outcome: 'claimed', memory: {} });
    expect(await claims.claim(key)).toEqual({ outcome: 'held', leftMs: CLAIM_LEASE_MS });
    expect((await claims.claim({ ...key, name: '1#sns' })).outcome).toBe('claimed');
    expect((await claims.claim({ ...key, name: '2#slack' })).outcome).toBe('claimed');
    clock.advance(CLAIM_LEASE_MS);
    const second = await claims.claim(key);
    expect(second.outcome).toBe('claimed');
    const token = first.outcome === 'claimed' ? first.token : '';
    await claims.release(key, token, { late: true });
    expect((await claims.claim(key)).outcome).toBe('held');
    await claims.confirm(key, { sent: 1 });
    clock.advance(CLAIM_SECONDS * 1_000 - 60_000);
    expect(await claims.claim(key)).toEqual({ outcome: 'delivered', memory: { sent: 1 } });
    expect(await claims.read(key)).toEqual({ sent: 1 });
    clock.advance(60_000);
    expect(await claims.read(key)).toBeUndefined();
    expect(await claims.claim(key)).toMatchObject({ outcome: 'claimed', memory: {} });
  });

  it('hands on what was remembered, through crashes and takeovers', async () => {
    const { claims } = deps;
    const key = { scope: 'alert', name: 'message#slack' };
    const first = await claims.claim(key);
    if (first.outcome !== 'claimed') throw new Error('not claimed');
    await claims.release(key, first.token, { ts: '1' });
    expect(await claims.claim(key)).toMatchObject({ outcome: 'claimed', memory: { ts: '1' } });
    clock.advance(CLAIM_LEASE_MS);
    expect(await claims.claim(key)).toMatchObject({ outcome: 'claimed', memory: { ts: '1' } });
  });
});

describe('delivering to SNS', () => {
  it('publishes a text per protocol with attributes that filter policies see', async () => {
    const { topicArn } = aws.createTopic(`topic-${scenes}`);
    aws.createQueue(`all-${scenes}`);
    aws.createQueue(`critical-${scenes}`);
    aws.subscribe({ topic: `topic-${scenes}`, queue: `all-${scenes}` });
    aws.subscribe({
      topic: `topic-${scenes}`,
      queue: `critical-${scenes}`,
      attributes: { FilterPolicy: JSON.stringify({ severity: ['critical'] }) },
    });
    const [one, two] = alerts(2) as [Alert, Alert];
    const messages = await received(alertEvent(one), alertEvent({ ...two, severity: 'critical' }));
    const sink = new SnsSink(sns, topicArn);
    expect(await notifyBatch(messages, { ...deps, sink })).toEqual(failures([]));
    expect(await notifyBatch(messages, { ...deps, sink })).toEqual(failures([]));
    const bodies = (queue: string) =>
      (aws.inspectQueue(queue)?.messages.ready ?? []).map(
        (message) => JSON.parse(message.body) as Record<string, never>,
      );
    expect(bodies(`all-${scenes}`)).toHaveLength(2);
    const [notice] = bodies(`all-${scenes}`);
    // fauxqs hands every subscriber the whole structure; SNS picks the protocol's own text.
    const structure = JSON.parse(notice?.['Message'] ?? '');
    expect(JSON.parse(structure.sqs)).toEqual(one);
    expect(structure.email).toContain(one.summary);
    expect(notice).toMatchObject({
      Subject: 'High severity: SAML no longer required (Example Corp)',
      MessageAttributes: {
        severity: { Value: 'high' },
        detectionId: { Value: one.detectionId },
        workspaceGid: { Value: one.workspaceGid },
      },
    });
    expect(bodies(`critical-${scenes}`)).toHaveLength(1);
  });

  it('buries what SNS refuses for good and tries again what passes', async () => {
    const messages = await received(alertEvent(testAlert()));
    const nowhere = new SnsSink(sns, 'arn:aws:sns:us-east-1:000000000000:no-such-topic');
    expect(await notifyBatch(messages, { ...deps, sink: nowhere })).toEqual(failures([]));
    expect(buried()[0]?.attributes['reason']).toMatch(/^sns\.NotFound/);
    const away = new SNSClient({
      endpoint: 'http://127.0.0.1:1',
      region: 'us-east-1',
      credentials: TEST_CREDENTIALS,
      maxAttempts: 1,
    });
    const unreachable = new SnsSink(away, 'arn:aws:sns:us-east-1:000000000000:topic');
    expect(await notifyBatch(messages, { ...deps, sink: unreachable })).toEqual(failures(messages));
    away.destroy();
  });
});
