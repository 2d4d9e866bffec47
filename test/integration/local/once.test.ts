import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ATTACKS } from '../../../lib/local/simulator/attacks.ts';
import {
  appendEvents,
  quietEvent,
  samlWeakened,
  writeEvents,
} from '../../support/audit-log-events.ts';
import { type JsonLine, jsonLines, killRuns, run } from '../../support/local-run.ts';

let folder: string;
let file: string;
let base: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'once-'));
  file = join(folder, 'events.jsonl');
  base = ['--once', '--json', '--events', file, '--data', join(folder, 'data')];
});
afterEach(() => {
  killRuns();
  rmSync(folder, { recursive: true, force: true });
});

/** A run that ends well, by its lines. */
async function once(args = base, env: NodeJS.ProcessEnv = {}) {
  const { code, stdout, stderr } = await run(args, env);
  expect(stderr).not.toContain('Error');
  expect(code).toBe(0);
  const lines = jsonLines(stdout);
  const summary = lines.at(-1);
  expect(summary?.kind).toBe('summary');
  const of = (kind: string) => lines.filter((line) => line.kind === kind);
  return { stdout, stderr, summary, lines, of, gids: of('event').map(gidOf) };
}
const gidOf = (line: JsonLine): string => line['event'].detail.data.gid;

test('every event of the file comes out as a target receives it, then the summary', async () => {
  writeEvents(file, [quietEvent(1), quietEvent(2), samlWeakened(3)]);
  const { of, gids, summary, lines } = await once();
  expect(gids.toSorted()).toEqual([1, 2, 3].map((number) => quietEvent(number).gid));
  expect(of('event').find((line) => gidOf(line) === quietEvent(1).gid)?.['event']).toMatchObject({
    version: '0',
    'detail-type': 'user_login_succeeded',
    source: 'asana.audit-log',
    account: expect.stringMatching(/^\d{12}$/),
    time: '2026-10-01T08:00:01Z',
    resources: [],
    detail: {
      metadata: { schemaVersion: '1', origin: 'backfill', workspaceGid: expect.any(String) },
      data: quietEvent(1),
    },
  });
  expect(of('alert').map((line) => line['alert'])).toMatchObject([
    { detectionId: 'asana.policy.saml-weakened', revision: 1, eventGids: [samlWeakened(3).gid] },
  ]);
  expect(summary).toMatchObject({
    fetched: 3,
    published: 3,
    duplicates: 0,
    quarantined: 0,
    alerts: 1,
    outcome: 'caught-up',
  });
  expect(lines.map(({ kind }) => kind).toSorted()).toEqual([
    'alert',
    'event',
    'event',
    'event',
    'summary',
  ]);
});

test('odd but valid events flow, each on a line of its own, numbers digit by digit', async () => {
  const odd = [
    '{"gid":"1","created_at":"2026-10-01T08:00:00.000Z","event_type":"x","details":{"n":12345678901234567890,"f":1.0,"e":1e400}}',
    '{ "gid" : "2" , "event_type" : "no_such_type_yet", "created_at":"2026-10-01T08:00:01.000Z" }\r',
    '{"gid":"3"}',
    '{"gid":4,"created_at":"never","event_type":null,"actor":null,"context":[]}',
    '{"gid":"5","created_at":"2026-10-01T08:00:02.000Z","event_type":"y","actor":{"actor_type":"user","name":"a\\u2028b\\u0085c\\u001b[31m\\ud800"}}',
    JSON.stringify({ gid: '6', event_type: 'z'.repeat(300) }),
    JSON.stringify({ gid: '7', event_type: 'big', details: { text: 'ä'.repeat(200_000) } }),
    JSON.stringify(quietEvent(8, { details: { saml_response: 'secret assertion' } })),
    `{"gid":"9","event_type":"deep","details":${'['.repeat(500)}${']'.repeat(500)}}`,
    '{"gid":"10","event_type":"proto","details":{"__proto__":{"a":1},"constructor":1}}',
  ];
  writeFileSync(file, `\ufeff${odd.join('\n')}\n\n`);
  const { stdout, gids, summary, of } = await once();
  const wanted = ['1', '2', '3', 4, '5', '6', '7', quietEvent(8).gid, '9', '10'];
  expect(new Set(gids)).toEqual(new Set(wanted));
  expect(stdout).toContain('"details":{"n":12345678901234567890,"f":1.0,"e":1e400}');
  expect(stdout).not.toContain('secret assertion');
  expect(stdout).not.toMatch(/[^\P{Cc}\n]|[\p{Zl}\p{Zp}]/u);
  expect(summary).toMatchObject({ fetched: 10, published: 10, quarantined: 1 });
  const [quarantined] = of('operational').filter(
    (line) => line['detailType'] === 'Event Quarantined',
  );
  const whole = readFileSync(fileURLToPath(quarantined?.['event'].detail.data.quarantine), 'utf8');
  expect(JSON.parse(whole).details.text).toHaveLength(200_000);
});

