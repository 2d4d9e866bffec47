// The lease as its holder sees it: measured on the monotonic clock, so that a jump of the wall clock prolongs nothing.
import type { Clock } from '../clock.ts';
import type { CheckpointStore, LeaseKey } from './checkpoint-store.ts';

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

  async renew(durationMs: number): Promise<void> {
    const from = this.#clock.monotonic();
    await this.#store.renewLease(this.key, this.#clock.now() + durationMs);
    this.#endsAt = from + durationMs;
  }
}
