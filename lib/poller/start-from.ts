// Where a workspace's log begins for us. Read once, when no checkpoint exists.
import { parseZoned } from '../instant.ts';
import { RETENTION_MS } from './checkpoint.ts';

/** Asana's clock and ours may differ, and an event may be written a little after it is created. */
const CLOCK_SKEW_MS = 5 * 60 * 1000;

/** `now`, `oldest` or an ISO 8601 timestamp with a zone. */
export type StartFrom = string;

export interface Start {
  /** ISO 8601; absent: the oldest event Asana still has. */
  readonly startAt?: string | undefined;
  readonly liveFrom: string;
  readonly warning?: string | undefined;
}

/** @returns what is wrong with the value, or undefined. `now` in epoch milliseconds. */
export function startFromProblem(value: StartFrom, now: number): string | undefined {
  if (value === 'now' || value === 'oldest') return undefined;
  const instant = parseZoned(value);
  if (instant === undefined) {
    return 'must be now, oldest or a timestamp such as 2026-01-31T00:00:00Z';
  }
  return instant > now ? 'lies in the future; give now, oldest or a past timestamp' : undefined;
}

/** @param value one that startFromProblem has nothing against */
export function resolveStart(value: StartFrom, now: number): Start {
  const skewed = new Date(now - CLOCK_SKEW_MS).toISOString();
  if (value === 'now') return { startAt: skewed, liveFrom: skewed };
  if (value === 'oldest') return { liveFrom: skewed };
  const instant = Date.parse(value);
  return {
    // Sent even when older than the retention: Asana then begins at the oldest event it has, which is what is meant.
    startAt: new Date(instant).toISOString(),
    liveFrom: skewed,
    warning:
      now - instant > RETENTION_MS
        ? `startFrom ${value} is older than the 90 days Asana keeps: the log begins at the oldest event retained.`
        : undefined,
  };
}
