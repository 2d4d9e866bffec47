// `npm run doctor` as a process: on a deployment that is well, on one that is broken in each of its parts, before the first
// deploy, and on a data folder.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MemoryEventLog } from '../../../lib/local/simulator/event-log.ts';
import { startSimulator } from '../../../lib/local/simulator/server.ts';
import { runCommand } from '../../support/command.ts';
import { SLACK_ARN, startDeployment, TEST_WORKSPACE, TOKEN_ARN } from '../../support/deployment.ts';
import { jsonLines, killRuns, run, startRun } from '../../support/local-run.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

let toClose: Array<() => unknown>;
beforeEach(() => {
  toClose = [];
});
afterEach(async () => {
  killRuns();
  for (const close of toClose.reverse()) await close();
});

async function deployment(options: Parameters<typeof startDeployment>[0] = {}) {
  const made = await startDeployment(options);
  toClose.push(made.close);
  const asana = await startSimulator({ log: new MemoryEventLog([]), workspaceGid: TEST_WORKSPACE });
  toClose.push(() => asana.close());
  made.setPoller({ ASANA_BASE_URL: asana.url });
  // Nobody listens there: what is deployed is never asked for at an address of this environment.
  const env: NodeJS.ProcessEnv = { ...made.env, ASANA_BASE_URL: 'http://127.0.0.1:1' };
  const doctor = async (...args: string[]) => {
    const finished = await runCommand('doctor', ['--json', ...args], { env });
    return { ...finished, findings: jsonLines(finished.stdout) };
  };
  return { ...made, env, doctor, asana };
}

type Findings = ReturnType<typeof jsonLines>;
const outcomesOf = (findings: Findings) =>
  Object.fromEntries(
    findings.map(({ check, of, outcome }) => [
      of === undefined ? check : `${check} ${of}`,
      outcome,
    ]),
  );
const of = (findings: Findings, check: string, what?: string) =>
  findings.filter((each) => each['check'] === check && (what === undefined || each['of'] === what));

