// What the poller asks of the place its checkpoints live in. The DynamoDB one is in dynamo-checkpoint-store.ts.
import { AuditBusError } from '../errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Memory, MemorySnapshot } from './memory.ts';
import type { Start } from './start-from.ts';

/** A lease names its holder; `version` grows with every lease taken, so that a former holder is told apart. */
export interface LeaseKey {
  readonly workspaceGid: string;
  readonly owner: string;
  readonly version: number;
}

/**
 * Milliseconds: no lease lasts as long (305 seconds on Lambda, 30 in the local run), clocks that differ by most of a minute
 * included. One that ends later than this from now was taken by a clock that was wrong, and holds nobody up.
 */
export const BEYOND_ANY_LEASE_MS = 6 * 60_000;

export type LeaseAnswer =
  | {
      readonly taken: true;
      readonly lease: LeaseKey;
      readonly checkpoint: Checkpoint;
      readonly fresh: boolean;
      /** Its former holder never gave it back: it died, or lives and has yet to notice. */
      readonly abandoned: boolean;
    }
  | { readonly taken: false };

/** A checkpoint as it is stored, whoever holds it. */
export interface StoredCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly version: number;
  /** Epoch milliseconds; undefined while nobody holds the lease. It may have passed. */
  readonly leaseUntil?: number | undefined;
}

/** For who looks on: people's commands. */
export interface CheckpointReader {
  /** Undefined for a workspace that was never polled. */
  read(workspaceGid: string): Promise<StoredCheckpoint | undefined>;
}

export interface CheckpointStore {
  /**
   * One conditional write: taken when nobody holds it, the holder's time is up, or ends further ahead than any lease's.
   * `now`, `until`: epoch milliseconds.
   */
  takeLease(
    workspaceGid: string,
    owner: string,
    now: number,
    until: number,
    start: Start,
  ): Promise<LeaseAnswer>;
  /** @throws LeaseLostError */
  renewLease(lease: LeaseKey, until: number): Promise<void>;
  /**
   * Saves the checkpoint if the lease still holds and the stored page is `expectedPage`; with `release` the lease ends
   * in the same write. `liveFrom`, written once, is replaced only where that is asked for. A write that was applied but
   * whose answer was lost counts as done.
   * @throws LeaseLostError
   */
  save(
    lease: LeaseKey,
    checkpoint: Checkpoint,
    expectedPage: number,
    options?: { readonly release?: boolean; readonly liveFrom?: boolean },
  ): Promise<void>;
  /** Ends the lease without a word on the position. Quiet when it is lost already. */
  release(lease: LeaseKey): Promise<void>;
  loadMemory(workspaceGid: string): Promise<Memory>;
  /** Refused for a holder whose successor has written. @throws LeaseLostError */
  saveMemory(lease: LeaseKey, memory: MemorySnapshot): Promise<void>;
}

/** Another run holds the lease now: whatever this one has not sent must stay unsent. */
export class LeaseLostError extends AuditBusError {
  constructor(what: string) {
    super('lease.lost', `Another run took over before this one could ${what}.`, {
      retryable: true,
    });
  }
}
