// The data folder's lock: one run at a time, released by the operating system however the run ends.
// Keeps runs apart; what they keep in the folder is not its business.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as z from 'zod';
import type { Clock } from '../clock.ts';
import { AuditBusError } from '../errors.ts';

const LOCK_FILE = 'lock';
const GUARD_FILE = 'lock.guard';
/** How long a contender waits for the guard: two at once on a stale lock need a moment to settle who wins. */
const GUARD_WAIT_MS = 300;
/** How long the refused one waits for the winner's name to be in the lock file. */
const HOLDER_WAIT_MS = 2_000;
const HOLDER_RETRY_MS = 25;

const endpointsSchema = z.object({ dynamodb: z.url(), bus: z.url(), asana: z.url().optional() });
/** Where a run can be reached while it holds its folder, and the API that it polls where that is none of its own. */
export type RunEndpoints = z.infer<typeof endpointsSchema>;

const holderSchema = z.object({
  pid: z.number().int().positive(),
  startedAt: z.string(),
  endpoints: endpointsSchema.optional(),
});
/** Who holds a data folder. `startedAt` is ISO 8601 UTC; `endpoints` are there once a run has opened them. */
export type LockHolder = z.infer<typeof holderSchema>;

export interface DataFolderLock {
  /** Tells commands where to reach this run. @throws AuditBusError `local.data-folder` */
  announce(endpoints: RunEndpoints): void;
  /** Gives the folder back. Calling it twice does nothing. */
  release(): void;
}

export type LockResult =
  | { readonly acquired: true; readonly lock: DataFolderLock }
  | { readonly acquired: false; readonly holder: LockHolder | undefined };

/**
 * Takes the lock of `folder` (made when absent) or says who holds it.
 *
 * The lock proper is an exclusive SQLite transaction on `lock.guard`, which the operating system drops with the
 * process: a killed run leaves nothing to clean up, a pid that was given to another program cannot keep the folder
 * shut, and of two that come at once exactly one gets it. The file `lock` only tells people who that is.
 * @throws AuditBusError `local.data-folder` when the folder cannot be made or written.
 */
export async function acquireLock(
  folder: string,
  clock: Clock,
  pid = process.pid,
): Promise<LockResult> {
  const guard = openGuard(folder);
  try {
    guard.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    guard.close();
    if (!isBusy(error)) throw folderError(folder, error);
    return { acquired: false, holder: await readHolder(folder, clock) };
  }
  const lockFile = join(folder, LOCK_FILE);
  const holder: LockHolder = { pid, startedAt: new Date(clock.now()).toISOString() };
  try {
    writeHolder(folder, holder);
  } catch (error) {
    guard.close();
    throw error;
  }
  let released = false;
  return {
    acquired: true,
    lock: {
      announce: (endpoints) => writeHolder(folder, { ...holder, endpoints }),
      release() {
        if (released) return;
        released = true;
        rmSync(lockFile, { force: true });
        guard.close();
      },
    },
  };
}

/** Whole or not at all, whenever it is read. */
function writeHolder(folder: string, holder: LockHolder): void {
  const lockFile = join(folder, LOCK_FILE);
  const draft = `${lockFile}.new`;
  try {
    writeFileSync(draft, `${JSON.stringify(holder)}\n`);
    renameSync(draft, lockFile);
  } catch (error) {
    throw folderError(folder, error);
  }
}

function openGuard(folder: string): DatabaseSync {
  try {
    // Recursive only where it has to be: below /proc that spins for ever (Node 24.21, November 2026).
    const path = resolve(folder);
    if (!existsSync(path)) mkdirSync(path, { recursive: !existsSync(dirname(path)) });
    return new DatabaseSync(join(folder, GUARD_FILE), { timeout: GUARD_WAIT_MS });
  } catch (error) {
    throw folderError(folder, error);
  }
}

/** The guard is taken before the file is written, so the file may still name a run that is gone: wait for a live one. */
async function readHolder(folder: string, clock: Clock): Promise<LockHolder | undefined> {
  const deadline = clock.monotonic() + HOLDER_WAIT_MS;
  for (;;) {
    const holder = parseHolder(join(folder, LOCK_FILE));
    if (holder !== undefined && isAlive(holder.pid)) return holder;
    if (clock.monotonic() >= deadline) return undefined;
    await clock.sleep(HOLDER_RETRY_MS);
  }
}

function parseHolder(file: string): LockHolder | undefined {
  try {
    return holderSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Absent, half-written by an older version or edited by hand: it names nobody, and the guard alone decides.
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and belongs to another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** SQLITE_BUSY is 5; extended codes keep it in the low byte (sqlite.org/rescode.html). */
function isBusy(error: unknown): boolean {
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' && (code & 0xff) === 5;
}

function folderError(folder: string, cause: unknown): AuditBusError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AuditBusError(
    'local.data-folder',
    `The data folder ${folder} cannot be used: ${reason}`,
    {
      cause,
    },
  );
}
