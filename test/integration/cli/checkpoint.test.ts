// `npm run checkpoint` as a process, on a data folder with and without a run on it, and on a stand-in for a deployment.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DynamoCheckpointStore } from '../../../lib/poller/dynamo-checkpoint-store.ts';
import { startAws, TEST_CALLER } from '../../support/aws.ts';
import { runCommand } from '../../support/command.ts';
import { startDynalite } from '../../support/dynalite.ts';
import { startEventBus } from '../../support/event-bus.ts';
import { jsonLines, killRuns, run } from '../../support/local-run.ts';

vi.setConfig({ testTimeout: 240_000 });

let folder: string;
let toClose: Array<() => unknown>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'checkpoint-'));
  toClose = [];
});
afterEach(async () => {
  killRuns();
  for (const close of toClose.reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

const MINUTE = 60_000;
const BEGAN = Date.now() - 4 * MINUTE;
/** The first alerts by itself; all are younger than what the first poll takes to be live. */
const events = [0, 1, 2].map((index) => ({
  gid: `120900000000000${index}`,
  created_at: new Date(BEGAN + index * MINUTE).toISOString(),
  event_type: index === 0 ? 'service_account_created' : 'user_login_succeeded',
  event_category: 'apps',
  actor: { actor_type: 'user', gid: '1201', name: 'Eve', email: 'eve@example.com' },
  resource: { resource_type: 'user', gid: '1202', name: 'exporter' },
  details: {},
  context: { context_type: 'web' },
}));

describe('on a data folder', () => {
  const data = () => ['--data', join(folder, 'data')];
  const checkpoint = (...args: string[]) => runCommand('checkpoint', [...args, ...data()]);
  const once = () => {
    const file = join(folder, 'events.jsonl');
    writeFileSync(file, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
    return run(['--once', '--json', '--events', file, ...data()]);
  };
  const origins = (stdout: string) =>
    jsonLines(stdout).flatMap(({ kind, event }) =>
      kind === 'event' ? [[event.detail.data.gid, event.detail.metadata.origin]] : [],
    );

  it('moved back, the next run publishes again, as history, and alerts on nothing twice', async () => {
    const first = await once();
    expect(origins(first.stdout).map(([, origin]) => origin)).toEqual(['live', 'live', 'live']);
    expect(jsonLines(first.stdout).filter(({ kind }) => kind === 'alert')).toHaveLength(1);

    const shown = await checkpoint('show', '--json');
    const [before] = jsonLines(shown.stdout);
    expect(before).toMatchObject({ kind: 'checkpoint', mode: 'offset', leased: false });
    const workspace = before?.['workspaceGid'] as string;

    const to = new Date(BEGAN).toISOString();
    const moved = await checkpoint(
      ...['set', '--workspace', workspace, '--to', to, '--reason', 'a queue was lost', '--json'],
    );
    expect([moved.code, moved.stderr]).toEqual([0, '']);
    expect(jsonLines(moved.stdout)[0]).toMatchObject({
      mode: 'time',
      resumeFrom: to,
      liveFrom: events[2]?.created_at,
      hasOffset: false,
    });

    const again = await once();
    expect(origins(again.stdout)).toEqual([
      [events[0]?.gid, 'backfill'],
      [events[1]?.gid, 'backfill'],
      [events[2]?.gid, 'live'],
    ]);
    const lines = jsonLines(again.stdout);
    expect(lines.filter(({ kind }) => kind === 'alert')).toEqual([]);
    const [told] = lines.filter(({ kind }) => kind === 'operator');
    expect(told?.['event'].detail.data).toMatchObject({
      code: 'checkpoint.moved',
      by: userInfo().username,
      reason: 'a queue was lost',
      workspaceGid: workspace,
      to,
    });
    expect((await checkpoint('show')).stdout).toMatch(new RegExp(`${workspace} +offset .* free`));
  });

  it('says what is missing, all of it, and what does not exist', async () => {
    const wrong = await checkpoint('set', '--to', '2999-01-01T00:00:00Z');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(
      /--workspace is wanted[\s\S]+in the future[\s\S]+--reason is wanted/,
    );
    expect((await checkpoint('set', '--to', 'yesterday')).stderr).toContain('given "yesterday"');
    expect((await checkpoint('reset')).code).toBe(2);
    await once();
    const none = await checkpoint('show', '--workspace', '99');
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('never polled')]);
    const args = ['--workspace', '99', '--to', '2026-10-01', '--reason', 'x'];
    expect((await checkpoint('set', ...args)).stderr).toContain('checkpoint.none');
  });
});

describe('on a deployment', () => {
  it('is refused while a poll is under way, then done and told on the bus', async () => {
    const [aws, dynamo, bus] = await Promise.all([
      startAws({
        stacks: {
          Prod: {
            CheckpointTableName: 'checkpoints',
            StateTableName: 'state',
            EventBusName: 'audit',
            TokenSecretArn12: 'arn',
          },
        },
      }),
      startDynalite(),
      startEventBus(),
    ]);
    toClose.push(() => Promise.all([aws.close(), dynamo.close(), bus.close()]));
    const store = new DynamoCheckpointStore(dynamo.client, await dynamo.createTable('checkpoints'));
    const now = Date.now();
    const start = { liveFrom: new Date(now).toISOString() };
    const poll = await store.takeLease('12', 'a poll', now, now + 5 * MINUTE, start);
    if (!poll.taken) throw new Error('the lease is held');
    const env = {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_CLOUDFORMATION: aws.url,
      AWS_ENDPOINT_URL_STS: aws.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
      AWS_ENDPOINT_URL_EVENTBRIDGE: bus.url,
    };
    const to = new Date(now - 10 * MINUTE).toISOString();
    const args = ['--stack', 'Prod', '--workspace', '12', '--to', to, '--reason', 'test'];
    const refused = await runCommand('checkpoint', ['set', ...args], { env });
    expect([refused.code, refused.stdout]).toEqual([1, '']);
    expect(refused.stderr).toContain('checkpoint.leased');
    expect(bus.entries).toEqual([]);

    await store.release(poll.lease);
    const moved = await runCommand('checkpoint', ['set', ...args], { env });
    expect([moved.code, moved.stderr]).toEqual([0, '']);
    expect(moved.stdout).toContain('Workspace 12 is read from');
    expect(bus.entries).toMatchObject([
      { Source: 'asana.audit-log.operator', DetailType: 'Checkpoint Moved' },
    ]);
    expect(JSON.parse(bus.entries[0]?.Detail ?? '').data).toMatchObject({ by: TEST_CALLER, to });
  });
});
