// Starts programs for the end-to-end test so that none outlives it: each runs under guard.ts, its output goes to a file.
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AuditBusError } from '../../../lib/errors.ts';

const GUARD = fileURLToPath(new URL('guard.ts', import.meta.url));

export interface ProgramOptions {
  readonly env: Record<string, string>;
  readonly cwd: string;
  /** Takes stdout and stderr, appended. */
  readonly logFile: string;
}

export interface RunningProgram {
  /** The exit status, once it has ended. */
  readonly exited: Promise<number>;
  /** Ends it and everything it started; resolves when all are gone. */
  stop(): Promise<void>;
}

export function startProgram(
  command: string,
  args: readonly string[],
  { env, cwd, logFile }: ProgramOptions,
): RunningProgram {
  const log = openSync(logFile, 'a');
  const guard = spawn(process.execPath, [GUARD, command, ...args], {
    cwd,
    env,
    // A Ctrl-C in the terminal reaches the test alone, which then ends its programs in order.
    detached: true,
    stdio: ['pipe', log, log],
  });
  closeSync(log);
  // A guard that ended by itself leaves a broken pipe; `exited` tells of that.
  guard.stdin?.on('error', () => undefined);
  const exited = new Promise<number>((resolve, reject) => {
    guard.once('error', reject);
    guard.once('exit', (code) => resolve(code ?? 1));
  });
  return {
    exited,
    async stop() {
      guard.stdin?.destroy();
      await exited;
    },
  };
}

/**
 * Runs a program to its end. @returns its output
 * @throws AuditBusError `e2e.program-failed` with the end of its output, when its status is not 0
 */
export async function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<string> {
  const status = await startProgram(command, args, options).exited;
  const output = readFileSync(options.logFile, 'utf8');
  if (status === 0) return output;
  throw new AuditBusError(
    'e2e.program-failed',
    `${command} ${args.join(' ')} ended with status ${status}; the end of ${options.logFile}:\n${lastLines(output)}`,
  );
}

export function lastLines(text: string, count = 40): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
