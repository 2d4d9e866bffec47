// Decides on this machine what only time decides, as the deployed sweep does every minute: while nothing waits in a queue,
// so that all that was fetched has been looked at.
import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';

export interface SweeperOptions {
  readonly clock: Clock;
  readonly log: Log;
  isDrained(): boolean;
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
    const { clock, log, isDrained, sweep } = this.#options;
    const { signal } = this.#stop;
    for (;;) {
      await clock.sleep(EVERY_MS, signal);
      if (signal.aborted) return;
      if (!isDrained()) continue;
      try {
        await sweep();
      } catch (error) {
        // What is due stays due: the next sweep is the retry, and a person hears why this one was none.
        log.warn('What is due could not be looked at', { reason: describeError(error) });
      }
    }
  }
}
