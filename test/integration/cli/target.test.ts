// What commands work against: a stack found through CloudFormation, a data folder with and without a run on it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  TARGET_FLAGS,
  TARGET_HELP,
  type Target,
  type TargetChoice,
  withTarget,
} from '../../../lib/cli/target/target.ts';
import { systemClock } from '../../../lib/clock.ts';
import { AuditBusError } from '../../../lib/errors.ts';
import { acquireLock } from '../../../lib/local/lock.ts';
import { startAws, TEST_CALLER } from '../../support/aws.ts';
import { startDynalite } from '../../support/dynalite.ts';
import { startEventBus } from '../../support/event-bus.ts';
import { jsonLines, killRuns, run, startRun } from '../../support/local-run.ts';

let folder: string;
let toClose: Array<() => unknown>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'target-'));
  toClose = [];
});
afterEach(async () => {
  killRuns();
  vi.unstubAllEnvs();
  for (const close of toClose.reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

const EVENT = {
  source: 'asana.audit-log.operator',
  detailType: 'Test',
  detail: '{"metadata":{},"data":{"code":"test","message":"A test."}}',
};
const at = <T>(choice: TargetChoice, use: (target: Target) => Promise<T>, create = false) =>
  withTarget(choice, { env: process.env, clock: systemClock }, { create }, use);
const refused = async (choice: TargetChoice) => {
  const error = await at(choice, async () => undefined).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AuditBusError);
  return error as AuditBusError;
};

it('every flag is in the help', () => {
  expect(TARGET_HELP.match(/--\w+/g)).toEqual(Object.keys(TARGET_FLAGS).map((name) => `--${name}`));
});

describe('a deployed stack', () => {
  const OUTPUTS = {
    CheckpointTableName: 'checkpoints',
    StateTableName: 'state',
    EventBusName: 'bus',
    TokenSecretArn12: 'arn',
  };

  async function world(options: { refuse?: string } = {}) {
    const aws = await startAws({
      stacks: { AsanaAuditBus: OUTPUTS, Half: { EventBusName: 'bus' } },
      ...options,
    });
    const table = await startDynalite();
    const bus = await startEventBus();
    toClose.push(aws.close, table.close, bus.close);
    await table.createTable('checkpoints');
    for (const name of Object.keys(process.env).filter((name) => name.startsWith('AWS_'))) {
      vi.stubEnv(name, undefined);
    }
    vi.stubEnv('HOME', folder);
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    vi.stubEnv('AWS_ENDPOINT_URL', aws.url);
    vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', table.url);
    vi.stubEnv('AWS_ENDPOINT_URL_EVENTBRIDGE', bus.url);
    return { aws, table, bus };
  }

  it('is found by name and region; its workspaces are those deployed and those that were watched', async () => {
    const { table, bus } = await world();
    await table.client.send(
      new PutItemCommand({
        TableName: 'checkpoints',
        Item: { pk: { S: '9' }, sk: { S: 'checkpoint' } },
      }),
    );
    const seen = await at({ region: 'eu-west-1' }, async (target) => {
      await target.publisher.publish([EVENT]);
      return {
        words: target.words,
        state: target.stateTableName,
        workspaces: await target.workspaces(),
        caller: await target.caller(),
        outputs: target.deployed?.outputs.get('TokenSecretArn12'),
      };
    });
    expect(seen).toEqual({
      words: 'stack AsanaAuditBus in eu-west-1',
      state: 'state',
      workspaces: ['12', '9'],
      caller: TEST_CALLER,
      outputs: 'arn',
    });
    expect(bus.entries).toEqual([
      expect.objectContaining({ Source: EVENT.source, EventBusName: 'bus' }),
    ]);
  });

  it('takes the region from either variable', async () => {
    await world();
    vi.stubEnv('AWS_DEFAULT_REGION', 'eu-north-1');
    expect(await at({}, async ({ words }) => words)).toContain('in eu-north-1');
    vi.stubEnv('AWS_REGION', 'eu-west-2');
    expect(await at({}, async ({ words }) => words)).toContain('in eu-west-2');
  });

  it('says what is wrong and what to do', async () => {
    await world();
    expect((await refused({})).code).toBe('target.region');
    const missing = await refused({ stack: 'Nope', region: 'eu-west-1' });
    expect([missing.code, missing.message]).toEqual([
      'target.stack-missing',
      expect.stringMatching(/no stack Nope in eu-west-1.*--stack.*--data/),
    ]);
    const half = await refused({ stack: 'Half', region: 'eu-west-1' });
    expect([half.code, half.message]).toEqual([
      'target.stack-unfinished',
      expect.stringContaining('CheckpointTableName'),
    ]);
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    expect((await refused({ region: 'eu-west-1' })).code).toBe('target.credentials');
  });

  it.each([
    ['ExpiredToken', 'target.credentials'],
    ['AccessDenied', 'target.denied'],
  ])('tells apart how credentials fail: %s', async (refuse, code) => {
    await world({ refuse });
    expect((await refused({ region: 'eu-west-1' })).code).toBe(code);
  });

  it('cannot be reached where nobody listens', async () => {
    const { aws } = await world();
    await aws.close();
    toClose.shift();
    expect((await refused({ region: 'eu-west-1' })).code).toBe('target.unreachable');
  });
});

describe('a data folder', () => {
  const sends = (data: string, create = false) =>
    at(
      { data },
      async (target) => {
        const { published } = await target.publisher.publish([EVENT]);
        expect(published).toEqual([true]);
        return { running: target.local?.running, workspaces: await target.workspaces() };
      },
      create,
    );
  const saw = (stdout: string) =>
    jsonLines(stdout).filter(({ kind }) => kind === 'operator').length;

  it('is worked on through the run that holds it', async () => {
    const events = join(folder, 'data');
    const live = startRun(['--data', events, '--json', '--seed', '3']);
    await live.saw(/"kind":"event"/);
    const { running, workspaces } = await sends(events);
    expect([running, workspaces.length]).toEqual([true, 1]);
    live.child.kill('SIGINT');
    const { stdout } = await live.finished;
    expect(saw(stdout)).toBe(1);
  });

  it('gets its events to the next run where none runs, and those of two commands at once', async () => {
    const data = join(folder, 'data');
    const both = await Promise.all([sends(data, true), sends(data, true)]);
    expect(both.map(({ running }) => running)).toEqual([false, false]);
    const none = join(folder, 'none.jsonl');
    writeFileSync(none, '');
    const once = () => run(['--data', data, '--json', '--once', '--events', none]);
    const { stdout, code } = await once();
    expect([code, saw(stdout)]).toEqual([0, 2]);
    expect(saw((await once()).stdout)).toBe(0);
  });

  it('is not made by a command that only looks, and knows its user', async () => {
    const absent = await refused({ data: join(folder, 'typo') });
    expect([absent.code, absent.message]).toEqual([
      'local.no-data',
      expect.stringContaining('--data'),
    ]);
    const caller = await at({ data: folder }, (target) => target.caller(), true);
    expect(caller).toBe(userInfo().username);
  });

  it('outlives a run that was killed and left its addresses behind', async () => {
    const data = join(folder, 'data');
    const live = startRun(['--data', data, '--json', '--seed', '3']);
    await live.saw(/"kind":"event"/);
    live.child.kill('SIGKILL');
    await live.finished;
    expect((await sends(data)).running).toBe(false);
  });

  it('goes with no stack', async () => {
    expect((await refused({ data: folder, stack: 'A' })).code).toBe('configuration.invalid');
  });

  it('waits for whoever holds it for a moment', async () => {
    const result = await acquireLock(folder, systemClock);
    const sent = sends(folder, true);
    if (result.acquired) result.lock.release();
    expect((await sent).running).toBe(false);
  });
});
