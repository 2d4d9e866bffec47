import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '../../../lib/clock.ts';
import { acquireLock } from '../../../lib/local/lock.ts';

let folder: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'lock-')), 'data');
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(join(folder, '..'), { recursive: true, force: true });
});

const CONTENDER = `
  import { acquireLock } from ${JSON.stringify(new URL('../../../lib/local/lock.ts', import.meta.url).href)};
  import { systemClock } from ${JSON.stringify(new URL('../../../lib/clock.ts', import.meta.url).href)};
  const result = await acquireLock(process.argv[1], systemClock);
  console.log(JSON.stringify({ pid: process.pid, acquired: result.acquired, holder: result.holder }));
  if (result.acquired) setInterval(() => result.lock, 1000);
`;

/** A process of its own that tries for the lock, says how it went and, having it, stays. */
async function contend() {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', CONTENDER, folder],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.push(child);
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, 'line');
  return { child, ...JSON.parse(String(line)) };
}

test('of several at once exactly one gets a folder, stale lock or none, and the others name it', async () => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'lock'), '{"pid":999999999,"startedAt":"2020-01-01T00:00:00.000Z"}');
  for (let round = 0; round < 3; round++) {
    const results = await Promise.all([contend(), contend(), contend()]);
    const winners = results.filter(({ acquired }) => acquired);
    expect(winners).toHaveLength(1);
    const [winner] = winners;
    for (const loser of results.filter(({ acquired }) => !acquired)) {
      expect(loser.holder.pid).toBe(winner.pid);
      expect(Date.parse(loser.holder.startedAt)).toBeGreaterThan(Date.parse('2026-01-01'));
    }
    // Killed without a chance to clean up: the next round finds a stale lock file.
    winner.child.kill('SIGKILL');
    await once(winner.child, 'exit');
    expect(JSON.parse(readFileSync(join(folder, 'lock'), 'utf8')).pid).toBe(winner.pid);
  }
});

test('a lock file that names a live process which holds nothing keeps nobody out', async () => {
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'lock'),
    JSON.stringify({ pid: process.ppid, startedAt: '2026-01-01T00:00:00.000Z' }),
  );
  const result = await acquireLock(folder, systemClock);
  expect(result.acquired).toBe(true);
  if (result.acquired) result.lock.release();
});

test('a released folder can be taken again at once, a held one not even by the same process', async () => {
  const first = await acquireLock(folder, systemClock);
  if (!first.acquired) throw new Error('not acquired');
  expect(await acquireLock(folder, systemClock)).toMatchObject({
    acquired: false,
    holder: { pid: process.pid },
  });
  first.lock.release();
  first.lock.release();
  const second = await acquireLock(folder, systemClock);
  expect(second.acquired).toBe(true);
  if (second.acquired) second.lock.release();
});

test('a data folder that is a file is an error with its own code', async () => {
  mkdirSync(join(folder, '..'), { recursive: true });
  writeFileSync(folder, '');
  await expect(acquireLock(folder, systemClock)).rejects.toMatchObject({
    code: 'local.data-folder',
  });
});
