// The gids the poller remembers, so that an event is recognised however it comes again. Pure; its item is in
// dynamo-checkpoint-store.ts.
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** The newest so many are kept, and every gid that shares the oldest kept millisecond. */
const REMEMBERED = 1_000;
/** A DynamoDB item ends at 400 KB, reported types included; a log whose events share a millisecond must not run into it. */
const MAX_ENCODED_BYTES = 200_000;

export class RecentGids {
  /** gid -> created_at in epoch milliseconds; after #trim in the order of time. */
  #known: Map<string, number>;
  /** Pages come in order of time, and what is in order is not sorted again. */
  #isInOrder = false;
  /** created_at of what was added last. */
  #lastAdded = 0;
  /**
   * What stood on the page at hand and on the one before, kept whatever its age: their checkpoints may not be saved yet,
   * and late events are older than a thousand others.
   */
  #lastPages: [ReadonlySet<string>, Set<string>];

  /** @param known what an earlier run remembered; kept whole until this run's first pages have told what is needed */
  constructor(known: Iterable<readonly [string, number]> = []) {
    this.#known = new Map(known);
    this.#lastPages = [new Set(), new Set(this.#known.keys())];
  }

  has(gid: string): boolean {
    return this.#known.has(gid);
  }

  /** When the remembered event was created, or undefined for an unknown gid. */
  createdAt(gid: string): number | undefined {
    return this.#known.get(gid);
  }

  get size(): number {
    return this.#known.size;
  }

  /** What is added from now on stands on another page. */
  beginPage(): void {
    this.#lastPages = [this.#lastPages[1], new Set()];
  }

  /** A gid of the page at hand. One that is known keeps its time. */
  add(gid: string, createdAt: number): void {
    this.#lastPages[1].add(gid);
    if (this.#known.has(gid)) return;
    this.#known.set(gid, createdAt);
    this.#isInOrder &&= createdAt >= this.#lastAdded;
    this.#lastAdded = createdAt;
  }

  /** Epoch milliseconds from which on every event published is remembered; undefined when nothing is. */
  oldest(): number | undefined {
    const times = Float64Array.from(this.#known.values()).sort();
    return times[Math.max(0, times.length - REMEMBERED)];
  }

  /**
   * Events created from this instant (epoch milliseconds) on. `complete` is false where older ones than are remembered
   * may belong to them: then there are at least so many.
   */
  countSince(at: number): { readonly count: number; readonly complete: boolean } {
    let count = 0;
    for (const createdAt of this.#known.values()) if (createdAt >= at) count += 1;
    const oldest = this.oldest();
    const complete = this.#known.size < REMEMBERED || (oldest !== undefined && oldest < at);
    return { count, complete };
  }

  newest(): number | undefined {
    let newest: number | undefined;
    for (const at of this.#known.values()) if (newest === undefined || at > newest) newest = at;
    return newest;
  }

  /**
   * Compressed text: a line per gid with the milliseconds since the line before in base 36. Gids of one stretch of time
   * share their first digits, so that 1,000 of them take about 5 KB rather than 30 (each KB is a write unit).
   */
  encode(): Uint8Array {
    this.#trim();
    let encoded = encodeLines(this.#known);
    if (encoded.length <= MAX_ENCODED_BYTES) return encoded;
    let kept = [...this.#known];
    do {
      kept = kept.slice(Math.ceil(kept.length / 4));
      encoded = encodeLines(kept);
    } while (encoded.length > MAX_ENCODED_BYTES);
    return encoded;
  }

  /** Forgets what is older than the newest 1,000, shares no millisecond with them and stood on no page of late. */
  #trim(): void {
    if (!this.#isInOrder) this.#sort();
    const oldestKept = this.#oldestKept();
    if (oldestKept === undefined) return;
    const [before, current] = this.#lastPages;
    for (const [gid, at] of this.#known) {
      if (at >= oldestKept) return;
      if (!current.has(gid) && !before.has(gid)) this.#known.delete(gid);
    }
  }

  #sort(): void {
    const sorted = [...this.#known].sort((a, b) => a[1] - b[1]);
    this.#known = new Map(sorted);
    this.#isInOrder = true;
    this.#lastAdded = sorted.at(-1)?.[1] ?? 0;
  }

  /** created_at of the oldest of the newest 1,000, in order; undefined where there are no more. */
  #oldestKept(): number | undefined {
    let older = this.#known.size - REMEMBERED;
    if (older <= 0) return undefined;
    for (const at of this.#known.values()) if (older-- === 0) return at;
    return undefined;
  }

  static decode(encoded: Uint8Array): RecentGids {
    const known: [string, number][] = [];
    let at = 0;
    for (const line of inflateRawSync(encoded).toString('utf8').split('\n')) {
      const end = line.lastIndexOf(' ');
      if (end < 0) continue;
      at += Number.parseInt(line.slice(end + 1), 36);
      known.push([JSON.parse(`"${line.slice(0, end)}"`) as string, at]);
    }
    return new RecentGids(known);
  }
}

function encodeLines(sorted: Iterable<readonly [string, number]>): Uint8Array {
  let at = 0;
  let text = '';
  for (const [gid, createdAt] of sorted) {
    // A gid is any text: as the inside of a JSON string it holds no line break. Asana's are digits, which need no escapes.
    const inside = /^\d+$/.test(gid) ? gid : JSON.stringify(gid).slice(1, -1);
    text += `${inside} ${(createdAt - at).toString(36)}\n`;
    at = createdAt;
  }
  return deflateRawSync(text, { level: 1 });
}
