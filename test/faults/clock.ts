// A clock that runs a hundred times as fast as time does and can be moved on, the same in every process of a run: leases,
// timers and back-off are as long as in production by it, and a hundred times shorter by the wall.
import type { Clock } from '../../lib/clock.ts';

const SPEED = 100;

/** What a process needs to tell the same time as the one that made the clock. */
export interface ClockSetting {
  /** Epoch milliseconds of the real clock at which this one showed the same. */
  readonly from: number;
  /** Milliseconds it was moved on since. */
  readonly skipped: number;
  /** Milliseconds by which the wall clock is wrong. @default 0 */
  readonly skew?: number;
}

export class FastClock implements Clock {
  readonly #from: number;
  #skipped: number;
  #skew: number;

  constructor({ from, skipped, skew = 0 }: ClockSetting = { from: realNow(), skipped: 0 }) {
    this.#from = from;
    this.#skipped = skipped;
    this.#skew = skew;
  }

  now(): number {
    return Math.round(this.monotonic() + this.#skew);
  }

  monotonic(): number {
    return this.#from + (realNow() - this.#from) * SPEED + this.#skipped;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const until = performance.now() + ms / SPEED;
    for (let left = ms / SPEED; left > 0 && !signal?.aborted; left = until - performance.now()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, left);
        function done() {
          clearTimeout(timer);
          signal?.removeEventListener('abort', done);
          resolve();
        }
        signal?.addEventListener('abort', done, { once: true });
      });
    }
  }

  /** Moves it on, for everybody who asks from now on. */
  skip(ms: number): void {
    this.#skipped += Math.max(0, ms);
  }

  /** Makes the wall clock wrong; durations stay right. */
  setSkew(ms: number): void {
    this.#skew = ms;
  }

  get setting(): ClockSetting {
    return { from: this.#from, skipped: this.#skipped, skew: this.#skew };
  }
}

/** Finer than Date.now(), and the same in all processes of a machine up to the adjustments of its clock. */
function realNow(): number {
  return performance.timeOrigin + performance.now();
}
