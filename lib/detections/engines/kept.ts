// What an engine keeps of a group's events: time, gid and counted value, in order, thinned so that it stays small.
// Pure. Thinning loses no decision: what is kept of a stretch of time depends only on the events in it.

/** Milliseconds since the epoch; the gid; the counted value, '' where events are counted. 1: it has completed its sequence. */
export type Entry = readonly [at: number, gid: string, value: string, done?: 1];

/** Events that are decided in one go: as many alerts as one change of a group may open. */
export const MAX_DECIDED = 8;

/** Negative when the entry comes before the place, 0 when it is there. */
export function compare(entry: Entry, at: number, gid: string): number {
  if (entry[0] !== at) return entry[0] - at;
  if (entry[1] === gid) return 0;
  return entry[1] < gid ? -1 : 1;
}

/** The index of the first entry that does not come before the place. */
export function indexOf(entries: readonly Entry[], at: number, gid: string): number {
  // Nearly always the newest.
  const last = entries.at(-1);
  if (last === undefined || compare(last, at, gid) < 0) return entries.length;
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(entries[middle] as Entry, at, gid) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The index of the first entry that is later than `at`. */
export function indexAfter(entries: readonly Entry[], at: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((entries[middle] as Entry)[0] <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** `index` is where it stands now; undefined when its gid is there already, be it with another time. */
export function inserted(
  entries: readonly Entry[],
  entry: Entry,
): { readonly entries: Entry[]; readonly index: number } | undefined {
  for (let each = 0; each < entries.length; each++) {
    if ((entries[each] as Entry)[1] === entry[1]) return undefined;
  }
  const index = indexOf(entries, entry[0], entry[1]);
  if (index === entries.length) return { entries: [...entries, entry], index };
  return { entries: entries.toSpliced(index, 0, entry), index };
}

export interface Thinning {
  /** Entries at or before this are dropped. */
  readonly horizon: number;
  /** Length of a stretch in milliseconds, aligned to the epoch. */
  readonly stretchMs: number;
  /** Instants that end a stretch besides. */
  readonly cuts: readonly number[];
  /** Kept at either end of each stretch. */
  readonly ends: number;
  /** Where values are counted: of so many values at either end, the first and the last entry as well. 0: none. */
  readonly values: number;
}

/**
 * Keeps the first and the last `ends` entries of each stretch. With stretches no longer than a window, any window holds a
 * stretch's beginning, its end, or all of it: so whether it holds `ends` entries (or `values` values) is known exactly.
 */
export function thinned(entries: readonly Entry[], thinning: Thinning): readonly Entry[] {
  const from = indexAfter(entries, thinning.horizon);
  if (entries.length - from <= 2 * thinning.ends) {
    return fitting(from === 0 ? entries : entries.slice(from));
  }
  const kept: Entry[] = [];
  for (let start = from; start < entries.length; ) {
    const end = stretchEnd(entries, start, thinning);
    keepStretch(entries, start, end, thinning, kept);
    start = end;
  }
  return fitting(kept);
}

function stretchEnd(entries: readonly Entry[], start: number, thinning: Thinning): number {
  const { stretchMs, cuts } = thinning;
  const at = (entries[start] as Entry)[0];
  let limit = (Math.floor(at / stretchMs) + 1) * stretchMs;
  for (const cut of cuts) if (cut > at && cut < limit) limit = cut;
  let end = start + 1;
  while (end < entries.length && (entries[end] as Entry)[0] < limit) end += 1;
  return end;
}

function keepStretch(
  entries: readonly Entry[],
  start: number,
  end: number,
  { ends, values }: Thinning,
  kept: Entry[],
): void {
  if (end - start <= 2 * ends) {
    for (let index = start; index < end; index++) kept.push(entries[index] as Entry);
    return;
  }
  const wanted = new Set<number>();
  for (let index = 0; index < ends; index++) wanted.add(start + index).add(end - 1 - index);
  if (values > 0) {
    addFirstOfValues(entries, start, end, 1, values, wanted);
    addFirstOfValues(entries, end - 1, start - 1, -1, values, wanted);
  }
  for (let index = start; index < end; index++) {
    if (wanted.has(index)) kept.push(entries[index] as Entry);
  }
}

function addFirstOfValues(
  entries: readonly Entry[],
  from: number,
  to: number,
  step: 1 | -1,
  most: number,
  wanted: Set<number>,
): void {
  const seen = new Set<string>();
  for (let index = from; index !== to && seen.size < most; index += step) {
    const value = (entries[index] as Entry)[2];
    if (seen.has(value)) continue;
    seen.add(value);
    wanted.add(index);
  }
}

/** Bytes of an item for what is kept. Two hundred events a stretch, with gids like Asana's, stay below it. */
const MAX_BYTES = 60_000;
const ENTRY_BYTES = 24;
/** So few fit whatever they hold. */
const FEW = 60;
const PLAIN = /^[\w.:@+-]*$/;

/** Drops the oldest where hostile ids would fill the item. */
function fitting(entries: readonly Entry[]): readonly Entry[] {
  if (entries.length <= FEW) return entries;
  let bytes = 0;
  for (let index = entries.length - 1; index >= 0; index--) {
    const [, gid, value] = entries[index] as Entry;
    bytes += ENTRY_BYTES + bytesOf(gid) + bytesOf(value);
    if (bytes > MAX_BYTES) return entries.slice(index + 1);
  }
  return entries;
}

/** At most six bytes a unit, as JSON escapes what is no plain text. */
function bytesOf(text: string): number {
  return PLAIN.test(text) ? text.length : 6 * text.length;
}
