// What one tick of the schedule comes to: the time a run may take, and the polls within it below one a minute. Pure.
import type { RunBudget } from './poll.ts';

/** Between ticks the schedule leaves a minute; polls repeat until this long before the next. */
const TICK_MS = 60_000;
const RELEASE_BEFORE_TICK_MS = 5_000;
/** A tick that finds the lease held waits this long: the one before it may just be finishing. */
const WAIT_FOR_LEASE_MS = 10_000;
/** Kept for release, metrics and the answer. */
const SHUTDOWN_MS = 2_000;
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
    deadline: monotonic + remainingMs - SHUTDOWN_MS,
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
