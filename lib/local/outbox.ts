// Events that a command had for the bus while no run had one open: kept in a queue on disk, published by the next run.
// Which process holds the data folder is lock.ts's, how commands come to it attach.ts's.
import type { BusEntry, Publisher } from '../bus/publisher-port.ts';
import type { Clock } from '../clock.ts';
import type { Handle } from './handlers.ts';
import type { DurableQueues } from './queue.ts';

export const OUTBOX_QUEUE = 'outbox';

/** What it has taken is on disk, and keeps the time at which it was given. */
export class OutboxPublisher implements Publisher {
  readonly #queues: Pick<DurableQueues, 'send'>;
  readonly #clock: Clock;

  constructor(queues: Pick<DurableQueues, 'send'>, clock: Clock) {
    this.#queues = queues;
    this.#clock = clock;
  }

  async publish(entries: readonly BusEntry[]) {
    const now = this.#clock.now();
    const kept = entries.map((entry): BusEntry => ({ ...entry, time: entry.time ?? now }));
    this.#queues.send(kept.map((entry) => ({ queue: OUTBOX_QUEUE, body: JSON.stringify(entry) })));
    return { published: entries.map(() => true), poison: [], retries: 0 };
  }
}

/** Puts a batch of the queue on the bus. What the bus does not take is tried again. */
export function outboxHandler(publisher: Publisher): Handle {
  return async (batch) => {
    const entries = batch.map(({ body }) => JSON.parse(body) as BusEntry);
    const { published, poison, failure } = await publisher.publish(entries);
    const reasons = new Map(poison.map(({ index, code }) => [index, code]));
    const left = batch.flatMap(({ receipt }, index) =>
      published[index]
        ? []
        : [[receipt, reasons.get(index) ?? failure?.code ?? 'unknown'] as const],
    );
    return { failed: new Map(left) };
  };
}
