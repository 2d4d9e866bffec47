// The events of several files in the order of created_at and gid, each once, whatever the files' own order, in bounded
// memory. Files that are about in order are merged as they are read; else all goes through a sort on disk.
import { ExternalSort, inOrder } from './external-sort.ts';
import { type HistoryEvent, readEventLine } from './history-event.ts';
import { type LineBatch, MAX_CHUNK_BYTES, MAX_LINE_BYTES, readLines } from './lines.ts';

export interface HistoryOptions {
  /** Paths; `-` is standard input. */
  readonly files: readonly string[];
  /** The files can be read a second time. */
  readonly readable: 'again' | 'once';
  /** Of events that do not say. */
  readonly workspaceGid: string;
  /** Milliseconds since the epoch: events before it are left out, and from `until` on. */
  readonly since?: number;
  readonly until?: number;
  /** Bytes that a sort may hold. */
  readonly sortBytes?: number;
  readonly onProgress?: (progress: { readonly bytes: number; readonly isSorting: boolean }) => void;
}

export interface HistoryCounts {
  /** Events handed on. */
  events: number;
  /** Those that were there already, by gid and time. */
  duplicates: number;
  /** Left out for their time. */
  outside: number;
  /** Without a readable time: each counts at that of the line before it, those at a file's beginning at the history's first. */
  untimed: number;
  /** Lines that are nothing of the audit log: alerts, notes of the poller. */
  other: number;
  /** Lines that are no event, though they should be. */
  malformed: number;
  /** The first of those. */
  readonly malformedLines: MalformedLine[];
}
export interface MalformedLine {
  readonly file: string;
  readonly line: number;
  readonly reason: string;
}

/** Taken anew when the order of the files turns out not to be what it was taken for. */
export type Begin = () => (event: HistoryEvent) => void;

/** Events of one millisecond that are held back, at most: in that much, files may have them in any order. */
const MOST_HELD = 512;
/**
 * Events that are held back for those that come out of order: those of a millisecond and the next one, as files mostly are
 * in the order of time, and what is held long has to be fetched from memory again; then, from the beginning, some more. A
 * file that is further out of order is sorted on disk.
 */
const LOOK_AHEADS = [2, MOST_HELD];
const MOST_TOLD = 100;
/** Events before the first time, of which so many are held for it. */
const MOST_TIMELESS = 1_000;
const MAX_OPEN_BYTES = 32 * 1024 * 1024;
const MOST_OPEN_FILES = 200;
const BETWEEN_BREATHS = 5_000;

class OutOfOrder extends Error {}

/**
 * Hands every event to what `begin` returns. Where files are not in order it begins again.
 * @throws AuditBusError `history.invalid` for a file that cannot be read, `history.temporary`, or what `begin`'s threw
 */
export async function readHistory(options: HistoryOptions, begin: Begin): Promise<HistoryCounts> {
  if (options.readable === 'again' && options.files.length <= MOST_OPEN_FILES) {
    for (const lookAhead of LOOK_AHEADS) {
      try {
        return await readMerged(options, lookAhead, begin);
      } catch (error) {
        if (!(error instanceof OutOfOrder)) throw error;
      }
    }
  }
  return readSorted(options, begin);
}

async function readMerged(
  options: HistoryOptions,
  lookAhead: number,
  begin: Begin,
): Promise<HistoryCounts> {
  const counts = noCounts();
  const { hand, end } = handing(options, counts, begin());
  const progress = { bytes: 0 };
  const cursors = options.files.map(
    (file) => new Cursor(file, lookAhead, options, counts, progress),
  );
  try {
    const open: Cursor[] = [];
    for (const cursor of cursors) if (await cursor.advance()) open.push(cursor);
    open.sort((a, b) => inOrder(placeOf(a.head), placeOf(b.head)));
    for (let first = open[0]; first !== undefined; first = open[0]) {
      hand(first.head);
      if (!first.next() && !(await first.advance())) open.shift();
      else bubble(open);
    }
    end();
  } finally {
    await Promise.all(cursors.map((cursor) => cursor.close()));
  }
  return counts;
}

/** Brings the first to its place among the others, which are in order: nearly always where it is. */
function bubble(open: Cursor[]): void {
  for (let at = 0; at + 1 < open.length; at++) {
    const [one, next] = [open[at] as Cursor, open[at + 1] as Cursor];
    if (!isBefore(next.head, one.head)) return;
    open[at] = next;
    open[at + 1] = one;
  }
}

async function readSorted(options: HistoryOptions, begin: Begin): Promise<HistoryCounts> {
  const { files, workspaceGid, onProgress = () => {} } = options;
  const counts = noCounts();
  const sort = new ExternalSort(options.sortBytes);
  try {
    let bytes = 0;
    for (const file of files) {
      const reader = new LineReader(file, options, counts);
      const onBytes = (more: number) => {
        bytes += more;
        onProgress({ bytes, isSorting: true });
      };
      for await (const lines of readLines(file, { onBytes })) {
        while (!lines.isOver) {
          const line = lines.next();
          const found = reader.read(line);
          if (found === undefined || line === undefined) continue;
          sort.add({ at: found.at, name: found.gid, text: line });
        }
      }
    }
    const { hand, end } = handing(options, counts, begin());
    let untilBreath = BETWEEN_BREATHS;
    for (const { at, text } of sort.sorted()) {
      const event = readEventLine(text, workspaceGid, at);
      if (typeof event === 'object' && 'event' in event) hand(event);
      untilBreath -= 1;
      if (untilBreath > 0) continue;
      untilBreath = BETWEEN_BREATHS;
      await new Promise((resolve) => setImmediate(resolve));
    }
    end();
  } finally {
    sort.close();
  }
  return counts;
}

