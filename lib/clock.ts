// Time as a parameter: logic takes a Clock, so that tests can steer it and the local run can shorten it.

export interface Clock {
  /** Wall clock, milliseconds since the epoch. For instants that others read. */
  now(): number;
  /** Milliseconds from an arbitrary start, never jumping back. For durations and leases. */
  monotonic(): number;
  /** Resolves after `ms`, or as soon as the signal is aborted; never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done, { once: true });
    }),
};
