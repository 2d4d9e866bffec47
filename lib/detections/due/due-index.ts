// What has to be looked at once time has passed, as a port: notes that name a group and an instant.
// A note is only a reason to look: whether anything is to be done says the group itself.
import type { GroupIdentity } from '../../alerts/life/identity.ts';

/**
 * `absence`: something may not have come: what is expected, or what calls a sequence off. `closing`: an alert's window may
 * be over. Both once the feed has passed the instant. `update`: an alert may hold what has not been said; by the wall clock.
 */
export type DueKind = 'absence' | 'closing' | 'update';

/** What says that an instant has come: how far the feed is, or the wall clock. */
export type DueBy = 'feed' | 'clock';

export interface Due {
  readonly kind: DueKind;
  /** Milliseconds since the epoch. */
  readonly dueAt: number;
  readonly group: GroupIdentity;
}

/** A note as it was found. */
export interface FoundDue extends Due {
  /** When it was written last, milliseconds of the writer's clock. */
  readonly putAt: number;
  /** When the feed was first seen to have passed `dueAt`, milliseconds since the epoch; absent: not yet. */
  readonly passedAt?: number;
}

export interface DueIndex {
  /** Safe to repeat. @param now milliseconds since the epoch */
  put(due: Due, now: number): Promise<void>;
  /** The notes that are due at `until`, the oldest of each shard first; read as they are asked for. */
  list(by: DueBy, until: number): AsyncIterable<FoundDue>;
  /** Remembers that the feed has passed it. */
  notePassed(due: FoundDue, passedAt: number): Promise<void>;
  /** Takes it away, unless it has been written again since it was found. */
  remove(due: FoundDue): Promise<void>;
}

export function dueBy(kind: DueKind): DueBy {
  return kind === 'update' ? 'clock' : 'feed';
}
