// `npm run backtest` as a process of its own: its lines, its words, its refusals and its exit codes.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import { quietEvent, samlWeakened } from '../../support/audit-log-events.ts';
import { busEvent } from '../../support/bus-events.ts';
import { runCommand } from '../../support/command.ts';
import { jsonLines } from '../../support/local-run.ts';

const BRUTE_FORCE = 'asana.login.brute-force-user';
const SAML = 'asana.policy.saml-weakened';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'backtest-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer | object): string {
  const path = join(folder, name);
  const isText = typeof content === 'string' || Buffer.isBuffer(content);
  writeFileSync(path, isText ? content : JSON.stringify(content));
  return path;
}
const lines = (events: readonly unknown[]) =>
  events.map((event) => `${JSON.stringify(event)}\n`).join('');
const failure = (number: number) =>
  quietEvent(number, {
    event_type: 'user_login_failed',
    resource: { resource_type: 'user', gid: '88', name: 'Bob\u001b[31m' },
  });
/** Twelve failed sign-ins, twelve seconds, and the SAML setting an hour later and once more. */
const HISTORY = [
  ...Array.from({ length: 12 }, (_, index) => failure(index)),
  samlWeakened(3_600),
  samlWeakened(3_660),
];

const run = (...args: string[]) => runCommand('backtest', args);
async function json(...args: string[]) {
  const finished = await run(...args, '--json');
  const all = jsonLines(finished.stdout);
  const of = (kind: string) => all.filter((line) => line.kind === kind);
  return { ...finished, of, summary: of('summary')[0] };
}

test('a line for each alert, in its last state and in the order of time, then the summary', async () => {
  const [early, late] = [HISTORY.slice(0, 13), HISTORY.slice(10)];
  const { code, stderr, of, summary } = await json(
    '--events',
    file('late.jsonl', lines(late.toReversed())),
    file(
      'early.jsonl.gz',
      gzipSync(lines(early.map((event) => busEvent(event as never, { workspaceGid: '0' })))),
    ),
  );
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(of('alert')).toMatchObject([
    { detectionId: BRUTE_FORCE, entity: { type: 'user', id: '88' }, count: 12, status: 'active' },
    {
      detectionId: SAML,
      entity: { id: '1' },
      count: 2,
      eventGids: [samlWeakened(3_600).gid, samlWeakened(3_660).gid],
    },
  ]);
  expect(summary).toMatchObject({ events: 14, duplicates: 3, malformed: 0, alerts: 2, days: 1 });
  const by = (id: string) => summary?.['detections'].find((each: { id: string }) => each.id === id);
  expect(by(SAML)).toMatchObject({
    alerts: 1,
    alertsPerDay: 1,
    topEntities: [{ type: 'workspace', id: '1', alerts: 1 }],
    firstExample: { eventGids: [samlWeakened(3_600).gid, samlWeakened(3_660).gid] },
  });
  expect(by(BRUTE_FORCE).threshold).toEqual({
    atLeast: 10,
    within: '15m',
    distinct: false,
    windows: 1,
    p50: 12,
    p95: 12,
    p99: 12,
    max: 12,
    forOneAWeek: 2,
  });
  expect(summary?.['detections']).toHaveLength(CATALOGUE.length);
});

test('words for people, without what a name could do to a terminal', async () => {
  const { code, stdout } = await run('--events', file('a.jsonl', lines(HISTORY)));
  expect(code).toBe(0);
  expect(stdout).toContain('14 events from 2026-10-01T08:00:00.000Z');
  expect(stdout).toContain('2 alerts, raised by 2 of');
  expect(stdout).toMatch(/^ +1 +1\.00 +medium +active +asana\.login\.brute-force-user +Bob/m);
  expect(stdout).toMatch(/asana\.login\.brute-force-user +events +15m +10 +1 +12 +12 +12 +12 +2\n/);
  expect(stdout).not.toContain('\u001b');
});

test('only some detections, only some time', async () => {
  const history = file('a.jsonl', lines(HISTORY));
  const some = await json('--events', history, '--detections', `${SAML},asana.export.*`);
  expect(some.of('alert').map(({ detectionId }) => detectionId)).toEqual([SAML]);
  const until = await json('--events', history, '--until', '2026-10-01T09:00:00.000Z');
  expect(until.of('alert').map(({ detectionId }) => detectionId)).toEqual([BRUTE_FORCE]);
  expect(until.summary).toMatchObject({ events: 12, outside: 2 });
  const since = await json('--events', history, '--since', '2026-10-02');
  expect(since.summary).toMatchObject({ events: 0, outside: 14, alerts: 0 });
});