test('a second run brings nothing twice; lines appended since are found, whatever their age', async () => {
  writeEvents(file, [quietEvent(100), samlWeakened(101)]);
  expect((await once()).gids).toHaveLength(2);
  expect(await once()).toMatchObject({ gids: [], summary: { published: 0, alerts: 0 } });
  appendEvents(file, [quietEvent(102), quietEvent(1), samlWeakened(103)]);
  const { gids, of, summary } = await once();
  expect(gids.toSorted()).toEqual(
    [quietEvent(1), quietEvent(102), samlWeakened(103)].map(({ gid }) => gid),
  );
  // The alert of the first run counts on.
  expect(of('alert').map((line) => line['alert'])).toMatchObject([
    { revision: 2, count: 2, eventGids: [samlWeakened(101).gid, samlWeakened(103).gid] },
  ]);
  expect(summary).toMatchObject({ alerts: 0, alertUpdates: 1 });
});

test('an alert that goes on is said once more at the end, closed where its window is over', async () => {
  const recent = (number: number) => samlWeakened(number, '2');
  const now = Date.now();
  const young = [1, 2].map((minutes) => ({
    ...recent(200 + minutes),
    created_at: new Date(now - minutes * 60_000).toISOString(),
  }));
  writeEvents(file, [
    samlWeakened(101),
    ...Array.from({ length: 30 }, (_, i) => samlWeakened(110 + i)),
  ]);
  appendEvents(file, young.toReversed());
  const { of, summary, stderr } = await once();
  const told = of('alert').map((line) => [line['detailType'], line['alert']]);
  const over = told.filter(([, { entity }]) => entity.id === '1');
  expect(over.map(([type]) => type)).toEqual(['Alert Opened', 'Alert Closed']);
  expect(over.at(-1)?.[1]).toMatchObject({ revision: 2, count: 31, closedAt: expect.any(String) });
  const open = told.filter(([, { entity }]) => entity.id === '2');
  expect(open.at(-1)?.[1]).toMatchObject({ count: 2 });
  expect(open.map(([type]) => type)).not.toContain('Alert Closed');
  expect(open.length).toBeLessThanOrEqual(2);
  expect(summary).toMatchObject({ alerts: 2, alertsClosed: 1 });
  expect(stderr).toContain('31 events from');
  // Nothing is left to say, and a match that comes later than its window corrects what was said last.
  expect((await once()).of('alert')).toEqual([]);
  appendEvents(file, [samlWeakened(105)]);
  const later = await once();
  expect(later.of('alert').map((line) => [line['detailType'], line['alert'].count])).toEqual([
    ['Alert Closed', 32],
  ]);
});

test('a file that was rewritten is read anew, and no event of it raises a second alert', async () => {
  writeEvents(file, [samlWeakened(101), quietEvent(102), quietEvent(103)]);
  const before = await once();
  writeEvents(file, [quietEvent(2), samlWeakened(101)]);
  const after = await once();
  expect(after.gids).toContain(quietEvent(2).gid);
  expect(before.of('alert')).toHaveLength(1);
  expect(after.of('alert')).toHaveLength(0);
});

test('each file is a workspace of its own in the same data folder', async () => {
  const other = join(folder, 'other.jsonl');
  writeEvents(file, [quietEvent(1), quietEvent(2), quietEvent(3)]);
  writeEvents(other, [quietEvent(4)]);
  const first = await once();
  const second = await once(base.map((arg) => (arg === file ? other : arg)));
  expect(second.gids).toEqual([quietEvent(4).gid]);
  expect(second.summary?.['workspaceGid']).not.toBe(first.summary?.['workspaceGid']);
  expect((await once()).gids).toEqual([]);
});

