// The checkpoint as a pure state machine: where the poller stands in one workspace's log, and how each answer moves it.
// Storing it is checkpoint-store.ts's; leases are not here either, a position does not depend on who holds it.

/** All instants are ISO 8601 UTC with milliseconds. */
export interface Checkpoint {
  readonly workspaceGid: string;
  /** `time` before the first offset and after an expired one, else `offset`. */
  readonly mode: 'time' | 'offset';
  /** Where the log begins for us, written once; absent means the oldest event Asana still has. */
  readonly startAt?: string | undefined;
  /** Events created before it are history (`origin: backfill`); written once, and moved by a person alone (move.ts). */
  readonly liveFrom: string;
  readonly offset?: string | undefined;
  /** The newest created_at of all finished pages. */
  readonly lastCreatedAt?: string | undefined;
  /** The last empty answer, so the last instant at which we had everything. */
  readonly lastPolledAt?: string | undefined;
  /** No request before this: a Retry-After that outlasted a run. */
  readonly notBefore?: string | undefined;
  /** Counts saves that moved the cursor; in the condition of each. */
  readonly page: number;
  /** Where to ask from by time after an offset was lost, until the next one comes. */
  readonly resumeFrom?: string | undefined;
  /** Set when an offset expired, until it is settled whether events were lost meanwhile. */
  readonly recovery?: Recovery | undefined;
  /** The code of the refusal that was last reported, so that it is reported once and not every minute. */
  readonly refusal?: string | undefined;
  /** How many times an offset was no longer taken; absent for never. */
  readonly resets?: number | undefined;
}

export interface Recovery {
  /** The newest event known when the offset expired. Only what was known then can prove anything. */
  readonly knownUntil?: string | undefined;
  /** `lastPolledAt` at that time. */
  readonly caughtUpAt?: string | undefined;
}

/** What the next request asks for. */
export type Cursor = { readonly offset: string } | { readonly startAt?: string | undefined };

export function cursorOf(checkpoint: Checkpoint): Cursor {
  if (checkpoint.mode === 'offset' && checkpoint.offset !== undefined) {
    return { offset: checkpoint.offset };
  }
  return { startAt: checkpoint.resumeFrom ?? checkpoint.startAt };
}

/** Epoch milliseconds: the instant up to which all live events are on the bus. History is never late. */
export function publishedUntil({ lastPolledAt, lastCreatedAt, liveFrom }: Checkpoint): number {
  return Math.max(
    Date.parse(liveFrom),
    Date.parse(lastPolledAt ?? liveFrom),
    Date.parse(lastCreatedAt ?? liveFrom),
  );
}

/**
 * The offset is of no use any more: ask by time again, from the oldest event remembered, or from the last finished
 * page where that is older. Neither `startAt` nor `liveFrom` moves.
 */
export function offsetExpired(
  checkpoint: Checkpoint,
  remembered: { readonly oldest?: number | undefined; readonly newest?: number | undefined },
): Checkpoint {
  const { oldest, newest } = remembered;
  const last = checkpoint.lastCreatedAt;
  const from = [oldest === undefined ? undefined : new Date(oldest).toISOString(), last]
    .filter((instant) => instant !== undefined)
    .sort()[0];
  return {
    ...checkpoint,
    mode: 'time',
    offset: undefined,
    resumeFrom: from,
    page: checkpoint.page + 1,
    resets: (checkpoint.resets ?? 0) + 1,
    // A second expiry before the first is settled must not forget what the first one knew.
    recovery: checkpoint.recovery ?? {
      knownUntil: newest === undefined ? undefined : new Date(newest).toISOString(),
      caughtUpAt: checkpoint.lastPolledAt,
    },
  };
}

/** What a finished page (every event on the bus, in quarantine, or known) says about the position. */
export interface FinishedPage {
  readonly nextOffset: string | null;
  /** The newest created_at on it, ISO; absent on an empty page. */
  readonly newestCreatedAt?: string | undefined;
  readonly empty: boolean;
  /** ISO: when the answer came. */
  readonly answeredAt: string;
}

export function pageFinished(checkpoint: Checkpoint, page: FinishedPage): Checkpoint {
  return {
    ...checkpoint,
    ...moved(checkpoint, page),
    lastCreatedAt: later(checkpoint.lastCreatedAt, page.newestCreatedAt),
    lastPolledAt: page.empty ? page.answeredAt : checkpoint.lastPolledAt,
    notBefore: undefined,
    refusal: undefined,
    page: checkpoint.page + 1,
  };
}

function moved(checkpoint: Checkpoint, page: FinishedPage): Partial<Checkpoint> {
  if (page.nextOffset !== null) {
    return { mode: 'offset', offset: page.nextOffset, resumeFrom: undefined };
  }
  // Nothing has matched yet, or nothing has come since: the same question is asked again.
  if (page.empty) return {};
  // Events without a way on: Asana never answers so, but asking again from the last of them loses nothing.
  const resumeFrom = page.newestCreatedAt ?? checkpoint.lastCreatedAt ?? checkpoint.resumeFrom;
  return { mode: 'time', offset: undefined, resumeFrom };
}

/** A change that moves no cursor, saved all the same. */
export function noted(
  checkpoint: Checkpoint,
  note: Pick<Checkpoint, 'notBefore' | 'refusal'>,
): Checkpoint {
  return { ...checkpoint, ...note, page: checkpoint.page + 1 };
}

export function recoverySettled(checkpoint: Checkpoint): Checkpoint {
  return { ...checkpoint, recovery: undefined };
}

/** Whether events may have been deleted by Asana before the poller came back. */
export type GapVerdict = 'none' | 'possible' | 'undecided';

export const RETENTION_MS = 90 * 24 * 60 * 60 * 1000;
const DAY_MS = 24 * 60 * 60 * 1000;

/** What the first pages after an expired offset showed. */
export interface RecoveryEvidence {
  /** An event known before the expiry came again. */
  readonly knownSeen: boolean;
  /** The newest created_at seen since, epoch milliseconds. */
  readonly reached?: number | undefined;
  /** The end of the log was reached. */
  readonly caughtUp: boolean;
  readonly now: number;
}

/**
 * Nothing ever seen: `startAt` is the start, no proof needed. A known event that comes again proves that nothing between
 * was deleted. Known events younger than the retention that should have come and did not, or an outage that outlasted
 * the retention, may mean a gap. Undecided until the pages have passed the newest known event.
 */
export function gapVerdict(recovery: Recovery, evidence: RecoveryEvidence): GapVerdict {
  if (recovery.knownUntil === undefined || evidence.knownSeen) return 'none';
  const knownUntil = Date.parse(recovery.knownUntil);
  const passed =
    evidence.caughtUp || (evidence.reached !== undefined && evidence.reached > knownUntil);
  if (!passed) return 'undecided';
  if (evidence.now - knownUntil < RETENTION_MS) return 'possible';
  const { caughtUpAt } = recovery;
  const proven =
    caughtUpAt !== undefined && evidence.now - Date.parse(caughtUpAt) < RETENTION_MS - DAY_MS;
  return proven ? 'none' : 'possible';
}

function later(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}
