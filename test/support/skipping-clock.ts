// A clock that runs like the real one, except that sleeping takes no time and moves it: waits are seen, not waited.
import type { Clock } from '../../lib/clock.ts';

export interface SkippingClock extends Clock {
  advance(ms: number): void;
  /** What was slept so far, in order. */
  readonly slept: number[];
}

export function skippingClock(): SkippingClock {
  let ahead = 0;
  const slept: number[] = [];
  return {
    slept,
    now: () => Math.round(Date.now() + ahead),
    monotonic: () => performance.now() + ahead,
    sleep: async (ms) => {
      slept.push(ms);
      ahead += ms;
      await new Promise((resolve) => setImmediate(resolve));
    },
    advance: (ms) => {
      ahead += ms;
    },
  };
}
