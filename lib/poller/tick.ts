// What one tick of the schedule comes to: the time a run may take, and the polls within it below one a minute. Pure.
import type { Repeat, RunBudget } from './budget.ts';

/** Between ticks the schedule leaves a minute; polls repeat until this long before the next. */
const TICK_MS = 60_000;
const RELEASE_BEFORE_TICK_MS = 5_000;
/** A tick that finds the lease held waits this long: the one before it may just be finishing. */
const WAIT_FOR_LEASE_MS = 10_000;
/** A tick may come this late, so the last poll before it is no earlier than two intervals before that. */
const LATE_TICK_MS = 5_000;
/** Kept for what is in flight at the deadline (a PutEvents call has 3 s), the saving of it, release and metrics. */
const SHUTDOWN_MS = 4_000;
/** The lease outlasts the function, so that a run that hangs is fenced before another begins. */
const LEASE_BEYOND_RUN_MS = 5_000;

export interface TickInput {
  /** Milliseconds the platform leaves this invocation. */
  readonly remainingMs: number;
  readonly pollIntervalSeconds: number;
  /** Epoch milliseconds; undefined: this invocation counts as on time. */
  readonly scheduledTime: number | undefined;
  readonly now: number;
  readonly monotonic: number;
}

export function budgetOf(input: TickInput): RunBudget {
  const { remainingMs, pollIntervalSeconds, scheduledTime, now, monotonic } = input;
  const base: RunBudget = {
    deadline: monotonic + remainingMs - Math.min(SHUTDOWN_MS, remainingMs / 4),
    leaseMs: remainingMs + LEASE_BEYOND_RUN_MS,
  };
  if (pollIntervalSeconds >= TICK_MS / 1000) return base;
  // A tick far from now (a retry, a wrong clock) would make the minute end in the past or hours ahead.
  const tick =
    scheduledTime !== undefined && Math.abs(now - scheduledTime) < TICK_MS ? scheduledTime : now;
  return {
    ...base,
    waitForLeaseMs: WAIT_FOR_LEASE_MS,
    repeat: { everyMs: pollIntervalSeconds * 1000, until: tick + TICK_MS - RELEASE_BEFORE_TICK_MS },
  };
}

/**
 * When a run polls again, or undefined when the next tick's poll is soon enough. All in epoch milliseconds.
 * @param begun when the last poll began
 * @param repeat `until` is the run's end: after it the lease is free for the next tick
 */
export function nextPollAt(begun: number, repeat: Repeat): number | undefined {
  const { everyMs, until } = repeat;
  if (begun + everyMs <= until) return begun + everyMs;
  const nextTick = until + RELEASE_BEFORE_TICK_MS + LATE_TICK_MS;
  return until > begun && nextTick - begun > 2 * everyMs ? until : undefined;
}

/** A run that has outlasted its minute polls on to the end of the one it is in: that one's tick found the lease held. */
export function prolonged(repeat: Repeat, now: number): Repeat {
  const minutes = Math.max(0, Math.ceil((now - repeat.until) / TICK_MS));
  return { ...repeat, until: repeat.until + minutes * TICK_MS };
}
