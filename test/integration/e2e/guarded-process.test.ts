import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runProgram, startProgram } from '../../e2e/support/guarded-process.ts';
import { waitFor } from '../../e2e/support/wait.ts';

const MODULE = fileURLToPath(new URL('../../e2e/support/guarded-process.ts', import.meta.url));
const PATIENCE = { atMostSeconds: 30, everyMilliseconds: 20 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'guarded-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const options = () => ({
  env: { PATH: process.env['PATH'] ?? '' },
  cwd: folder,
  logFile: join(folder, 'log'),
});

/** A program, the child it starts and the child's own, each writing its pid; none ends by itself. */
const FAMILY = ['-c', 'sh -c "sleep 600 & echo \\$! \\$\\$; wait" & echo $$; wait'];

async function familyPids(): Promise<number[]> {
  return waitFor(
    'three pids',
    () => {
      const pids = readFileSync(options().logFile, 'utf8').split(/\s+/).filter(Boolean).map(Number);
      return pids.length === 3 && pids;
    },
    PATIENCE,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // Where the first process of a container collects nobody, the dead stay as zombies.
  const stat = `/proc/${pid}/stat`;
  return !(existsSync(stat) && /\) Z /.test(readFileSync(stat, 'utf8')));
}

describe('programs the end-to-end test starts', () => {
  test('end with all they started when they are stopped', async () => {
    const program = startProgram('sh', FAMILY, options());
    const pids = await familyPids();
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    await program.stop();
    await waitFor('all have ended', () => !pids.some(isAlive), PATIENCE);
  });

  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'end when the test itself is ended by %s',
    async (signal) => {
      const script = `
        import { startProgram } from ${JSON.stringify(MODULE)};
        startProgram('sh', ${JSON.stringify(FAMILY)}, ${JSON.stringify(options())});
        setInterval(() => undefined, 1000);`;
      const starter = spawn(process.execPath, ['--input-type=module', '-e', script], {
        stdio: 'ignore',
      });
      await waitFor('a log', () => existsSync(options().logFile), PATIENCE);
      const pids = await familyPids();
      starter.kill(signal);
      await waitFor('all have ended', () => !pids.some(isAlive), PATIENCE);
    },
  );

  test('a program that ignores SIGTERM is ended all the same', async () => {
    const program = startProgram('sh', ['-c', 'trap "" TERM; echo $$; sleep 600; sleep 600'], {
      ...options(),
    });
    const pid = await waitFor(
      'its pid',
      () => Number(readFileSync(options().logFile, 'utf8')) || undefined,
      PATIENCE,
    );
    await program.stop();
    await waitFor('it has ended', () => !isAlive(pid), PATIENCE);
  });

  test('a status other than 0 is an error that shows the end of the output', async () => {
    await expect(runProgram('sh', ['-c', 'echo one; exit 3'], options())).rejects.toMatchObject({
      code: 'e2e.program-failed',
      message: expect.stringMatching(/status 3[\s\S]*one/),
    });
    await expect(runProgram('no-such-program', [], options())).rejects.toMatchObject({
      code: 'e2e.program-failed',
      message: expect.stringContaining('status 127'),
    });
  });
});
