// A clock that tests set by hand. Sleeping passes at once and moves it.
import type { Clock } from '../../lib/clock.ts';

export interface ManualClock extends Clock {
  advance(ms: number): void;
  /** What was slept so far, in order. */
  readonly slept: number[];
}

export function manualClock(start = Date.parse('2026-10-05T09:05:00.000Z')): ManualClock {
  let at = start;
  const slept: number[] = [];
  return {
    slept,
    now: () => at,
    monotonic: () => at,
    sleep: async (ms) => {
      slept.push(ms);
      at += ms;
    },
    advance: (ms) => {
      at += ms;
    },
  };
}
