// The lease as its holder sees it: measured on the monotonic clock, so that a jump of the wall clock prolongs nothing.
import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { RunBudget } from './budget.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type CheckpointStore, type LeaseKey, LeaseLostError } from './checkpoint-store.ts';
import { asFailure } from './failure.ts';
import type { PollerDependencies } from './settings.ts';
import { resolveStart, type StartFrom } from './start-from.ts';

/** A lease that is held is looked at again this often, in milliseconds. */
const LEASE_RETRY_MS = 500;

export class Lease {
  readonly key: LeaseKey;
  readonly #store: CheckpointStore;
  readonly #clock: Clock;
  /** Monotonic milliseconds. */
  #endsAt: number;
  #lost = false;

  /** @param takenAt monotonic milliseconds from before the request that took it, so that it ends for us first */
  constructor(
    key: LeaseKey,
    store: CheckpointStore,
    clock: Clock,
    takenAt: number,
    durationMs: number,
  ) {
    this.key = key;
    this.#store = store;
    this.#clock = clock;
    this.#endsAt = takenAt + durationMs;
  }

  /** Milliseconds; 0 once it is known to be lost. */
  remaining(): number {
    return this.#lost ? 0 : Math.max(0, this.#endsAt - this.#clock.monotonic());
  }

  /** From now on nothing more may be sent: another run holds it, or a write of ours was refused. */
  lose(): void {
    this.#lost = true;
  }

  /** Whether it ended otherwise than by its time. */
  get lost(): boolean {
    return this.#lost;
  }

  /** @throws LeaseLostError, or what the table answered */
  async renew(durationMs: number): Promise<void> {
    const from = this.#clock.monotonic();
    await this.#store.renewLease(this.key, this.#clock.now() + durationMs);
    this.#endsAt = from + durationMs;
  }

  /** Renews it again and again, until the signal is aborted or it is lost. Never rejects. */
  async keepRenewed(
    everyMs: number,
    durationMs: number,
    log: Log,
    signal: AbortSignal,
  ): Promise<void> {
    for (;;) {
      await this.#clock.sleep(everyMs, signal);
      if (signal.aborted) return;
      try {
        await this.renew(durationMs);
      } catch (error) {
        if (error instanceof LeaseLostError) return this.lose();
        // The table did not answer: the lease runs on as it is, and the next renewal is tried in its turn.
        log.warn('the lease could not be renewed', { code: asFailure(error).code });
      }
    }
  }
}

export interface TakenLease {
  readonly lease: Lease;
  readonly checkpoint: Checkpoint;
  /** See LeaseAnswer. */
  readonly abandoned: boolean;
}

/** @returns the lease and what the checkpoint says, or undefined when another run holds it for longer than we wait */
export async function takeLease(
  { checkpoints, clock, log }: Pick<PollerDependencies, 'checkpoints' | 'clock' | 'log'>,
  workspaceGid: string,
  startFrom: StartFrom,
  budget: RunBudget,
): Promise<TakenLease | undefined> {
  const owner = randomUUID();
  const begun = clock.monotonic();
  const giveUpAt = Math.min(begun + (budget.waitForLeaseMs ?? 0), budget.deadline);
  for (;;) {
    const takenAt = clock.monotonic();
    const now = clock.now();
    // What was waited is not added at the end: the lease is to outlast the run by no more than planned.
    const leaseMs = budget.leaseMs - (takenAt - begun);
    const start = resolveStart(startFrom, now);
    const answer = await checkpoints.takeLease(workspaceGid, owner, now, now + leaseMs, start);
    if (answer.taken) {
      if (answer.fresh && start.warning !== undefined) log.warn(start.warning);
      const lease = new Lease(answer.lease, checkpoints, clock, takenAt, leaseMs);
      return { lease, checkpoint: answer.checkpoint, abandoned: answer.abandoned };
    }
    if (clock.monotonic() >= giveUpAt || budget.signal?.aborted) return undefined;
    await clock.sleep(LEASE_RETRY_MS, budget.signal);
  }
}
