// What the simulator must know of each event to order and filter it: columns, not objects, so that a million lines fit.
// Holds no event text: event-log.ts and event-file.ts keep that.
import { crc32 } from 'node:zlib';
import { createdAtOf, eventTypeOf } from '../../asana/event.ts';
import { isJsonObject, numberText } from '../../asana/lossless-json.ts';

/** Asana's query filters, parsed. Times are milliseconds since the epoch. */
export interface Filters {
  /** Inclusive. */
  readonly startAt?: number;
  /** Exclusive. */
  readonly endAt?: number;
  readonly eventType?: string;
  readonly actorType?: string;
  readonly actorGid?: string;
  readonly resourceGid?: string;
}

/** Events `from` (inclusive) to `upTo` (exclusive) by creation time; equal times keep the order they came in. */
export interface Order {
  readonly length: number;
  at(position: number): number;
}

export class EventIndex {
  /** Creation time; an event without a readable one has the time of the event before it, so that it keeps its place. */
  readonly #times: number[] = [];
  readonly #eventTypes: (string | undefined)[] = [];
  readonly #actorTypes: (string | undefined)[] = [];
  readonly #actorGids: (string | undefined)[] = [];
  readonly #resourceGids: (string | undefined)[] = [];
  /** Checksum of all lines so far: tells whether an offset was made over the same history. */
  readonly #checksums: number[] = [];
  /** Where the ascending run that an event belongs to begins. */
  readonly #runStarts: number[] = [];
  readonly #names = new Map<string, string>();
  readonly #orders = new Map<string, Uint32Array>();

  get length(): number {
    return this.#times.length;
  }

  /** `line` is the event's JSON text as it is served, `value` what it parses to. */
  add(line: Uint8Array, value: unknown): void {
    const event = isJsonObject(value) ? value : {};
    const actor = isJsonObject(event['actor']) ? event['actor'] : {};
    const resource = isJsonObject(event['resource']) ? event['resource'] : {};
    const last = this.length - 1;
    const previous = this.#times[last] ?? Number.NEGATIVE_INFINITY;
    const time = createdAtOf(event) ?? previous;
    this.#times.push(time);
    this.#eventTypes.push(this.#shared(eventTypeOf(event)));
    this.#actorTypes.push(this.#shared(textOf(actor['actor_type'])));
    this.#actorGids.push(this.#shared(textOf(actor['gid'])));
    this.#resourceGids.push(textOf(resource['gid']));
    this.#checksums.push(crc32(line, this.#checksums[last] ?? 0));
    this.#runStarts.push(time >= previous ? (this.#runStarts[last] ?? 0) : last + 1);
  }

  clear(): void {
    for (const column of [this.#times, this.#checksums, this.#runStarts]) column.length = 0;
    this.#eventTypes.length = 0;
    this.#actorTypes.length = 0;
    this.#actorGids.length = 0;
    this.#resourceGids.length = 0;
    this.#orders.clear();
  }

  /** Milliseconds since the epoch; minus infinity before the first readable `created_at`. */
  timeOf(index: number): number {
    return this.#times[index] ?? Number.NEGATIVE_INFINITY;
  }

  /** Of the first `count` lines. */
  checksum(count: number): number {
    return this.#checksums[count - 1] ?? 0;
  }

  matches(index: number, filters: Filters): boolean {
    const time = this.timeOf(index);
    return (
      (filters.startAt === undefined || time >= filters.startAt) &&
      (filters.endAt === undefined || time < filters.endAt) &&
      (filters.eventType === undefined || this.#eventTypes[index] === filters.eventType) &&
      (filters.actorType === undefined || this.#actorTypes[index] === filters.actorType) &&
      (filters.actorGid === undefined || this.#actorGids[index] === filters.actorGid) &&
      (filters.resourceGid === undefined || this.#resourceGids[index] === filters.resourceGid)
    );
  }

  order(from: number, upTo: number): Order {
    const length = upTo - from;
    if (length === 0 || (this.#runStarts[upTo - 1] ?? 0) <= from) {
      return { length, at: (position) => from + position };
    }
    const sorted = this.#sorted(from, upTo);
    return { length, at: (position) => sorted[position] ?? upTo };
  }

  /** The first position of an order whose event is not older than `time`. */
  firstAtOrAfter(order: Order, time: number): number {
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.timeOf(order.at(middle)) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Sorting a million events takes a second, so the last few orders are kept: every page of a listing asks for its own. */
  #sorted(from: number, upTo: number): Uint32Array {
    const key = `${from}-${upTo}`;
    const known = this.#orders.get(key);
    if (known !== undefined) return known;
    const sorted = Uint32Array.from({ length: upTo - from }, (_, position) => from + position);
    sorted.sort((a, b) => compare(this.timeOf(a), this.timeOf(b)) || a - b);
    const oldest = this.#orders.keys().next();
    if (this.#orders.size >= 8 && !oldest.done) this.#orders.delete(oldest.value);
    this.#orders.set(key, sorted);
    return sorted;
  }

  /** One string for all equal ones. */
  #shared(text: string | undefined): string | undefined {
    if (text === undefined) return undefined;
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    this.#names.set(text, text);
    return text;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : numberText(value);
}

/** Not a difference: minus infinity less itself is no number. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
