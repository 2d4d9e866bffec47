// What has to be looked at once time has passed, as a port: notes that name a group and an instant.
// A note is only a reason to look: whether anything is to be done says the group itself.
import type { GroupIdentity } from '../alerts/identity.ts';

/** `absence`: something expected may not have come. Other reasons to look at a group may join it. */
export type DueKind = 'absence';

export interface Due {
  readonly kind: DueKind;
  /** Milliseconds since the epoch. */
  readonly dueAt: number;
  readonly group: GroupIdentity;
}

/** A note as it was found. */
export interface FoundDue extends Due {
  /** When the feed was first seen to have passed `dueAt`, milliseconds since the epoch; absent: not yet. */
  readonly passedAt?: number;
}

export interface DueIndex {
  /** Safe to repeat. */
  put(due: Due): Promise<void>;
  /** The notes that are due at `now`, the oldest of each shard first; read as they are asked for. */
  list(now: number): AsyncIterable<FoundDue>;
  /** Remembers that the feed has passed it. */
  notePassed(due: Due, passedAt: number): Promise<void>;
  remove(due: Due): Promise<void>;
}
