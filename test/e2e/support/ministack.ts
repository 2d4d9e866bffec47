// The emulator of AWS that the end-to-end test deploys to: MiniStack, pinned, in a virtual environment of its own, on loopback.
// Installs and runs it; what it cannot do is in cdk/emulator-omissions.ts.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AuditBusError } from '../../../lib/errors.ts';
import { baseEnvironment, CREDENTIALS, REGION } from './environment.ts';
import { lastLines, type RunningProgram, runProgram, startProgram } from './guarded-process.ts';
import { waitFor } from './wait.ts';

const REQUIREMENTS = fileURLToPath(new URL('../requirements.txt', import.meta.url));
const START_ATTEMPTS = 3;

export interface Emulator {
  /** Such as `http://127.0.0.1:40123`. MiniStack wants an IP here: names would get buckets prepended. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/**
 * Installs what requirements.txt pins, by hash, unless that very set is there already.
 * @param cache a git-ignored folder that stays between runs
 * @returns the virtual environment's Python
 */
export async function installMiniStack(
  cache: string,
  logFile: string,
): Promise<{ readonly python: string; readonly version: string }> {
  const requirements = readFileSync(REQUIREMENTS, 'utf8');
  const version = /^ministack==(\S+)/m.exec(requirements)?.[1] ?? '';
  const digest = createHash('sha256').update(requirements).digest('hex').slice(0, 8);
  const home = join(cache, `ministack-${version}-${digest}`);
  const python = join('bin', 'python');
  // The interpreter it was made with may have gone since: then the link dangles and it is made anew.
  if (existsSync(join(home, python))) return { python: join(home, python), version };

  mkdirSync(cache, { recursive: true });
  // Made aside and moved when complete, so that an interrupted install is never taken for one.
  const making = `${home}.${process.pid}`;
  rmSync(making, { recursive: true, force: true });
  // The shell's own settings for pip (an index, a proxy, a certificate) apply here, as this step alone needs the network.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
  const options = { env, cwd: cache, logFile };
  try {
    await requirePython(options);
    await runProgram('python3', ['-m', 'venv', making], options);
    const install = ['install', '--require-hashes', '--only-binary=:all:', '--no-input'];
    const quiet = ['--disable-pip-version-check', '--progress-bar=off'];
    await runProgram(
      join(making, python),
      ['-m', 'pip', ...install, ...quiet, '--requirement', REQUIREMENTS],
      options,
    );
    rmSync(home, { recursive: true, force: true });
    renameSync(making, home);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return { python: join(home, python), version };
}

async function requirePython(options: Parameters<typeof runProgram>[2]): Promise<void> {
  const check = 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))';
  try {
    await runProgram('python3', ['-c', check], options);
  } catch (cause) {
    throw new AuditBusError(
      'e2e.python',
      'The end-to-end test needs python3, 3.10 or newer, with its venv module (on Debian and Ubuntu: apt-get install ' +
        'python3-venv).',
      { cause },
    );
  }
}

export interface StartOptions {
  readonly python: string;
  readonly home: string;
  readonly temporary: string;
  readonly logFile: string;
}

/** Starts an emulator without any state on a free port. Its functions run on the Node that runs this. */
export async function startMiniStack(options: StartOptions): Promise<Emulator> {
  // The port is free when asked for, but it is the emulator that takes it: another program may be quicker.
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const endpoint = `http://127.0.0.1:${port}`;
    const program = startProgram(options.python, ['-m', 'ministack.app'], {
      env: emulatorEnvironment(port, options),
      cwd: options.temporary,
      logFile: options.logFile,
    });
    // MiniStack writes this once it has found the port free: whoever answers from then on is this very one.
    const pidFile = join(options.temporary, `ministack-${port}.pid`);
    if (await answers(endpoint, program, pidFile)) return { endpoint, stop: () => program.stop() };
    await program.stop();
    if (attempt === START_ATTEMPTS) {
      const log = lastLines(readFileSync(options.logFile, 'utf8'));
      throw new AuditBusError(
        'e2e.emulator',
        `MiniStack did not start; the end of its log:\n${log}`,
      );
    }
  }
}

function emulatorEnvironment(port: number, options: StartOptions): Record<string, string> {
  return {
    // Its functions run on the Node of this environment: Node 24, brought by the install.
    ...baseEnvironment(process.env, options),
    GATEWAY_PORT: String(port),
    BIND_HOST: '127.0.0.1',
    // Queue URLs carry this name.
    MINISTACK_HOST: '127.0.0.1',
    MINISTACK_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    // Listeners of its own that nothing here needs, and a Docker daemon that is none of its business.
    IOT_MTLS_ENABLED: '0',
    SFTP_ENABLED: '0',
    DOCKER_HOST: `unix://${join(options.temporary, 'no-docker.sock')}`,
    PYTHONUNBUFFERED: '1',
  };
}

/** True once it answers, false when it has ended instead. */
async function answers(
  endpoint: string,
  program: RunningProgram,
  pidFile: string,
): Promise<boolean> {
  let ended = false;
  void program.exited.then(() => {
    ended = true;
  });
  const probe = async (): Promise<'up' | 'ended' | undefined> => {
    if (ended) return 'ended';
    if (!existsSync(pidFile)) return undefined;
    try {
      const { ok } = await fetch(`${endpoint}/_ministack/health`);
      return ok ? 'up' : undefined;
    } catch {
      // Nobody listens yet; `ended` tells when nobody ever will.
      return undefined;
    }
  };
  return (await waitFor('MiniStack answers', probe, { atMostSeconds: 60 })) === 'up';
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
