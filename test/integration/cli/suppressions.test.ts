// `npm run suppressions` and `npm run alerts` as processes of their own, on a local run and on a stand-in for a deployment.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DynamoAlertStateStore } from '../../../lib/alerts/state/dynamo-store.ts';
import { systemClock } from '../../../lib/clock.ts';
import { testAlert } from '../../support/alerts.ts';
import { startAws, TEST_CALLER } from '../../support/aws.ts';
import { runCommand } from '../../support/command.ts';
import { startDynalite } from '../../support/dynalite.ts';
import { startEventBus } from '../../support/event-bus.ts';
import { jsonLines, killRuns, run, startRun } from '../../support/local-run.ts';

// A dozen processes one after the other.
vi.setConfig({ testTimeout: 240_000 });

const SAML = 'asana.policy.saml-weakened';
let folder: string;
let toClose: Array<() => unknown>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'suppressions-'));
  toClose = [];
});
afterEach(async () => {
  killRuns();
  for (const close of toClose.reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

const event = (gid: string, address: string, name = 'Eve') => ({
  gid,
  created_at: `2026-11-20T09:0${gid}:00.000Z`,
  event_type: 'workspace_saml_settings_changed',
  actor: { actor_type: 'user', gid: '1201', name },
  resource: { resource_type: 'workspace', gid: '12' },
  details: { old_value: 'required', new_value: 'optional' },
  context: { client_ip_address: address },
});
function events(...list: object[]): string {
  const path = join(folder, 'events.jsonl');
  writeFileSync(path, list.map((one) => `${JSON.stringify(one)}\n`).join(''));
  return path;
}
const ADD = ['--reason', 'Planned', '--owner', 'Identity', '--expires', '5d', '--json'];
const statuses = (stdout: string) =>
  jsonLines(stdout).flatMap(({ kind, alert }) =>
    kind === 'alert' ? [[alert.eventGids[0], alert.status, alert.suppressionId]] : [],
  );

describe('on a data folder', () => {
  const data = () => ['--data', join(folder, 'data')];
  const suppressions = (...args: string[]) => runCommand('suppressions', [...args, ...data()]);
  const alerts = (...args: string[]) => runCommand('alerts', [...args, ...data()]);

  it('one added before the run holds back what it covers; list and show tell', async () => {
    const added = await suppressions('add', '--detection', SAML, '--ip', '192.0.2.0/24', ...ADD);
    expect([added.code, added.stderr]).toEqual([0, '']);
    const unused = await suppressions('add', '--detection', '*', '--actor', '99', ...ADD);
    expect(unused.code).toBe(0);
    const id = jsonLines(added.stdout)[0]?.['id'];

    const hostile = event('2', '198.51.100.7', 'Eve\u001b[31m\u202e\n┌ CRITICAL');
    const file = events(event('1', '192.0.2.10'), hostile);
    const { stdout, stderr } = await run(['--once', '--json', '--events', file, ...data()]);
    expect(statuses(stdout).sort()).toEqual([
      ['1', 'suppressed', id],
      ['2', 'active', undefined],
    ]);
    // The terminal is a sink: it is told of the one that pages alone.
    expect(stderr.match(/┌ HIGH/g)).toHaveLength(1);

    const listed = jsonLines((await suppressions('list', '--json')).stdout);
    expect(
      listed.map(({ id, alerts, matches, lastMatchAt, neverMatched, createdBy }) => [
        id,
        alerts,
        matches,
        lastMatchAt,
        neverMatched,
        createdBy,
      ]),
    ).toEqual(
      expect.arrayContaining([
        [id, 1, 1, '2026-11-20T09:01:00.000Z', false, userInfo().username],
        [expect.any(String), 0, 0, null, true, userInfo().username],
      ]),
    );
    const table = (await suppressions('list')).stdout;
    expect(table).toMatch(/never matched; expires in [45] days/);

    const all = jsonLines((await alerts('list', '--json')).stdout);
    expect(all.map(({ alert }) => alert.eventGids[0])).toEqual(['2', '1']);
    const held = jsonLines((await alerts('list', '--json', '--status', 'suppressed')).stdout);
    expect(held.map(({ alert }) => alert.suppressionId)).toEqual([id]);
    const page = await alerts('show', all[0]?.['alert'].alertId.slice(0, 10));
    expect(page.stdout).toContain('What to do');
    expect(/\p{Cf}/u.test(page.stdout)).toBe(false);
    expect(page.stdout.includes('\u001b')).toBe(false);
    expect(page.stdout.match(/^┌/gm)).toHaveLength(1);
    const none = await alerts('list', '--since', '2026-11-21');
    expect([none.code, none.stdout]).toEqual([0, expect.stringContaining('No alerts')]);
  });

  it('one added and removed while a run is on counts from then on', async () => {
    const file = events(event('1', '192.0.2.10'));
    const live = startRun(['--json', '--events', file, ...data()], { POLL_INTERVAL_SECONDS: '5' });
    await live.saw(/"kind":"alert"/);
    const added = await suppressions('add', '--detection', SAML, '--ip', '192.0.2.10', ...ADD);
    const id = jsonLines(added.stdout)[0]?.['id'];
    await live.saw(/"kind":"operator","detailType":"Suppression Added"/);
    events(event('1', '192.0.2.10'), event('2', '192.0.2.10'));
    await live.saw(/"status":"suppressed"/);
    const removed = await suppressions('remove', id, '--reason', 'Over');
    expect(removed.code).toBe(0);
    await live.saw(/"detailType":"Suppression Removed"/);
    expect(jsonLines((await suppressions('list', '--json')).stdout)).toEqual([]);
    const [gone] = jsonLines((await suppressions('list', '--json', '--all')).stdout);
    expect([gone?.['standing'], gone?.['removal'].reason]).toEqual(['removed', 'Over']);
    live.child.kill('SIGINT');
    expect((await live.finished).code).toBe(0);
  });

  it('says what is wrong, and what to do', async () => {
    const bad = await suppressions('add', '--detection', 'asana.policy.saml-weekend');
    expect([bad.code, bad.stdout]).toEqual([2, '']);
    expect(bad.stderr).toContain(`did you mean ${SAML}?`);
    expect(bad.stderr.match(/is wanted/g)).toHaveLength(3);
    const none = await suppressions('list');
    expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('holds no data')]);
    await suppressions('add', '--detection', SAML, ...ADD);
    const unknown = await suppressions('remove', 's-nope', '--reason', 'x');
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('s-nope')]);
    const filters = await alerts('list', '--severity', 'hgih', '--since', 'now', '--limit', '0');
    expect([filters.code, filters.stderr.match(/: given /g)?.length]).toEqual([2, 3]);
    expect((await alerts('show', 'abc')).code).toBe(1);
  });

  it.each(['alerts', 'suppressions'])('%s explains itself', async (name) => {
    const help = await runCommand(name, ['--help']);
    expect([help.code, help.stdout.includes('--data DIR')]).toEqual([0, true]);
  });
});

