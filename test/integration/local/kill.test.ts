import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { quietEvent, samlWeakened, writeEvents } from '../../support/audit-log-events.ts';
import {
  type FinishedRun,
  type JsonLine,
  jsonLines,
  killRuns,
  run,
  startRun,
} from '../../support/local-run.ts';

let folder: string;
let file: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kill-'));
  file = join(folder, 'events.jsonl');
  data = join(folder, 'data');
});
afterEach(() => {
  killRuns();
  rmSync(folder, { recursive: true, force: true });
});

/** A run that is killed as soon as it has written so many bytes to standard output, or ends by itself before. */
async function killedAfter(bytes: number, args: readonly string[]): Promise<FinishedRun> {
  const started = startRun(args);
  let written = 0;
  started.child.stdout?.on('data', (text: string) => {
    written += text.length;
    if (written >= bytes) started.child.kill('SIGKILL');
  });
  return started.finished;
}

test('killed again and again, started again at once: every event and alert comes out, no alert under two ids', async () => {
  // Every hundredth event raises an alert for one of ten entities, so kills fall between all the steps.
  const events = Array.from({ length: 6000 }, (_, number) =>
    number % 100 === 99 ? samlWeakened(number, String(number % 1000)) : quietEvent(number),
  );
  writeEvents(file, events);
  const args = ['--once', '--json', '--events', file, '--data', data];
  const lines: JsonLine[] = [];
  // From "before the first line" to "in the last page": an event's line is about 600 bytes.
  const kills = [0, 1, 200_000, 700_000, 5_000, 900_000, 300_000, 1, 600_000];
  for (const bytes of kills) {
    const killed = bytes === 0 ? await killedBeforeOutput(args) : await killedAfter(bytes, args);
    lines.push(...jsonLines(killed.stdout));
    expect(killed.stderr).not.toContain('is in use');
  }
  const last = await run(args);
  expect(last.code).toBe(0);
  lines.push(...jsonLines(last.stdout));

  const gids = new Set(
    lines.filter(({ kind }) => kind === 'event').map((line) => line['event'].detail.data.gid),
  );
  expect(events.filter(({ gid }) => !gids.has(gid))).toEqual([]);

  const idsByGid = new Map<string, Set<string>>();
  for (const line of lines.filter(({ kind }) => kind === 'alert')) {
    const { alertId, eventGids } = line['alert'];
    for (const gid of eventGids) {
      idsByGid.set(gid, (idsByGid.get(gid) ?? new Set()).add(alertId));
    }
  }
  const matching = events.filter((event) => String(event['event_type']).startsWith('workspace'));
  expect([...idsByGid.keys()].toSorted()).toEqual(matching.map(({ gid }) => gid).toSorted());
  expect([...idsByGid].filter(([, ids]) => ids.size > 1)).toEqual([]);

  const again = jsonLines((await run(args)).stdout);
  expect(again).toMatchObject([{ kind: 'summary', published: 0, alerts: 0, undelivered: 0 }]);
});

/** Killed while it is starting: when it has said what it is about to do. */
async function killedBeforeOutput(args: readonly string[]): Promise<FinishedRun> {
  const started = startRun(args);
  await started.saw(/Ctrl-C/);
  started.child.kill('SIGKILL');
  return started.finished;
}

test('a second run on the same folder is told who holds it, and gets it once the first is dead', async () => {
  writeEvents(file, [quietEvent(1)]);
  const first = startRun(['--events', file, '--data', data]);
  await first.saw(/caught up|on the bus/);
  const second = await run(['--once', '--json', '--events', file, '--data', data]);
  expect([second.code, second.stdout]).toEqual([3, '']);
  expect(second.stderr).toMatch(new RegExp(`process ${first.child.pid}, started 20`));
  expect(second.stderr.trimEnd().split('\n')).toHaveLength(1);
  const elsewhere = await run(['--once', '--events', file, '--data', join(folder, 'other')]);
  expect(elsewhere.code).toBe(0);
  first.child.kill('SIGKILL');
  await first.finished;
  const third = await run(['--once', '--json', '--events', file, '--data', data]);
  expect(third.code).toBe(0);
});

test.each(['SIGINT', 'SIGTERM'] as const)(
  '%s ends a run well, with its summary',
  async (signal) => {
    writeEvents(file, [quietEvent(1), samlWeakened(2)]);
    const started = startRun(['--json', '--events', file, '--data', data]);
    await started.saw(/"kind":"alert"/);
    started.child.kill(signal);
    const { code, stdout } = await started.finished;
    expect(code).toBe(0);
    expect(jsonLines(stdout).at(-1)).toMatchObject({
      kind: 'summary',
      outcome: 'stopped',
      published: 2,
      alerts: 1,
    });
    const next = await run(['--once', '--json', '--events', file, '--data', data]);
    expect(jsonLines(next.stdout)).toMatchObject([{ kind: 'summary', published: 0 }]);
  },
);

test.each([
  ['JSON lines', ['--json']],
  ['words', []],
])('a reader of %s who leaves ends the run quietly, and nothing is lost', async (_what, flags) => {
  const events = Array.from({ length: 3000 }, (_, number) =>
    number % 50 === 0 ? samlWeakened(number, String(number)) : quietEvent(number),
  );
  writeEvents(file, events);
  const started = startRun(['--once', ...flags, '--events', file, '--data', data]);
  const { stdout } = started.child;
  if (stdout === null) throw new Error('no standard output');
  await once(stdout, 'data');
  stdout.destroy();
  const { code, stderr } = await started.finished;
  expect(code).toBe(0);
  expect(stderr).not.toMatch(/EPIPE|Error| {4}at /);
  const next = await run(['--once', '--json', '--events', file, '--data', data]);
  expect(next.code).toBe(0);
  if (flags.length > 0) {
    const seen = new Set(
      [...jsonLines(started.stdout()), ...jsonLines(next.stdout)]
        .filter(({ kind }) => kind === 'event')
        .map((line) => line['event'].detail.data.gid),
    );
    expect(seen.size).toBe(events.length);
  }
});
