// `npm run doctor -- --send-test` on a deployment whose notifiers run: bus, rule, queues, the notifiers' own code, Slack and SNS,
// with a sink that refuses, one that nobody delivers to, and a bus that takes nothing.
import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DynamoClaims } from '../../../lib/alerts/delivery/claims.ts';
import { SqsNotifierQueue } from '../../../lib/alerts/delivery/notifier-queue.ts';
import { notifyBatch } from '../../../lib/alerts/delivery/notify.ts';
import { openedAndClosedPattern } from '../../../lib/alerts/delivery/sink-patterns.ts';
import type { Sink } from '../../../lib/alerts/delivery/sink-port.ts';
import { fixedCredential, SlackSink } from '../../../lib/alerts/slack/sink.ts';
import { SnsSink } from '../../../lib/alerts/sns/sink.ts';
import { runChecks, type Told } from '../../../lib/cli/doctor/finding.ts';
import { sendTestCheck } from '../../../lib/cli/doctor/test-alert.ts';
import { withTarget } from '../../../lib/cli/target/target.ts';
import { type Clock, systemClock } from '../../../lib/clock.ts';
import { silentLog } from '../../../lib/log.ts';
import { runCommand } from '../../support/command.ts';
import { startDeployment } from '../../support/deployment.ts';
import { jsonLines } from '../../support/local-run.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { startSlack } from '../../support/slack.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

type Deployment = Awaited<ReturnType<typeof startDeployment>>;
let made: Deployment;
let toClose: Array<() => unknown>;
beforeEach(async () => {
  made = await startDeployment();
  toClose = [made.close];
  const { queues, events } = made;
  const targets = [queues.notifySlack, queues.notifySns].map(({ arn }) => ({ Id: arn, Arn: arn }));
  events.rules.set('sinks', { state: 'ENABLED', pattern: openedAndClosedPattern, targets });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of toClose.reverse()) await close();
});

/** Takes from the sink's queue what Lambda would hand to its notifier, until the test ends. */
function runNotifier(sink: Sink, url: string, deadLetterUrl: string): void {
  const { sqs, dynamo } = made;
  const claims = new DynamoClaims({
    ...{ client: dynamo.client, tableName: 'state', clock: systemClock },
  });
  const queue = new SqsNotifierQueue(sqs, url, deadLetterUrl);
  const stop = new AbortController();
  const done = (async () => {
    while (!stop.signal.aborted) {
      const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url }));
      const batch = Messages.map(({ MessageId = '', ReceiptHandle = '', Body = '' }) => ({
        ...{ messageId: MessageId, receiptHandle: ReceiptHandle, body: Body },
        attributes: { ApproximateReceiveCount: '1' },
      }));
      const deps = { sink, claims, queue, clock: systemClock, log: silentLog };
      if (batch.length > 0) await notifyBatch(batch, deps);
      await systemClock.sleep(50, stop.signal);
    }
  })();
  toClose.push(() => {
    stop.abort();
    return done;
  });
}

async function startSinks() {
  const slack = await startSlack();
  toClose.push(() => slack.close());
  const { sns, queues, topics } = made;
  const credential = fixedCredential(slack.url);
  runNotifier(
    new SlackSink({ credential, clock: systemClock }),
    queues.notifySlack.url,
    queues.slackDead.url,
  );
  runNotifier(new SnsSink(sns, topics[0] ?? ''), queues.notifySns.url, queues.snsDead.url);
  return slack;
}

/** Without a process of its own, so that a clock can be given. */
async function sendTest(clock: Clock): Promise<Told[]> {
  for (const name of Object.keys(process.env).filter((one) => one.startsWith('AWS_'))) {
    vi.stubEnv(name, undefined);
  }
  for (const [name, value] of Object.entries(made.env)) vi.stubEnv(name, value);
  const told: Told[] = [];
  const terminal = { env: process.env, clock };
  await withTarget({}, terminal, { create: false }, (target) =>
    runChecks([sendTestCheck(target, clock)], async (one) => {
      told.push(one);
    }),
  );
  return told;
}

it('reaches every sink, marked as a test, and says so of each', async () => {
  const slack = await startSinks();
  expect(await sendTest(systemClock)).toMatchObject([
    { outcome: 'ok', of: 'slack' },
    { outcome: 'ok', of: 'sns' },
  ]);
  expect(slack.messages.map(({ text }) => text)).toEqual([expect.stringContaining('[TEST]')]);
  expect((await made.bodies(made.queues.email)).join()).toContain('[TEST]');
});

it('tells a sink that refuses from one that takes it; why stands with the dead letter', async () => {
  const slack = await startSinks();
  slack.answer({ status: 404, body: 'no_service' });
  const { env } = made;
  const { code, stdout, stderr } = await runCommand('doctor', ['--json', '--send-test'], { env });
  const told = jsonLines(stdout).filter(({ check }) => check === 'test alert');
  expect([code, stderr]).toEqual([1, '']);
  expect(told).toMatchObject([
    { outcome: 'failure', of: 'slack', todo: expect.stringContaining('--queue notify-slack') },
    { outcome: 'ok', of: 'sns' },
  ]);
  const list = ['list', '--json', '--queue', 'notify-slack'];
  const letters = jsonLines((await runCommand('dlq', list, { env })).stdout);
  expect(letters).toMatchObject([{ why: expect.stringContaining('404') }]);
});

it('says of a sink that nobody delivers to that it is not delivered, after a minute', async () => {
  expect(await sendTest(manualClock())).toMatchObject([
    { outcome: 'failure', of: 'slack', words: 'not delivered within 60 s' },
    { outcome: 'failure', of: 'sns' },
  ]);
});

it('says that the bus does not take it', async () => {
  made.events.denied.add('PutEvents');
  expect(await sendTest(systemClock)).toMatchObject([
    { outcome: 'failure', words: expect.stringContaining('the bus did not take it') },
  ]);
});
