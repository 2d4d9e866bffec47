// Takes batches from one durable queue to a handler, as Lambda's event source does, partial batch responses included.
// What the handler does is not its business; it deletes what was handled and shows again, later, what was not.
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { DurableQueues, ReceivedMessage } from './queue.ts';

/** What became of a batch: receipts not named here were handled. */
export interface BatchOutcome {
  /** Receipt to reason: tried again after a while. */
  readonly failed?: ReadonlyMap<string, string>;
  /** Receipts the handler has put off itself. */
  readonly settled?: ReadonlySet<string>;
}

export interface WorkerOptions {
  readonly queues: DurableQueues;
  readonly queue: string;
  /** Receives before a message becomes a dead letter. */
  readonly maxReceives: number;
  readonly clock: Clock;
  readonly log: Log;
  /** Messages the handler is given at once, at most: as many as wait, beginning with ten. @default 10 */
  readonly maxBatch?: number;
  /** A rejection means that the whole batch failed. */
  handle(batch: readonly ReceivedMessage[]): Promise<BatchOutcome>;
}

/** Lambda's default for SQS, and where larger batches begin: a run that is killed again and again gets on, too. */
const BATCH_SIZE = 10;
/** Longer than any batch takes: one worker a queue, and a new run makes everything visible anyway. */
const VISIBILITY_MS = 15 * 60_000;
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 5 * 60_000;

export class Worker {
  readonly #options: WorkerOptions;
  readonly #stop = new AbortController();
  #wake = () => {};
  #loop: Promise<void> | undefined;
  /** Messages handled so far: it grows as long as there is progress. */
  handled = 0;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  start(): void {
    const unsubscribe = this.#options.queues.onSend(this.#options.queue, () => this.#wake());
    this.#loop = this.#run().finally(unsubscribe);
  }

  /** Resolves when the batch in hand is done; what is left stays in the queue. Rejects with what broke the queue itself. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { queues, queue, maxReceives, maxBatch = BATCH_SIZE, clock } = this.#options;
    let size = BATCH_SIZE;
    while (!this.#stop.signal.aborted) {
      const batch = queues.receive(queue, size, VISIBILITY_MS, maxReceives);
      if (batch.length > 0) {
        await this.#take(batch);
        // A handler may have waited for nothing: what else goes on in this process has its turn.
        await setImmediate();
        size = Math.min(maxBatch, size * 2);
        continue;
      }
      const nextAt = queues.nextVisibleAt(queue);
      await this.#waitForMessages(nextAt === undefined ? undefined : nextAt - clock.now());
    }
  }

  async #take(batch: readonly ReceivedMessage[]): Promise<void> {
    const { queues, log, queue } = this.#options;
    const { failed = new Map<string, string>(), settled = new Set<string>() } = await this.#options
      .handle(batch)
      .catch((error: unknown) => {
        const reason = describeError(error);
        return {
          failed: new Map(batch.map(({ receipt }) => [receipt, reason])),
          settled: undefined,
        };
      });
    const handled = batch.filter(({ receipt }) => !failed.has(receipt) && !settled.has(receipt));
    queues.delete(handled.map(({ receipt }) => receipt));
    this.handled += handled.length;
    for (const { receipt, receives } of batch) {
      const reason = failed.get(receipt);
      if (reason === undefined) continue;
      log.warn(`A message of the queue ${queue} failed and is tried again`, { reason, receives });
      queues.defer(receipt, backoff(receives), reason);
    }
  }

  #waitForMessages(ms: number | undefined): Promise<void> {
    const waiting = new AbortController();
    return new Promise((resolve) => {
      this.#wake = () => {
        waiting.abort();
        resolve();
      };
      if (this.#stop.signal.aborted) this.#wake();
      // One tick at least: a clock that stands still must not make this spin.
      else if (ms !== undefined) {
        void this.#options.clock.sleep(Math.max(1, ms), waiting.signal).then(resolve);
      }
    });
  }
}

function backoff(receives: number): number {
  return Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (receives - 1));
}
