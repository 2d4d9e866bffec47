// `npm run dlq` as a process: on a deployment's queues and bucket, and on a data folder with and without a run on it.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TEST_CALLER } from '../../support/aws.ts';
import { runCommand } from '../../support/command.ts';
import { startDeployment, TEST_WORKSPACE } from '../../support/deployment.ts';
import { jsonLines, killRuns, run, startRun } from '../../support/local-run.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

let folder: string;
let toClose: Array<() => unknown>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dlq-'));
  toClose = [() => rmSync(folder, { recursive: true, force: true })];
});
afterEach(async () => {
  killRuns();
  for (const close of toClose.reverse()) await close();
});

const event = {
  'detail-type': 'user_login_failed',
  source: 'asana.audit-log',
  detail: { metadata: {}, data: { gid: '77', actor: { name: 'Eve\u001b[2J' } } },
};
const RECENTLY = expect.stringMatching(/^2\d\d\d-.*Z$/);
const KEY = `quarantine/${TEST_WORKSPACE}/2026-10-05/99.json`;

describe('a deployment', () => {
  async function deployment() {
    const made = await startDeployment();
    toClose.push(made.close);
    const { sqs, env } = made;
    const send = (
      { url }: { url: string },
      body: unknown,
      attributes: Readonly<Record<string, string>> = {},
    ) =>
      sqs.send(
        new SendMessageCommand({
          QueueUrl: url,
          MessageBody: typeof body === 'string' ? body : JSON.stringify(body),
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, StringValue]) => [
              name,
              { DataType: 'String', StringValue },
            ]),
          ),
        }),
      );
    const dlq = async (...args: string[]) => {
      const finished = await runCommand('dlq', [...args, '--json'], { env });
      return { ...finished, lines: jsonLines(finished.stdout) };
    };
    return { ...made, send, dlq };
  }

  it('sends each letter back to where it came from, and says what has no way back', async () => {
    const { dlq, send, queues, events, bodies } = await deployment();
    events.rules.set('asana.login', {
      state: 'ENABLED',
      pattern: {},
      targets: [
        {
          Id: 'Queue',
          Arn: queues.detect.arn,
          InputTransformer: {
            InputTemplate: '{"detectionId":"asana.login","event":<aws.events.event.json>}',
          },
        },
      ],
    });
    await send(queues.detectDead, { detectionId: 'asana.x', event });
    await send(queues.snsDead, event, { reason: 'sns.NotFound', sink: 'sns' });
    await send(queues.rules, event, {
      ERROR_CODE: 'NO_PERMISSIONS',
      RULE_ARN: 'arn:aws:events:us-east-1:123456789012:rule/audit/asana.login',
      TARGET_ARN: queues.detect.arn,
    });
    await send(queues.email, { Subject: 'An alert' });
    await send(queues.schedules, { scheduledTime: '2026-10-05T09:00:00Z' });

    const { lines, code } = await dlq('list');
    expect(code).toBe(0);
    const seen = Object.fromEntries(lines.map((line) => [line['queue'], line]));
    expect(seen['rules']?.['why']).toBe('NO_PERMISSIONS (rule asana.login)');
    expect(seen['notify-sns']).toMatchObject({ why: 'sns.NotFound', redrivable: true });
    expect(seen['detect']?.['what']).toBe('asana.x user_login_failed 77');
    expect([seen['email']?.['redrivable'], seen['poller-schedules']?.['redrivable']]).toEqual([
      false,
      false,
    ]);

    const one = await dlq('redrive', String(seen['rules']?.['id']).slice(0, 12));
    expect([one.code, one.lines[0]?.['words']]).toEqual([0, 'detect-work']);
    expect(await bodies(queues.detect)).toEqual([
      `{"detectionId":"asana.login","event":${JSON.stringify(event)}}`,
    ]);
    expect((await dlq('redrive', '--queue', 'detect', '--all')).code).toBe(0);
    expect(await bodies(queues.detect)).toContain(
      JSON.stringify({ detectionId: 'asana.x', event }),
    );
    expect((await dlq('redrive', '--queue', 'notify-sns', '--all')).code).toBe(0);
    expect(await bodies(queues.notifySns)).toEqual([JSON.stringify(event)]);

    const mail = await dlq('redrive', '--queue', 'email', '--all');
    expect([mail.code, mail.lines[0]]).toMatchObject([1, { outcome: 'left' }]);
    expect(mail.lines[0]?.['words']).toContain('mend the subscription');
    const left = await dlq('list');
    expect(left.lines.map(({ queue }) => queue)).toEqual(['email', 'poller-schedules']);
  });

  it('drops only with a reason, and the bus has heard of it', async () => {
    const { dlq, send, queues, events } = await deployment();
    await send(queues.email, { Subject: 'An alert' });
    const without = await dlq('drop', '--queue', 'email', '--all');
    expect([without.code, without.stderr]).toMatchObject([2, /--reason is wanted/]);
    events.denied.add('PutEvents');
    const args = ['drop', '--queue', 'email', '--all', '--reason', 'read; wrong address'];
    expect(await dlq(...args)).toMatchObject({ code: 1, stderr: /dlq.not-told/ });
    expect((await dlq('list')).lines).toHaveLength(1);
    events.denied.clear();
    expect((await dlq(...args)).code).toBe(0);
    expect((await dlq('list')).lines).toEqual([]);
    expect(events.entries.at(-1)?.DetailType).toBe('Dead Letter Dropped');
    expect(JSON.parse(String(events.entries.at(-1)?.Detail)).data).toMatchObject({
      ...{ code: 'dead-letter.dropped', by: TEST_CALLER, reason: 'read; wrong address' },
      queue: 'email',
    });
  });

  it('publishes what was repaired, with the gid it had, and takes it out of quarantine', async () => {
    const { dlq, s3, bucket, events } = await deployment();
    const whole = { gid: '99', event_type: 'user_login_failed', details: 'x'.repeat(300_000) };
    const Body = JSON.stringify(whole);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: KEY, Body }));
    expect((await dlq('list', '--queue', 'quarantine')).lines).toMatchObject([
      {
        ...{ kind: 'quarantined', id: KEY, workspaceGid: TEST_WORKSPACE, gid: '99' },
        ...{ bytes: Body.length, why: expect.stringContaining('too large'), since: RECENTLY },
      },
    ]);
    expect(JSON.parse(String((await dlq('show', KEY)).lines[0]?.['body']))).toEqual(whole);

    const file = join(folder, 'repaired.json');
    const redrive = (repaired: object) => {
      writeFileSync(file, JSON.stringify(repaired));
      return dlq('redrive', '--quarantine', KEY, '--file', file, '--reason', 'details cut');
    };
    expect(await redrive(whole)).toMatchObject({ code: 2, stderr: /at most 245760/ });
    expect(await redrive({ ...whole, gid: '98', details: '' })).toMatchObject({
      ...{ code: 2, stderr: /that of the event in quarantine 99/ },
    });
    expect(events.entries).toEqual([]);
    expect((await redrive({ ...whole, details: '' })).code).toBe(0);
    expect(events.entries.map(({ DetailType }) => DetailType)).toEqual([
      'user_login_failed',
      'Quarantine Redriven',
    ]);
    const left = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    expect(left.Contents ?? []).toEqual([]);
    expect(await redrive({ ...whole, details: '' })).toMatchObject({ code: 1 });
  });

  it('redacts what polling redacts now, and lets onto the bus what polling lets, on every way back', async () => {
    const { dlq, s3, bucket, events, send, queues, bodies, setPoller, lambda } = await deployment();
    setPoller({ REDACT_PATHS: '["actor.email","details.emails.to"]', MAX_EVENT_BYTES: '5000' });
    const person = { actor: { gid: '1', email: 'marked@example.com' } };
    const whole = { gid: '99', event_type: 'user_login_failed', ...person };
    const Body = JSON.stringify(whole);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: KEY, Body }));
    const file = join(folder, 'repaired.json');
    const redrive = (repaired: object) => {
      writeFileSync(file, JSON.stringify(repaired));
      return dlq('redrive', '--quarantine', KEY, '--file', file, '--reason', 'mended');
    };
    expect(await redrive({ ...whole, details: 'x'.repeat(6_000) })).toMatchObject({
      ...{ code: 2, stderr: /at most 5000/ },
    });
    const emails = { emails: [{ to: 'marked-too@example.com' }] };
    lambda.hidden = true;
    expect(await redrive({ ...whole, details: emails })).toMatchObject({
      ...{ code: 1, stderr: /target.settings/ },
    });
    expect(events.entries).toEqual([]);
    lambda.hidden = false;
    expect((await redrive({ ...whole, details: emails })).code).toBe(0);
    expect(JSON.parse(String(events.entries[0]?.Detail))).toMatchObject({
      metadata: { redacted: ['actor.email', 'details.emails.to'] },
      data: { actor: { email: '[redacted]' } },
    });

    // Put aside while nothing was redacted yet.
    const old = { ...event, time: '2026-10-05T09:00:00Z', detail: { metadata: {}, data: whole } };
    await send(queues.detectDead, { detectionId: 'asana.x', event: old });
    await send(queues.rules, old);
    lambda.hidden = true;
    expect(await dlq('redrive', '--queue', 'rules', '--all')).toMatchObject({
      ...{ code: 1, lines: [{ outcome: 'left' }] },
    });
    lambda.hidden = false;
    expect((await dlq('redrive', '--queue', 'rules', '--all')).code).toBe(0);
    expect((await dlq('redrive', '--queue', 'detect', '--all')).code).toBe(0);
    const [body = ''] = await bodies(queues.detect);
    expect(JSON.parse(body).event.detail).toMatchObject({
      ...{ metadata: { redacted: ['actor.email'] }, data: { gid: '99' } },
    });
    expect(JSON.stringify([events.entries, body])).not.toContain('marked');
    expect(events.entries).toHaveLength(3);
  });

  it('names what is not there, and shows hostile text inert', async () => {
    const { dlq, send, queues, env } = await deployment();
    expect(await dlq('show', 'nothing')).toMatchObject({ code: 1, stderr: /dlq.unknown/ });
    expect(await dlq('list', '--queue', 'no')).toMatchObject({
      code: 2,
      stderr: /there are detect/,
    });
    expect(await dlq('redrive')).toMatchObject({ code: 2 });
    await send(queues.snsDead, event, { reason: 'bad\u001b[31m\nline' });
    const list = await runCommand('dlq', ['list'], { env });
    const id = list.stdout.trim().split(/\s+/).at(-1) ?? '';
    const show = await runCommand('dlq', ['show', id], { env });
    expect(show.stdout).toContain('"Eve\\u001b[2J"');
    expect(`${list.stdout}${show.stdout}`).not.toContain('\u001b');
  });
});