test('a configuration changes what is raised, and one that is off runs when it is named', async () => {
  const history = file('a.jsonl', lines(HISTORY));
  const config = file('c.json', {
    context: {
      auditLog: {
        workspaceGid: '1',
        detections: { [BRUTE_FORCE]: { atLeast: 13 }, [SAML]: { status: 'off' } },
      },
    },
  });
  const all = await json('--events', history, '--config', config);
  expect(all.of('alert')).toEqual([]);
  const named = await json('--events', history, '--config', config, '--detections', SAML);
  expect(named.of('alert')).toMatchObject([{ detectionId: SAML, status: 'staged' }]);
});

describe('comparing', () => {
  test('with another configuration: what is raised here and not there is gained, the other way round lost', async () => {
    const history = file('a.jsonl', lines(HISTORY));
    const here = file('here.json', {
      detections: { [SAML]: { status: 'off' }, [BRUTE_FORCE]: { atLeast: 5 } },
    });
    const there = file('there.json', { [BRUTE_FORCE]: { atLeast: 13 } });
    const { of, summary, code } = await json(
      '--events',
      history,
      '--config',
      here,
      '--compare',
      there,
    );
    expect(code).toBe(0);
    expect(of('alert')).toMatchObject([{ detectionId: BRUTE_FORCE, change: 'gained' }]);
    expect(of('lost-alert')).toMatchObject([{ detectionId: SAML }]);
    expect(summary?.['compare']).toEqual({
      against: there,
      gained: 1,
      lost: 1,
      byDetection: { [BRUTE_FORCE]: { gained: 1, lost: 0 }, [SAML]: { gained: 0, lost: 1 } },
    });
    const { stdout } = await run('--events', history, '--config', here, '--compare', there);
    expect(stdout).toContain('1 alert gained (raised here, not there), 1 lost');
  });

  const isClone =
    spawnSync('git', ['rev-parse', 'HEAD'], { cwd: import.meta.dirname }).status === 0;
  test.skipIf(!isClone)('with a commit: its catalogue, under the same configuration', async () => {
    const history = file('a.jsonl', lines(HISTORY));
    const config = file('c.json', { [SAML]: { severity: 'critical' } });
    const { of, summary, code } = await json(
      '--events',
      history,
      '--config',
      config,
      '--compare',
      'HEAD',
    );
    expect(code).toBe(0);
    expect(summary?.['compare']).toMatchObject({ against: 'HEAD', gained: 0, lost: 0 });
    expect(of('alert')).toMatchObject([
      { change: 'kept' },
      { change: 'kept', severity: 'critical' },
    ]);
  });
});

test('events of any shape pass, and what they do raise is raised', async () => {
  const types = CATALOGUE.flatMap(({ examples }) => examples.alerts.flat()).map(
    ({ event_type }) => event_type,
  );
  const odd: unknown[] = [
    null,
    7,
    true,
    '',
    'x'.repeat(20_000),
    [],
    [[]],
    {},
    [null, { gid: {} }],
    '\ud800',
    12345678901234,
  ];
  const events = types.flatMap((event_type, at) =>
    odd.map((value, index) => ({
      gid: `${at}-${index}`,
      created_at: index % 3 === 0 ? value : quietEvent(at)['created_at'],
      event_type,
      actor: index % 2 ? value : { gid: value, actor_type: value, name: value, email: value },
      resource: index % 2 ? { gid: value, email: value, resource_type: value, name: value } : value,
      details: { old_value: value, new_value: value, method: value, group: value, app_gid: value },
      context: { client_ip_address: value, user_agent: value, api_authentication_method: value },
    })),
  );
  const path = file('odd.jsonl', lines([...events.slice(0, 1_500), ...HISTORY]));
  const { code, stderr, of, summary } = await json('--events', path);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(summary).toMatchObject({ failures: {}, malformed: 0 });
  expect(of('alert').map(({ detectionId }) => detectionId)).toContain(BRUTE_FORCE);
});

