// Calls the sweep on this machine every few seconds, as the schedule does every minute in a deployment.
// What a sweep may decide is pipeline.ts's.
import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';

export interface SweeperOptions {
  readonly clock: Clock;
  readonly log: Log;
  sweep(): Promise<unknown>;
}

const EVERY_MS = 10_000;

export class Sweeper {
  readonly #options: SweeperOptions;
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** Resolves once no sweep is under way any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, log, sweep } = this.#options;
    const { signal } = this.#stop;
    for (;;) {
      await clock.sleep(EVERY_MS, signal);
      if (signal.aborted) return;
      try {
        await sweep();
      } catch (error) {
        // What is due stays due: the next sweep is the retry, and a person hears why this one was none.
        log.warn('What is due could not be looked at', { reason: describeError(error) });
      }
    }
  }
}
