// The events of several files in the order of created_at and gid, each once, whatever the files' own order, in bounded
// memory. Files that are about in order are merged as they are read; else all goes through a sort on disk.
import { ExternalSort, inOrder } from './external-sort.ts';
import { type HistoryEvent, readEventLine } from './history-event.ts';
import {
  Cursor,
  isBefore,
  LineReader,
  MOST_HELD,
  OutOfOrder,
  type ReadCounts,
} from './history-file.ts';
import { MAX_CHUNK_BYTES, readLines } from './lines.ts';

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

export interface HistoryCounts extends ReadCounts {
  /** Events handed on. */
  events: number;
  /** Those that were there already, by gid and time. */
  duplicates: number;
  /** Left out for their time. */
  outside: number;
}

/** Taken anew when the order of the files turns out not to be what it was taken for. */
export type Begin = () => (event: HistoryEvent) => void;

/**
 * Events that are held back for those that come out of order: those of a millisecond and the next one, as files mostly are
 * in the order of time, and what is held long has to be fetched from memory again; then, from the beginning, some more. A
 * file that is further out of order is sorted on disk.
 */
const LOOK_AHEADS = [2, MOST_HELD];
/** Events before the first time, of which so many are held for it. */
const MOST_TIMELESS = 1_000;
const MAX_OPEN_BYTES = 32 * 1024 * 1024;
const MOST_OPEN_FILES = 200;
const BETWEEN_BREATHS = 5_000;

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
  const { files, workspaceGid, onProgress } = options;
  const room = Math.floor(MAX_OPEN_BYTES / files.length);
  const chunkBytes = Math.min(MAX_CHUNK_BYTES, Math.max(64 * 1024, room));
  let bytes = 0;
  const onBytes = (more: number) => {
    bytes += more;
    onProgress?.({ bytes, isSorting: false });
  };
  const cursors = files.map((file) => {
    const reader = new LineReader(file, workspaceGid, counts);
    return new Cursor(readLines(file, { chunkBytes, onBytes }), reader, lookAhead);
  });
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
      const reader = new LineReader(file, workspaceGid, counts);
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

function placeOf({ at, gid }: HistoryEvent) {
  return { at, name: gid };
}

function noCounts(): HistoryCounts {
  const events = { events: 0, duplicates: 0, outside: 0, untimed: 0 };
  return { ...events, other: 0, malformed: 0, malformedLines: [] };
}
