// A thread that runs a share of the detections, seen from the one that started it. What the thread does is thread-main.ts's.
import { Worker } from 'node:worker_threads';
import { AuditBusError } from '../errors.ts';
import type { Sortable } from './external-sort.ts';
import type { HistoryOptions } from './history.ts';
import type { Failures } from './run.ts';
import type { SideSource } from './side.ts';
import type { ThresholdReport } from './threshold-gauge.ts';

/** What a thread is given. */
export interface ThreadJob {
  readonly options: Omit<HistoryOptions, 'onProgress'>;
  readonly sides: ReadonlyArray<{
    readonly source: SideSource;
    readonly ids: ReadonlySet<string>;
  }>;
}

/** What a thread says: how it went, then, each time it is asked, more of the alerts, side by side and in order. */
export type ThreadWord =
  | { readonly is: 'done'; readonly sides: readonly ThreadSide[] }
  | { readonly is: 'alerts'; readonly side: number; readonly alerts: readonly Sortable[] }
  | { readonly is: 'end' }
  | { readonly is: 'failed'; readonly code: string; readonly message: string };

export interface ThreadSide {
  readonly failures: ReadonlyMap<string, Failures>;
  readonly thresholds: ReadonlyMap<string, ThresholdReport>;
}

const MAIN = new URL('./thread-main.ts', import.meta.url);

export class Thread {
  /** Why it cannot go on, as soon as that is known. */
  error: unknown;
  readonly #worker: Worker;
  #words: ThreadWord[] = [];
  #wake = () => {};

  /** @param main the module that is run, which another takes the place of in tests */
  constructor(job: ThreadJob, main: URL = MAIN) {
    this.#worker = new Worker(main, { workerData: job });
    this.#worker.on('message', (word: ThreadWord) => {
      if (word.is === 'failed') this.#fail(new AuditBusError(word.code, word.message));
      else this.#words.push(word);
      this.#wake();
    });
    this.#worker.on('error', (error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('A thread ended before its work was done')));
  }

  /** @throws what its run threw: AuditBusErrors by code and message */
  async outcome(): Promise<readonly ThreadSide[]> {
    const word = await this.#next();
    return word.is === 'done' ? word.sides : [];
  }

  /** Its alerts, once there is an outcome; once only. */
  async *alerts(): AsyncGenerator<{ readonly side: number; readonly alerts: readonly Sortable[] }> {
    for (;;) {
      this.#worker.postMessage('more');
      const word = await this.#next();
      if (word.is !== 'alerts') return;
      yield word;
    }
  }

  /** Whatever it is at. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #fail(error: unknown): void {
    this.error ??= error;
    this.#wake();
  }

  async #next(): Promise<ThreadWord> {
    for (;;) {
      const word = this.#words.shift();
      if (word !== undefined) return word;
      if (this.error !== undefined) throw this.error;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