test('--start-from leaves out what is older, on the first run', async () => {
  writeEvents(file, [quietEvent(1), quietEvent(100)]);
  const args = [...base, '--start-from', '2026-10-01T08:01:00Z'];
  expect((await once(args)).gids).toEqual([quietEvent(100).gid]);
  expect((await once()).gids).toEqual([]);
});

describe('the generated workspace', () => {
  test('raises what its attacks say they do, and nothing from quiet life', async () => {
    const { of, gids } = await once(['--once', '--json', '--data', join(folder, 'data')]);
    const alerts = of('alert').map((line) => line['alert']);
    expect(new Set(alerts.map(({ detectionId }) => detectionId))).toEqual(
      new Set(ATTACKS.flatMap(({ raises }) => raises)),
    );
    const attack = /^7(0[1-9]|1[0-2])/;
    for (const { eventGids } of alerts) {
      for (const gid of eventGids) expect(gid).toMatch(attack);
    }
    expect(gids.filter((gid) => !attack.test(gid)).length).toBeGreaterThan(400);
  });

  test('another seed is another workspace', async () => {
    const args = ['--once', '--json', '--data', join(folder, 'data')];
    const first = await once(args);
    const second = await once([...args, '--seed', 'x']);
    expect(second.summary?.['workspaceGid']).not.toBe(first.summary?.['workspaceGid']);
    expect(second.gids.length).toBeGreaterThan(400);
  });
});

describe('for people', () => {
  test('words stand in order, no text from Asana moves the cursor, nothing is coloured without a terminal', async () => {
    const hostile = '\u001b[2J\u001b]0;owned\u0007\u202egnp.exe\r\n\u2066';
    const event = samlWeakened(1);
    writeEvents(file, [
      { ...event, actor: { actor_type: 'user', gid: '9', name: `Mallory${hostile}` } },
    ]);
    const { code, stdout } = await run(
      base.filter((arg) => arg !== '--json'),
      { FORCE_COLOR: '1' },
    );
    expect(code).toBe(0);
    expect(stdout).not.toMatch(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}]/u);
    const at = (text: string) => {
      expect(stdout).toContain(text);
      return stdout.indexOf(text);
    };
    expect(at(file)).toBeLessThan(at('HIGH'));
    expect(at(join(folder, 'data'))).toBeLessThan(at('Ctrl-C'));
    expect(at('SAML no longer required')).toBeLessThan(at('who'));
    expect(at('1 event fetched')).toBeGreaterThan(at('asana.policy.saml-weakened'));
  });

  test('with --json they go to standard error, alerts included', async () => {
    writeEvents(file, [samlWeakened(1)]);
    const { stderr } = await once();
    expect(stderr).toContain('SAML no longer required');
    expect(stderr).toContain('Ctrl-C');
  });
});

describe('what is wrong with what was given', () => {
  const cases: [string, (file: string) => string[], RegExp][] = [
    ['an unknown option', () => ['--nope'], /Unknown option '--nope'/],
    ['no such file', (path) => ['--events', `${path}.missing`], /no such file/],
    ['a folder for a file', () => ['--events', tmpdir()], /not a regular file/],
    ['a file for a folder', (path) => ['--data', path], /data folder/],
    ['a line that is no JSON', (path) => ['--events', path], /events\.jsonl:2: not a JSON value/],
    ['a start in the future', () => ['--start-from', '2999-01-01T00:00:00Z'], /in the future/],
  ];
  test.each(cases)('%s: one line, exit 2', async (_what, args, expected) => {
    writeEvents(file, [quietEvent(1)]);
    appendFileSync(file, 'no json\n');
    const { code, stdout, stderr } = await run([
      '--once',
      '--data',
      join(folder, 'data'),
      ...args(file),
    ]);
    expect(stderr).toMatch(expected);
    expect(stderr.trimEnd().split('\n').at(-1)).toMatch(expected);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).not.toContain('    at ');
  });

  test('--help explains itself on standard output', async () => {
    const { code, stdout } = await run(['--help']);
    expect(code).toBe(0);
    for (const option of ['--once', '--events', '--data', '--start-from', '--seed', '--json']) {
      expect(stdout).toContain(option);
    }
  });
});
