// The events of one file of a history: its lines read, those that are none counted and told of, and events that are a little
// out of order put in their place. Several files are history.ts's.
import { type HistoryEvent, readEventLine } from './history-event.ts';
import { type LineBatch, MAX_LINE_BYTES } from './lines.ts';

export interface ReadCounts {
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

/** Events of one millisecond that are held back, at most: in that much, files may have them in any order. */
export const MOST_HELD = 512;
const MOST_TOLD = 100;

/** The file is further out of order than was looked ahead. */
export class OutOfOrder extends Error {}

/** One file, about in order: holds a few events back, so that those a little out of order find their place. */
export class Cursor {
  head!: HistoryEvent;
  readonly #batches: AsyncGenerator<LineBatch>;
  readonly #reader: LineReader;
  #lines: LineBatch | undefined;
  #isDone = false;
  readonly #lookAhead: number;
  readonly #held: HistoryEvent[] = [];

  constructor(batches: AsyncGenerator<LineBatch>, reader: LineReader, lookAhead: number) {
    this.#batches = batches;
    this.#reader = reader;
    this.#lookAhead = lookAhead;
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
export class LineReader {
  readonly #file: string;
  readonly #workspaceGid: string;
  readonly #counts: ReadCounts;
  #number = 0;
  #before = 0;

  /** @param workspaceGid of events that do not say */
  constructor(file: string, workspaceGid: string, counts: ReadCounts) {
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

export function isBefore(one: HistoryEvent, other: HistoryEvent): boolean {
  return one.at === other.at ? one.gid < other.gid : one.at < other.at;
}