/**
 * Leaves out what is there already and what lies outside the times asked for. What comes before any time was read counts at
 * the first there is: long before all others it would have detections learn from the wrong day on.
 */
function handing(
  { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY }: HistoryOptions,
  counts: HistoryCounts,
  take: (event: HistoryEvent) => void,
): { readonly hand: (event: HistoryEvent) => void; readonly end: () => void } {
  let lastAt = Number.NaN;
  let lastGid = '';
  let timeless: HistoryEvent[] | undefined = [];
  const handTimeless = (at: number) => {
    const held = timeless ?? [];
    timeless = undefined;
    for (const event of held) handTimed(at === 0 ? event : atTime(event, at));
  };
  const handTimed = (event: HistoryEvent) => {
    const { at, gid } = event;
    if (at === lastAt && gid === lastGid) counts.duplicates += 1;
    else if (at < since || at >= until) counts.outside += 1;
    else {
      counts.events += 1;
      take(event);
    }
    lastAt = at;
    lastGid = gid;
  };
  return {
    hand(event) {
      if (timeless !== undefined) {
        if (event.isUntimed && event.at === 0 && timeless.length < MOST_TIMELESS) {
          timeless.push(event);
          return;
        }
        handTimeless(event.at);
      }
      handTimed(event);
    },
    end: () => handTimeless(0),
  };
}

function atTime(event: HistoryEvent, at: number): HistoryEvent {
  return { ...event, at, event: { ...event.event, time: new Date(at).toISOString() } };
}

/** One file, about in order: holds a few events back, so that those a little out of order find their place. */
class Cursor {
  head!: HistoryEvent;
  readonly #batches: AsyncGenerator<LineBatch>;
  readonly #reader: LineReader;
  #lines: LineBatch | undefined;
  #isDone = false;
  readonly #lookAhead: number;
  readonly #held: HistoryEvent[] = [];

  constructor(
    file: string,
    lookAhead: number,
    options: HistoryOptions,
    counts: HistoryCounts,
    progress: { bytes: number },
  ) {
    this.#lookAhead = lookAhead;
    const room = Math.floor(MAX_OPEN_BYTES / options.files.length);
    this.#batches = readLines(file, {
      chunkBytes: Math.min(MAX_CHUNK_BYTES, Math.max(64 * 1024, room)),
      onBytes: (bytes) => {
        progress.bytes += bytes;
        options.onProgress?.({ bytes: progress.bytes, isSorting: false });
      },
    });
    this.#reader = new LineReader(file, options, counts);
  }

  /** Reads on in the file and puts the next event at the head; false at its end. */
  async advance(): Promise<boolean> {
    while (!this.#isDone) {
      const { done, value } = await this.#batches.next();
      if (done) this.#isDone = true;
      else this.#lines = value;
      if (this.next()) return true;
    }
    return false;
  }

  /** Puts the next event at the head; false when the file has to be read on for that. */
  next(): boolean {
    const lines = this.#lines;
    while (lines !== undefined && !lines.isOver && !this.#isFull()) {
      const event = this.#reader.read(lines.next());
      if (event !== undefined) this.#hold(event);
    }
    if (!this.#isFull() && !this.#isDone) return false;
    const event = this.#held.shift();
    if (event === undefined) return false;
    if (this.head !== undefined && isBefore(event, this.head)) throw new OutOfOrder();
    this.head = event;
    return true;
  }

  async close(): Promise<void> {
    await this.#batches.return(undefined);
  }

  #isFull(): boolean {
    const held = this.#held;
    if (held.length < this.#lookAhead) return false;
    return held.length >= MOST_HELD || held[0]?.at !== held.at(-1)?.at;
  }

  #hold(event: HistoryEvent): void {
    const held = this.#held;
    let at = held.length;
    held.push(event);
    for (; at > 0; at--) {
      const before = held[at - 1] as HistoryEvent;
      if (!isBefore(event, before)) break;
      held[at] = before;
    }
    held[at] = event;
  }
}

/** The events of one file's lines, and what is wrong with lines that hold none. */
class LineReader {
  readonly #file: string;
  readonly #workspaceGid: string;
  readonly #counts: HistoryCounts;
  #number = 0;
  #before = 0;

  constructor(file: string, { workspaceGid }: HistoryOptions, counts: HistoryCounts) {
    this.#file = file;
    this.#workspaceGid = workspaceGid;
    this.#counts = counts;
  }

  /** The next line; undefined for one that is blank or holds no event of the audit log. */
  read(line: string | undefined): HistoryEvent | undefined {
    this.#number += 1;
    if (line === undefined) return this.#refuse(`it is longer than ${MAX_LINE_BYTES} bytes`);
    const content = readEventLine(line, this.#workspaceGid, this.#before);
    if (content === 'other') {
      this.#counts.other += 1;
      return undefined;
    }
    if ('malformed' in content) {
      return line.trim() === '' ? undefined : this.#refuse(content.malformed);
    }
    this.#before = content.at;
    if (content.isUntimed) this.#counts.untimed += 1;
    return content;
  }

  #refuse(reason: string): undefined {
    const { malformedLines } = this.#counts;
    this.#counts.malformed += 1;
    if (malformedLines.length < MOST_TOLD) {
      malformedLines.push({ file: this.#file, line: this.#number, reason });
    }
  }
}

function isBefore(one: HistoryEvent, other: HistoryEvent): boolean {
  return one.at === other.at ? one.gid < other.gid : one.at < other.at;
}

function placeOf({ at, gid }: HistoryEvent) {
  return { at, name: gid };
}

function noCounts(): HistoryCounts {
  const events = { events: 0, duplicates: 0, outside: 0, untimed: 0 };
  return { ...events, other: 0, malformed: 0, malformedLines: [] };
}
