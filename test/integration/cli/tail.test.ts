// `npm run tail` as a process: on a deployment, where it must leave nothing behind however it ends, and on a local run.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { CreateQueueCommand, ListQueuesCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../../support/command.ts';
import { startDeployment } from '../../support/deployment.ts';
import { jsonLines, killRuns, startRun } from '../../support/local-run.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

const SCRIPT = new URL('../../../lib/cli/tail.ts', import.meta.url).pathname;

let toClose: Array<() => unknown>;
beforeEach(() => {
  toClose = [];
});
afterEach(async () => {
  killRuns();
  for (const close of toClose.reverse()) await close();
});

function startTail(args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', SCRIPT, ...args],
    {
      env: { PATH: process.env['PATH'], ...env },
    },
  );
  toClose.push(() => child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return { child, stdout: () => stdout, stderr: () => stderr, ended: once(child, 'close') };
}

const until = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: 90_000, interval: 100 });

async function deployment() {
  const made = await startDeployment();
  toClose.push(made.close);
  const { sqs, events, env } = made;
  const client = new EventBridgeClient({
    endpoint: env.AWS_ENDPOINT_URL_EVENTBRIDGE,
    region: env.AWS_REGION,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  toClose.push(() => client.destroy());
  return {
    ...made,
    tails: () => [...events.rules.keys()].filter((name) => name.startsWith('audit-tail-')),
    queuesLeft: async () =>
      (await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'audit-tail-' }))).QueueUrls ?? [],
    put: (Source: string, DetailType: string, data: object) => {
      const Detail = JSON.stringify({ metadata: {}, data });
      const Entries = [{ EventBusName: 'audit', Source, DetailType, Detail }];
      return client.send(new PutEventsCommand({ Entries }));
    },
  };
}

describe('a deployment', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'shows what fits, and leaves nothing after %s',
    async (signal) => {
      const { env, tails, queuesLeft, events, put } = await deployment();
      const tail = startTail(
        ['--json', '--source', 'events,alerts', '--actor', 'eve@example.com'],
        env,
      );
      await until(() => expect(events.rules.get(tails()[0] ?? '')?.targets).toHaveLength(1));
      await put('asana.audit-log', 'user_login_failed', { gid: '1', actor: { email: 'other' } });
      await put('asana.audit-log.poller', 'Possible Gap', { code: 'x', message: 'y' });
      await put('asana.audit-log', 'user_login_failed', {
        gid: '2',
        actor: { email: 'Eve@example.com' },
      });
      await until(() => expect(jsonLines(tail.stdout())).toHaveLength(1));
      expect(jsonLines(tail.stdout())[0]).toMatchObject({
        kind: 'event',
        event: { detail: { data: { gid: '2' } } },
      });
      tail.child.kill(signal);
      expect((await tail.ended)[0]).toBe(0);
      expect([tails(), await queuesLeft()]).toEqual([[], []]);
    },
  );

  it('leaves nothing where it may not make its rule, and says so', async () => {
    const { env, tails, queuesLeft, events } = await deployment();
    events.denied.add('PutTargets');
    const { code, stderr } = await runCommand('tail', [], { env });
    expect([code, stderr]).toEqual([1, expect.stringContaining('AWS denies this call')]);
    expect([tails(), await queuesLeft()]).toEqual([[], []]);
  });

  it('removes what a dead one left once its time is over, and nothing else', async () => {
    const { env, tails, queuesLeft, events, sqs } = await deployment();
    const [over, open] = ['audit-tail-1700000000-0a1b2c3d', 'audit-tail-9900000000-0a1b2c3d'];
    for (const name of [over, open, 'audit-tail-mine']) {
      events.rules.set(name, {
        state: 'ENABLED',
        pattern: {},
        targets: [{ Id: 'Tail', Arn: 'x' }],
      });
      await sqs.send(new CreateQueueCommand({ QueueName: name }));
    }
    events.denied.add('PutRule');
    const { stderr } = await runCommand('tail', [], { env });
    expect(stderr).toContain(`Removed what earlier tails had left: ${over}`);
    expect(tails()).toEqual([open, 'audit-tail-mine']);
    expect((await queuesLeft()).map((url) => url.split('/').at(-1)).toSorted()).toEqual([
      open,
      'audit-tail-mine',
    ]);
  });

  it('names all that is wrong on its command line', async () => {
    const args = ['--source', 'mail', '--severity', 'huge', '--for', '3d'];
    const { code, stderr } = await runCommand('tail', args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--source: given "mail"[\s\S]+--severity[\s\S]+--for: given "3d"/);
  });
});

describe('a local run', () => {
  it('shows its bus as it comes, and ends with it; without a run it says so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tail-'));
    toClose.push(() => rmSync(folder, { recursive: true, force: true }));
    const data = ['--data', join(folder, 'data')];
    const file = join(folder, 'events.jsonl');
    writeFileSync(file, '');
    const running = startRun(['--json', '--events', file, ...data]);
    await running.saw(/caught up/);
    const tail = startTail(data, { HOME: '/nowhere' });
    await until(() => expect(tail.stderr()).toContain('as they come'));
    await runCommand('doctor', ['--send-test', ...data]);
    await until(() => expect(tail.stdout()).toContain('[TEST] Nothing has happened'));
    running.child.kill('SIGINT');
    expect((await tail.ended)[0]).toBe(0);
    await running.finished;
    const none = await runCommand('tail', data);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('local.no-run')]);
  });
});