describe('a data folder', () => {
  const data = () => ['--data', join(folder, 'data')];
  /** Of a run of a workspace in which nothing has happened. */
  const quiet = () => {
    const file = join(folder, 'events.jsonl');
    writeFileSync(file, '');
    return ['--json', '--events', file, ...data()];
  };
  const dlq = async (...args: string[]) => {
    const finished = await runCommand('dlq', [...args, '--json', ...data()]);
    return { ...finished, lines: jsonLines(finished.stdout) };
  };
  const bury = (id: string) => {
    const db = new DatabaseSync(join(folder, 'data', 'queues.db'), { timeout: 5_000 });
    db.prepare(
      "INSERT INTO messages (queue, id, body, sent_at, visible_at, dead, reason) VALUES ('notify-terminal', ?, 'no JSON', 0, 0, 1, 'terminal.refused')",
    ).run(id);
    db.close();
  };

  it('is looked at and changed without a run and under one, which is told', async () => {
    await run(['--once', ...quiet()]);
    bury('a-1');
    bury('b-2');
    const { lines } = await dlq('list');
    expect(lines).toMatchObject([
      { queue: 'notify-terminal', id: 'a-1', why: 'terminal.refused' },
      { id: 'b-2' },
    ]);
    expect((await dlq('drop', 'a-1', '--reason', 'seen')).code).toBe(0);
    expect((await dlq('list')).lines.map(({ id }) => id)).toEqual(['b-2']);

    const running = startRun(quiet());
    await running.saw(/"code":"dead-letter.dropped"/);
    await running.saw(/caught up/);
    bury('c-3');
    expect((await dlq('redrive', 'c-3')).lines).toMatchObject([{ outcome: 'redriven' }]);
    // It is no JSON: the run's notifier takes it at once and buries it again, saying why.
    await vi.waitFor(
      async () =>
        expect((await dlq('show', 'c-3')).lines).toMatchObject([{ why: 'notify.malformed' }]),
      { timeout: 90_000, interval: 500 },
    );
    expect(running.child.exitCode).toBeNull();
  });

  it('has a quarantine as well', async () => {
    await run(['--once', ...quiet()]);
    const day = join(folder, 'data', 'quarantine', TEST_WORKSPACE, '2026-10-05');
    mkdirSync(day, { recursive: true });
    writeFileSync(join(day, '99.json'), '{"gid":"99"}');
    expect((await dlq('list')).lines).toMatchObject([
      { kind: 'quarantined', id: KEY, bytes: 12, since: RECENTLY },
    ]);
    const words = await runCommand('dlq', ['list', ...data()]);
    expect(words.stdout).toMatch(
      new RegExp(`^IN QUARANTINE SINCE .*\\n.* UTC  12 bytes.*  ${KEY}\\n$`),
    );
    expect(await dlq('show', 'quarantine/../lock')).toMatchObject({ code: 1, stdout: '' });
    expect((await dlq('drop', KEY, '--reason', 'dealt with')).code).toBe(0);
    expect(readdirSync(day)).toEqual([]);
  });
});