describe('a deployment', () => {
  it('that is well: every line ok, no secret in any', async () => {
    const { doctor, polledJustNow } = await deployment();
    await polledJustNow();
    const { code, findings, stdout, stderr } = await doctor();
    expect(findings.filter(({ outcome }) => outcome !== 'ok')).toEqual([]);
    expect([code, stderr]).toEqual([0, '']);
    expect(Object.keys(outcomesOf(findings))).toEqual(
      expect.arrayContaining([
        ...['credentials', 'region', 'stack', 'bus', 'rules', 'alarms', 'quarantine', 'slack'],
        ...[`token ${TEST_WORKSPACE}`, `polling ${TEST_WORKSPACE}`, 'topics alerts'],
        ...['queues detect', 'queues detect-work', 'queues rules', 'queues poller-schedules'],
      ]),
    );
    expect(stdout).not.toContain('marked-');
  });

  it('that is broken: each fault found beside the others, with what to do', async () => {
    const { doctor, secrets, events, sqs, s3, queues, bucket } = await deployment();
    secrets.values.delete(TOKEN_ARN);
    secrets.values.set(SLACK_ARN, 'xoxp-marked-person');
    events.rules.set('off', { state: 'DISABLED', pattern: {}, targets: [] });
    const send = { QueueUrl: queues.rules.url, MessageBody: 'x' };
    await sqs.send(new SendMessageCommand(send));
    await s3.send(
      new PutObjectCommand({ Bucket: bucket, Key: 'quarantine/1/d/2.json', Body: '{}' }),
    );
    events.rules.delete('asana.test');
    events.alarms.splice(0, 1, {
      AlarmName: 'AsanaAuditBus-dead-letters-rules',
      StateValue: 'ALARM',
      StateReason: 'Threshold Crossed',
      AlarmDescription: 'A rule failed. Runbook: https://example.com/runbook.md#dead-letters',
    });
    const { code, findings, stdout } = await doctor();
    expect(code).toBe(1);
    expect(outcomesOf(findings)).toMatchObject({
      [`token ${TEST_WORKSPACE}`]: 'failure',
      slack: 'failure',
      'rules off': 'failure',
      'rules asana.test': 'failure',
      'queues rules': 'failure',
      'queues detect': 'ok',
      quarantine: 'warning',
      'alarms AsanaAuditBus-dead-letters-rules': 'failure',
      'alarms AsanaAuditBus-lag': 'failure',
      [`polling ${TEST_WORKSPACE}`]: 'warning',
    });
    expect(of(findings, 'token')[0]?.['todo']).toContain(`Step1SetAsanaToken${TEST_WORKSPACE}`);
    expect(of(findings, 'alarms')[0]?.['todo']).toBe('https://example.com/runbook.md#dead-letters');
    expect(stdout).not.toContain('marked-');
  });

  it('that may not be looked at everywhere: says so and looks at the rest', async () => {
    const { doctor, events, polledJustNow } = await deployment();
    await polledJustNow();
    events.denied.add('ListRules').add('DescribeAlarms');
    const { code, findings } = await doctor();
    expect(code).toBe(0);
    const unseen = findings.filter(({ outcome }) => outcome === 'warning');
    expect(unseen.map(({ check }) => check)).toEqual(['rules', 'alarms']);
    for (const { words, todo } of unseen) {
      expect([words, todo]).toEqual(['could not be checked', expect.stringContaining('denies')]);
    }
  });

  it('whose poller is gone, or hides how it is set up: its token is sent nowhere', async () => {
    const { doctor, lambda, polledJustNow } = await deployment();
    await polledJustNow();
    const found = async () => {
      const { code, findings } = await doctor();
      const token = of(findings, 'token').map(({ outcome }) => outcome);
      return { code, token, poller: of(findings, 'poller')[0] };
    };
    lambda.hidden = true;
    expect(await found()).toMatchObject({
      ...{ code: 1, token: ['ok', 'warning'], poller: { outcome: 'failure' } },
    });
    lambda.refuse = { status: 403, code: 'AccessDeniedException' };
    expect(await found()).toMatchObject({
      ...{ code: 0, token: ['ok', 'warning'] },
      poller: { outcome: 'warning', todo: expect.stringContaining('denies') },
    });
    delete lambda.refuse;
    lambda.functions.clear();
    expect(await found()).toMatchObject({
      ...{ code: 1, poller: { todo: expect.stringContaining('npx cdk deploy') } },
    });
  });

  it('whose bus is gone, that failed to deploy, that was never finished', async () => {
    const rolledBack = await deployment({ status: 'UPDATE_ROLLBACK_FAILED' });
    rolledBack.events.busName = 'another';
    const { code, findings } = await rolledBack.doctor();
    expect(code).toBe(1);
    expect(outcomesOf(findings)).toMatchObject({ stack: 'failure', bus: 'failure' });
    const unfinished = await deployment({ stacks: { AsanaAuditBus: {} }, status: 'CREATE_FAILED' });
    const half = await unfinished.doctor();
    expect([half.code, half.findings.at(-1)?.['words']]).toEqual([1, 'has not all its outputs']);
  });

  it.each([
    [401, 'asana.unauthorized', 'revoked'],
    [402, 'asana.payment-required', 'Enterprise+'],
    [403, 'asana.forbidden', 'scope'],
  ])('whose token Asana answers with %i: told apart', async (status, code, words) => {
    const made = await startDeployment();
    toClose.push(made.close);
    const { createServer } = await import('node:http');
    const server = createServer((_, response) => response.writeHead(status).end('{}'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    toClose.push(() => server.close());
    const { port } = server.address() as { port: number };
    made.setPoller({ ASANA_BASE_URL: `http://127.0.0.1:${port}` });
    const { env } = made;
    const { stdout } = await runCommand('doctor', ['--json'], { env });
    const failed = of(jsonLines(stdout), 'token').find(({ outcome }) => outcome === 'failure');
    expect(failed?.['words']).toContain(code);
    expect(failed?.['todo']).toContain(words);
  });
});

describe('before the first deploy', () => {
  it('looks at bootstrap, cdk.json and a token in the environment', async () => {
    const { env, asana } = await deployment();
    const args = ['--json', '--stack', 'Other'];
    const { code, stdout } = await runCommand('doctor', args, {
      env: {
        ...env,
        ASANA_BASE_URL: asana.url,
        ASANA_ACCESS_TOKEN: 'marked-token',
        ASANA_WORKSPACE_GID: TEST_WORKSPACE,
      },
    });
    expect(code).toBe(1);
    expect(outcomesOf(jsonLines(stdout))).toMatchObject({
      ...{ region: 'ok', credentials: 'ok', stack: 'failure', bootstrap: 'ok' },
      [`token ${TEST_WORKSPACE}`]: 'ok',
    });
    expect(stdout).not.toContain('marked-');
  });

  it('without a region or credentials says what to set, and looks at cdk.json all the same', async () => {
    const env = { HOME: '/nowhere', AWS_EC2_METADATA_DISABLED: 'true' };
    const none = await runCommand('doctor', ['--json'], { env });
    expect(outcomesOf(jsonLines(none.stdout))).toMatchObject({ region: 'failure' });
    const { code, stdout } = await runCommand('doctor', ['--json', '--region', 'eu-west-1'], {
      env,
    });
    expect(code).toBe(1);
    const findings = jsonLines(stdout);
    expect(outcomesOf(findings)).toMatchObject({ region: 'ok', credentials: 'failure' });
    expect(of(findings, 'configuration')).not.toEqual([]);
  });
});

describe('on a data folder', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'doctor-'));
    toClose.push(() => rmSync(folder, { recursive: true, force: true }));
  });

  it('says how it does, and sends a test through a run', async () => {
    const data = ['--data', join(folder, 'data')];
    const file = join(folder, 'events.jsonl');
    writeFileSync(file, '');
    const events = ['--events', file, ...data];
    expect((await runCommand('doctor', data)).code).toBe(2);
    await run(['--once', '--json', ...events]);
    const idle = await runCommand('doctor', ['--json', '--send-test', ...data]);
    expect(idle.code).toBe(0);
    expect(outcomesOf(jsonLines(idle.stdout))).toMatchObject({
      ...{ run: 'warning', queues: 'ok', quarantine: 'ok', 'test alert': 'warning' },
    });
    const running = startRun(['--json', ...events]);
    await running.saw(/caught up/);
    const tested = await runCommand('doctor', ['--json', '--send-test', ...data]);
    expect([tested.code, tested.stderr]).toEqual([0, '']);
    expect(outcomesOf(jsonLines(tested.stdout))).toMatchObject({ 'test alert terminal': 'ok' });
    await running.saw(/\[TEST\] Nothing has happened/);
  });
});
