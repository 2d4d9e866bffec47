// Runs `npm start` as a process of its own, on the Node it is meant for, and reads what it says.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const SCRIPT = new URL('../../lib/cli/start.ts', import.meta.url).pathname;

export interface JsonLine {
  readonly kind: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into lines of every kind
  readonly [field: string]: any;
}

export interface FinishedRun {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LocalRun {
  readonly child: ChildProcess;
  /** Standard output so far. */
  readonly stdout: () => string;
  readonly finished: Promise<FinishedRun>;
  /** Resolves when a line of standard output or standard error matches. */
  saw(pattern: RegExp): Promise<void>;
}

const running = new Set<ChildProcess>();

/** Nothing of this machine's own settings reaches the run, save what Node needs. */
export function startRun(args: readonly string[], env: NodeJS.ProcessEnv = {}): LocalRun {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', SCRIPT, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env['PATH'], ...env } },
  );
  running.add(child);
  const out: string[] = [];
  const err: string[] = [];
  const watchers = new Set<(line: string) => void>();
  for (const [stream, texts] of [
    [child.stdout, out],
    [child.stderr, err],
  ] as const) {
    stream.setEncoding('utf8').on('data', (text: string) => texts.push(text));
    createInterface({ input: stream }).on('line', (line) => {
      for (const watcher of watchers) watcher(line);
    });
  }
  const finished = once(child, 'close').then(([code, signal]): FinishedRun => {
    running.delete(child);
    return { code, signal, stdout: out.join(''), stderr: err.join('') };
  });
  return {
    child,
    stdout: () => out.join(''),
    finished,
    saw: (pattern) =>
      new Promise((resolve, reject) => {
        const watcher = (line: string) => {
          if (pattern.test(line)) resolve();
        };
        watchers.add(watcher);
        for (const line of [...out, ...err].join('').split('\n')) watcher(line);
        void finished.then(() => reject(new Error(`ended without ${pattern}: ${err.join('')}`)));
      }),
  };
}

export const run = (args: readonly string[], env?: NodeJS.ProcessEnv) =>
  startRun(args, env).finished;

/** Every complete line as JSON; what a kill cut off at the end is left out. @throws when a line is none */
export function jsonLines(text: string): JsonLine[] {
  return text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** For afterEach: nothing a failed test started stays. */
export function killRuns(): void {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
}
