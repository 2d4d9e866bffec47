// Publishes entries with PutEvents: many requests in flight, every entry's answer read, just the failed ones sent again.
// Calls of publish may overlap: they share what may be in flight, and the earlier call goes first.
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type EventBridgeClient,
  PutEventsCommand,
  type PutEventsRequestEntry,
} from '@aws-sdk/client-eventbridge';
import type { Clock } from '../clock.ts';
import { chunk, entryBytes, MAX_ENTRIES_PER_REQUEST } from './chunker.ts';
import type {
  BulkPublisher,
  BusEntry,
  PoisonEntry,
  PublishOptions,
  PublishResult,
} from './publisher-port.ts';
import { judgeEntry, judgeRequest } from './put-events-errors.ts';
import { Slots, type SlotsOfCall } from './slots.ts';

/**
 * Requests in flight. Pages of 100 that come every 20 ms keep half of them busy; the other half lets sending go on while
 * the pages before are being saved (`npm run bench -- poll`).
 */
export const DEFAULT_CONCURRENCY = 32;

interface PutEventsPublisherOptions {
  /** Built with `maxAttempts: 1`: retries belong here, where each entry's fate and the lease are known. */
  readonly client: EventBridgeClient;
  readonly eventBusName: string;
  readonly clock: Clock;
  /** Requests in flight. */
  readonly concurrency?: number;
  /** Rounds in all, the first included, before what is left is given back as a failure. */
  readonly maxRounds?: number;
  readonly firstBackoff?: number;
  readonly longestBackoff?: number;
  readonly random?: () => number;
}

type Failure = NonNullable<PublishResult['failure']>;

export class PutEventsPublisher implements BulkPublisher {
  readonly entriesInFlight: number;
  readonly #client: EventBridgeClient;
  readonly #eventBusName: string;
  readonly #clock: Clock;
  readonly #slots: Slots;
  readonly #maxRounds: number;
  readonly #firstBackoff: number;
  readonly #longestBackoff: number;
  readonly #random: () => number;

  constructor(options: PutEventsPublisherOptions) {
    this.#client = options.client;
    this.#eventBusName = options.eventBusName;
    this.#clock = options.clock;
    const concurrency = options.concurrency ?? DEFAULT_CONCURRENCY;
    this.#slots = new Slots(concurrency);
    this.entriesInFlight = concurrency * MAX_ENTRIES_PER_REQUEST;
    this.#maxRounds = options.maxRounds ?? 6;
    this.#firstBackoff = options.firstBackoff ?? 100;
    this.#longestBackoff = options.longestBackoff ?? 5_000;
    this.#random = options.random ?? Math.random;
  }

