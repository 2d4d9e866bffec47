// The git-ignored folder of one run of the end-to-end test: logs, a home directory, the cloud assembly.
// Kept when the run fails, until the next run begins.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));
export const CACHE = join(PROJECT, '.cache');
const RUNS = join(CACHE, 'e2e');

export interface RunFolder {
  readonly path: string;
  readonly home: string;
  readonly temporary: string;
  log(name: string): string;
  /** A run that went well leaves nothing behind; of one that failed the logs stay. */
  remove(options: { readonly keepLogs: boolean }): void;
}

export function createRunFolder(): RunFolder {
  mkdirSync(RUNS, { recursive: true });
  for (const name of readdirSync(RUNS)) {
    if (!isRunning(Number(name))) rmSync(join(RUNS, name), { recursive: true, force: true });
  }
  const path = join(RUNS, String(process.pid));
  rmSync(path, { recursive: true, force: true });
  const home = join(path, 'home');
  const temporary = join(path, 'tmp');
  for (const folder of [path, home, temporary]) mkdirSync(folder);
  // MiniStack unpacks functions here with a CommonJS program of its own, which the project's `"type": "module"` would break.
  writeFileSync(join(temporary, 'package.json'), '{ "type": "commonjs" }\n');
  return {
    path,
    home,
    temporary,
    log: (name) => join(path, `${name}.log`),
    remove({ keepLogs }) {
      for (const folder of keepLogs ? [home, temporary] : [path]) {
        rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      }
    },
  };
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