describe('on a deployment', () => {
  it('works by the names that the stack gives out', async () => {
    const aws = await startAws({
      stacks: {
        Mine: {
          CheckpointTableName: 'checkpoints',
          StateTableName: 'state',
          EventBusName: 'bus',
          TokenSecretArn1200000000000001: 'arn',
        },
      },
    });
    const dynamodb = await startDynalite();
    const bus = await startEventBus();
    toClose.push(aws.close, dynamodb.close, bus.close);
    await dynamodb.createTable('checkpoints');
    await dynamodb.createTable('state');
    const store = new DynamoAlertStateStore({
      client: dynamodb.client,
      tableName: 'state',
      clock: systemClock,
    });
    await store.recordAlert(testAlert());
    const env = {
      HOME: folder,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: aws.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamodb.url,
      AWS_ENDPOINT_URL_EVENTBRIDGE: bus.url,
    };
    const command = (name: string, ...args: string[]) =>
      runCommand(name, [...args, '--stack', 'Mine'], { env });

    const added = await command('suppressions', 'add', '--detection', SAML, ...ADD);
    expect([added.code, added.stderr]).toEqual([0, '']);
    const [first] = jsonLines(added.stdout);
    expect(first?.['createdBy']).toBe(TEST_CALLER);
    expect((await command('suppressions', 'remove', first?.['id'], '--reason', 'Over')).code).toBe(
      0,
    );
    expect(
      bus.entries.map(({ Source, DetailType, EventBusName }) => [Source, DetailType, EventBusName]),
    ).toEqual([
      ['asana.audit-log.operator', 'Suppression Added', 'bus'],
      ['asana.audit-log.operator', 'Suppression Removed', 'bus'],
    ]);
    const { stdout } = await command('alerts', 'list');
    expect(stdout).toContain('SAML no longer required');
    const absent = await runCommand('alerts', ['list', '--stack', 'Yours'], { env });
    expect([absent.code, absent.stderr]).toEqual([
      2,
      expect.stringContaining('no stack Yours in eu-west-1'),
    ]);
  });
});