  async publish(
    entries: readonly BusEntry[],
    options: PublishOptions = {},
  ): Promise<PublishResult> {
    const round = new Round(entries, options, (chunkEntries) => this.#put(chunkEntries));
    const call = this.#slots.nextCall();
    // Making the first requests takes milliseconds: what the caller asked for just before, its next page, leaves first.
    await nextTurn();
    let retries = 0;
    for (let attempt = 0; ; attempt++) {
      // What was sent before needs no second turn.
      const sent = await round.send(call, attempt === 0 ? options.turn : undefined);
      if (attempt > 0) retries += sent;
      if (round.isDone || round.stopped || attempt + 1 >= this.#maxRounds) break;
      const longest = Math.min(this.#longestBackoff, this.#firstBackoff * 2 ** (attempt + 1));
      await this.#clock.sleep(this.#random() * longest);
    }
    return {
      published: round.published,
      poison: round.poison,
      retries,
      ...(round.isDone || round.failure === undefined ? {} : { failure: round.failure }),
    };
  }

  async #put(entries: readonly BusEntry[]): Promise<readonly (string | undefined)[]> {
    const { Entries = [] } = await this.#client.send(
      new PutEventsCommand({ Entries: entries.map((entry) => this.#requestEntry(entry)) }),
    );
    // An answer that does not speak of every entry proves nothing about the rest: they count as failed.
    return entries.map((_, index) => {
      const answer = Entries[index];
      if (answer === undefined) return 'NoAnswer';
      return answer.ErrorCode ?? (answer.EventId === undefined ? 'NoEventId' : undefined);
    });
  }

  #requestEntry(entry: BusEntry): PutEventsRequestEntry {
    return {
      EventBusName: this.#eventBusName,
      Source: entry.source,
      DetailType: entry.detailType,
      Detail: entry.detail,
      Time: entry.time === undefined ? undefined : new Date(entry.time),
    };
  }
}

/** The state of one publish call: what is on the bus, what is poison, and why the rest is not there yet. */
class Round {
  readonly published: boolean[];
  readonly poison: PoisonEntry[] = [];
  /** No more requests are made: permission is missing, or the caller said stop. */
  stopped = false;
  failure: Failure | undefined;
  readonly #settled: boolean[];
  readonly #entries: readonly BusEntry[];
  readonly #options: PublishOptions;
  readonly #put: (entries: readonly BusEntry[]) => Promise<readonly (string | undefined)[]>;
  readonly #sizes: readonly number[];

  constructor(
    entries: readonly BusEntry[],
    options: PublishOptions,
    put: (entries: readonly BusEntry[]) => Promise<readonly (string | undefined)[]>,
  ) {
    this.#entries = entries;
    this.#options = options;
    this.#put = put;
    this.#sizes = entries.map(entryBytes);
    this.published = entries.map(() => false);
    this.#settled = entries.map(() => false);
  }

  /** Every entry is on the bus, or poison. */
  get isDone(): boolean {
    return !this.#settled.includes(false);
  }

  /** Sends what is open once, as many requests at a time as there are slots. @returns how many entries went out */
  async send(call: SlotsOfCall, turn: PublishOptions['turn']): Promise<number> {
    const indexes = [...this.#entries.keys()].filter((index) => !this.#settled[index]);
    const chunks = chunk(indexes.map((index) => this.#sizes[index] ?? 0)).map((positions) =>
      positions.flatMap((position) => indexes[position] ?? []),
    );
    let next = 0;
    let sent = 0;
    const worker = async () => {
      while (next < chunks.length && !this.stopped) {
        const mine = chunks[next++] ?? [];
        await turn?.(mine.length);
        await call.take();
        try {
          if (await this.#sendChunk(mine)) sent += mine.length;
        } finally {
          call.give();
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(call.slots, chunks.length) }, worker));
    return sent;
  }

  /** @returns false when the request was not made, because nothing may be sent any more */
  async #sendChunk(indexes: readonly number[]): Promise<boolean> {
    if (this.stopped) return false;
    if (this.#options.maySend?.() === false) {
      this.#fail(
        'publish.stopped',
        'The time or the lease of this run ended before all was sent.',
        true,
      );
      this.stopped = true;
      return false;
    }
    const entries = indexes.flatMap((index) => this.#entries[index] ?? []);
    try {
      const codes = await this.#put(entries);
      for (const [position, index] of indexes.entries()) this.#settle(index, codes[position]);
    } catch (error) {
      await this.#requestFailed(indexes, error);
    }
    this.#options.onAnswer?.(this.published);
    return true;
  }

  #settle(index: number, code: string | undefined): void {
    if (code === undefined) {
      this.published[index] = true;
      this.#settled[index] = true;
      return;
    }
    const verdict = judgeEntry(code);
    if (verdict === 'poison') this.#poison(index, code, 'EventBridge refused the entry.');
    else if (verdict === 'denied') this.#deny(code);
    else this.#fail('publish.unavailable', `EventBridge refused entries for now (${code}).`, true);
  }

  async #requestFailed(indexes: readonly number[], error: unknown): Promise<void> {
    const { name = 'Error', $metadata } = error as {
      name?: string;
      $metadata?: { httpStatusCode?: number };
    };
    const verdict = judgeRequest(name, $metadata?.httpStatusCode);
    if (verdict === 'denied') this.#deny(name);
    else if (verdict === 'passing') {
      this.#fail('publish.unavailable', `PutEvents failed (${name}).`, true);
    } else if (indexes.length === 1) {
      // The service's own message may quote the entry, which is personal data: its code says enough.
      this.#poison(
        indexes[0] ?? 0,
        name,
        'EventBridge refused a request that held this entry alone.',
      );
    } else {
      const middle = Math.ceil(indexes.length / 2);
      await this.#sendChunk(indexes.slice(0, middle));
      await this.#sendChunk(indexes.slice(middle));
    }
  }

  #poison(index: number, code: string, message: string): void {
    this.#settled[index] = true;
    this.poison.push({ index, code, message });
  }

  #deny(code: string): void {
    this.stopped = true;
    this.#fail(
      'publish.denied',
      `EventBridge refuses this function (${code}): the bus is missing or events:PutEvents is not allowed on it.`,
      false,
    );
  }

  #fail(code: string, message: string, retryable: boolean): void {
    this.failure = { code, message, retryable };
  }
}
