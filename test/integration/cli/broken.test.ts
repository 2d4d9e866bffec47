// The operators' commands on deployments and data folders that are broken: one clear line each, what it is and what to do, the
// right exit code, no stack and no secret; and what is not broken is still shown.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteTableCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DeleteBucketCommand } from '@aws-sdk/client-s3';
import { DeleteQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type Finished, runCommand } from '../../support/command.ts';
import { startDeployment, TEST_WORKSPACE } from '../../support/deployment.ts';
import { jsonLines, killRuns, run } from '../../support/local-run.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

let toClose: Array<() => unknown>;
beforeEach(() => {
  toClose = [];
});
afterEach(async () => {
  killRuns();
  for (const close of toClose.reverse()) await close();
});

/** A command that is to fail: its exit code, what it printed, and its words, a line each. */
async function command(env: NodeJS.ProcessEnv, name: string, ...args: string[]) {
  const finished = await runCommand(name, args, { env });
  return { ...finished, lines: wordsOf(finished) };
}

function wordsOf({ stdout, stderr }: Finished): string[] {
  expect(`${stdout}${stderr}`).not.toMatch(/\n +at |marked-|node:internal/);
  expect(`${stdout}${stderr}`).not.toContain('\u001b');
  return stderr.trimEnd().split('\n');
}

async function deployment() {
  const made = await startDeployment();
  toClose.push(made.close);
  await made.polledJustNow();
  return made;
}

/** Failures of doctor, `check of`, with what to do. */
async function failures(env: NodeJS.ProcessEnv): Promise<Record<string, string>> {
  const { code, stdout } = await command(env, 'doctor', '--json');
  expect(code).toBe(1);
  return Object.fromEntries(
    jsonLines(stdout)
      .filter(({ outcome }) => outcome === 'failure')
      .map(({ check, of, todo }) => [of === undefined ? check : `${check} ${of}`, String(todo)]),
  );
}

it('without its tables', async () => {
  const { env, dynamo } = await deployment();
  for (const TableName of ['checkpoints', 'state']) {
    await dynamo.client.send(new DeleteTableCommand({ TableName }));
  }
  await vi.waitFor(async () =>
    expect(
      await dynamo.client
        .send(new DeleteTableCommand({ TableName: 'state' }))
        .catch(({ name }: Error) => name),
    ).toBe('ResourceNotFoundException'),
  );
  for (const [name, ...args] of [
    ['status', '--json'],
    ['checkpoint', 'show'],
    ['alerts', 'list'],
    ['suppressions', 'list'],
  ] as const) {
    const { code, stdout, lines } = await command(env, name, ...args);
    expect([name, code, stdout, lines.length]).toEqual([name, 1, '', 1]);
    expect(lines[0]).toMatch(/^npm run \w+: .*gone.*npm run doctor.*--revert-drift/);
  }
  expect(await failures(env)).toMatchObject({
    'tables checkpoints': 'npx cdk deploy --revert-drift',
    'tables state': 'npx cdk deploy --revert-drift',
  });
});

it('without a queue, its bucket and its bus: the rest is looked at', async () => {
  const { env, sqs, s3, events, queues, bucket } = await deployment();
  await sqs.send(new SendMessageCommand({ QueueUrl: queues.email.url, MessageBody: '{}' }));
  await sqs.send(new DeleteQueueCommand({ QueueUrl: queues.detectDead.url }));
  await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
  events.busName = 'another';
  const list = await command(env, 'dlq', 'list', '--json');
  expect([list.code, jsonLines(list.stdout).map(({ queue }) => queue)]).toEqual([1, ['email']]);
  expect(list.lines).toEqual([
    expect.stringContaining('The queue detect is gone'),
    expect.stringContaining('NoSuchBucket'),
  ]);
  const all = await command(env, 'dlq', 'redrive', '--queue', 'detect', '--all');
  expect([all.code, all.lines]).toEqual([1, [expect.stringContaining('(target.gone)')]]);
  const tail = await command(env, 'tail', '--for', '1m');
  expect([tail.code, tail.lines]).toEqual([1, [expect.stringContaining('(target.gone)')]]);
  expect(Object.keys(await failures(env))).toEqual([
    'bus',
    'rules',
    'queues detect',
    'queues email',
    'quarantine',
  ]);
});

it('with a checkpoint that somebody has edited, beside one that is sound', async () => {
  const { env, dynamo, checkpoints } = await deployment();
  const put = (pk: string, sk: string, more: object) =>
    dynamo.client.send(
      new PutItemCommand({
        TableName: 'checkpoints',
        Item: { pk: { S: pk }, sk: { S: sk }, ...more },
      }),
    );
  await put('9', 'checkpoint', { liveFrom: { S: 'yesterday\u001b[2J' } });
  const status = await command(env, 'status', '--json');
  expect(status.code).toBe(1);
  expect(jsonLines(status.stdout)).toMatchObject([
    { workspaceGid: TEST_WORKSPACE, polled: true },
    { workspaceGid: '9', damage: expect.stringContaining('(liveFrom)') },
  ]);
  const set = ['set', '--to', '2026-01-01', '--reason', 'x', '--workspace'];
  for (const args of [
    ['show', '--workspace', '9'],
    [...set, '9'],
  ]) {
    const { code, lines } = await command(env, 'checkpoint', ...args);
    expect([code, lines]).toEqual([
      1,
      [expect.stringMatching(/Poller failing.*checkpoint.damaged/)],
    ]);
  }
  expect(await failures(env)).toMatchObject({
    'polling 9': expect.stringContaining('no poll writes'),
  });

  // What is remembered is written anew by moving the checkpoint.
  await put(TEST_WORKSPACE, 'memory', { gids: { B: Buffer.from('garbage') } });
  const memory = await command(env, 'status', '--workspace', TEST_WORKSPACE);
  expect([memory.code, memory.stdout]).toEqual([1, expect.stringContaining('checkpoint -- set')]);
  expect((await command(env, 'checkpoint', ...set, TEST_WORKSPACE)).code).toBe(0);
  expect((await checkpoints.loadMemory(TEST_WORKSPACE)).gids.size).toBe(0);
});

it('asked for a workspace that it does not watch', async () => {
  const { env } = await deployment();
  const { code, stdout, lines } = await command(env, 'status', '--json', '--workspace', '7');
  expect([code, stdout]).toEqual([1, '']);
  expect(lines).toEqual([
    expect.stringMatching(new RegExp(`No such workspace.*${TEST_WORKSPACE}`)),
  ]);
});

it('with an address of AWS that is none', async () => {
  const env = {
    ...{ AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
    AWS_ENDPOINT_URL: 'nonsense',
  };
  const { code, lines } = await command(env, 'status', '--json');
  expect([code, lines]).toEqual([2, [expect.stringMatching(/AWS_ENDPOINT_URL.*correct or unset/)]]);
});

it('on a data folder whose database is damaged', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'broken-'));
  toClose.push(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, 'data');
  const file = join(folder, 'events.jsonl');
  writeFileSync(file, '');
  await run(['--once', '--json', '--events', file, '--data', data]);
  for (const name of readdirSync(join(data, 'dynamodb'))) {
    writeFileSync(join(data, 'dynamodb', name), 'garbage');
  }
  const { code, lines } = await command({}, 'status', '--json', '--data', data);
  expect([code, lines]).toEqual([
    1,
    [expect.stringMatching(/cannot be used: .*Move the data folder aside.*local.data-damaged/)],
  ]);
});