test('lines that are no events are told by file and line, the rest is run, and the exit code says it', async () => {
  const path = file('bad.jsonl', `{"gid":\n${lines(HISTORY)}[1]\n`);
  const { code, stderr, of, summary } = await json('--events', path);
  expect(code).toBe(1);
  expect(stderr).toContain(`${path}:1: it is not JSON\n${path}:16: it is no JSON object\n`);
  expect(of('alert')).toHaveLength(2);
  expect(summary).toMatchObject({
    malformed: 2,
    malformedLines: [
      { file: path, line: 1 },
      { file: path, line: 16 },
    ],
  });
  const skipped = await json('--events', path, '--skip-malformed');
  expect(skipped.code).toBe(0);
  expect(skipped.stderr).toContain(`${path}:1:`);
});

test('an event without a readable time is told, and makes no history longer', async () => {
  const known = (await json('--events', file('timed.jsonl', lines(HISTORY)))).summary;
  const untimed = { gid: '7', created_at: 1_790_000_000, event_type: 'task_deleted' };
  const path = file('untimed.jsonl', lines([untimed, ...HISTORY]));
  const { summary } = await json('--events', path);
  expect(known).toMatchObject({ untimed: 0 });
  expect(summary).toMatchObject({ untimed: 1, from: known?.['from'], days: known?.['days'] });
  const { stdout } = await run('--events', path);
  expect(stdout).toContain('1 event without a readable created_at');
});

test('standard input can be read, once, in any order', async () => {
  const { code, stdout } = await runCommand('backtest', ['--events', '-', '--json'], {
    input: lines(HISTORY.toReversed()),
  });
  expect(code).toBe(0);
  expect(jsonLines(stdout).filter(({ kind }) => kind === 'alert')).toHaveLength(2);
});

test('everything wrong is said at once', async () => {
  const config = file('c.json', {
    detections: { [SAML]: { atLeast: 3 }, 'asana.no.such': {} },
    alertWindowMinutes: 0,
  });
  const { code, stderr, stdout } = await run(
    ...['--events', join(folder, 'none.jsonl'), folder],
    ...['--since', '2026-10-40', '--until', 'yesterday'],
    ...['--detections', 'asana.policy.saml-weaken,asana.none.*'],
    ...['--config', config, '--compare', 'no-such-ref'],
  );
  expect(code).toBe(2);
  expect(stdout).toBe('');
  const said = stderr.trimEnd().split('\n');
  expect(said.every((line) => line.startsWith('npm run backtest: '))).toBe(true);
  expect(said.map((line) => line.slice('npm run backtest: '.length))).toEqual([
    `--events ${join(folder, 'none.jsonl')}: no such file`,
    `--events ${folder}: it is a folder; name its files`,
    expect.stringContaining('--since: given "2026-10-40"; give a date such as'),
    expect.stringContaining('--until: given "yesterday"; give a date such as'),
    '--detections: no detection\'s id begins with "asana.none."',
    `--detections: there is no detection "asana.policy.saml-weaken"; did you mean ${SAML}?`,
    expect.stringMatching(
      /c\.json: detections\.asana\.policy\.saml-weakened\.atLeast: given 3; this detection is of kind match/,
    ),
    expect.stringContaining('detections.asana.no.such: given {}; there is no such detection'),
    expect.stringContaining('alertWindowMinutes: given 0; give whole minutes from 1 to 1440'),
    '--compare no-such-ref: neither a file nor a commit of this repository',
  ]);
  expect((await run()).stderr).toContain('--events FILE... is wanted');
  expect((await run('--events', config, '--no-such')).code).toBe(2);
});

test('no temporary file is left', async () => {
  const TMPDIR = join(folder, 'tmp');
  rmSync(TMPDIR, { recursive: true, force: true });
  const { mkdirSync, readdirSync } = await import('node:fs');
  mkdirSync(TMPDIR);
  await runCommand('backtest', ['--events', file('a.jsonl', lines(HISTORY)), '--compare', 'HEAD'], {
    env: { TMPDIR },
  });
  expect(readdirSync(TMPDIR)).toEqual([]);
  expect(readFileSync(join(folder, 'a.jsonl'), 'utf8')).toBe(lines(HISTORY));
});
