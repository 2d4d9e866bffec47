// A workspace's audit log as a file of JSON lines, read once and then followed. Only positions are kept in memory;
// pages are read from the file, so their bytes pass unaltered.
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { AuditBusError } from '../../errors.ts';
import { EventIndex } from './event-index.ts';
import { type EventLog, parseEventLine } from './event-log.ts';

const CHUNK_BYTES = 4 * 1024 * 1024;
/** Lines less than this far apart are fetched by one read. */
const READ_GAP_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

export interface EventFileOptions {
  /** May write to the file: that is how a generated workspace goes on living. */
  readonly beforeRefresh?: () => void;
}

export class EventFile implements EventLog {
  readonly index = new EventIndex();
  readonly path: string;
  readonly #beforeRefresh: (() => void) | undefined;
  readonly #starts: number[] = [];
  readonly #lengths: number[] = [];
  #descriptor: number | undefined;
  #inode = 0n;
  #size = 0n;
  #modified = 0n;
  /** Bytes and lines dealt with; what follows is a line that is still being written, or a bad one. */
  #consumed = 0;
  #lines = 0;
  #lastLineChecksum = 0;
  /** The file ends in a line without newline that does not parse yet. */
  #unfinished = false;
  /** What stands in the way, a bad line say: every request hears of it until the file changes. */
  #problem: unknown;

  /**
   * Reads the whole file. Blank lines, CRLF and a byte order mark are fine; any JSON value is an event.
   * @throws AuditBusError `simulator.events` when the file cannot be read, or naming file and line, when a line is no JSON.
   */
  constructor(path: string, options: EventFileOptions = {}) {
    this.path = path;
    this.#beforeRefresh = options.beforeRefresh;
    this.refresh();
    this.#refuseUnfinishedLine();
  }

  /**
   * Takes in lines written since. A last line without its newline counts once it parses. A file that was replaced or
   * rewritten is read anew. @throws AuditBusError as the constructor
   */
  refresh(): void {
    this.#beforeRefresh?.();
    const stat = this.#stat();
    const known = this.#descriptor !== undefined && stat.ino === this.#inode;
    if (known && stat.size === this.#size && stat.mtimeNs === this.#modified) {
      if (this.#problem !== undefined) throw this.#problem;
      return;
    }
    if (!known || stat.size <= this.#size || !this.#lastLineUnchanged()) this.#reopen();
    this.#inode = stat.ino;
    this.#size = stat.size;
    this.#modified = stat.mtimeNs;
    this.#problem = undefined;
    try {
      this.#readOn(Number(stat.size));
    } catch (error) {
      this.#problem = error;
      throw error;
    }
  }

  read(indices: readonly number[]): Buffer[] {
    const found: Buffer[] = [];
    for (let first = 0; first < indices.length; ) {
      const begin = this.#startOf(indices[first]);
      let end = this.#endOf(indices[first]);
      let next = first + 1;
      for (; next < indices.length; next++) {
        const start = this.#startOf(indices[next]);
        if (start < end || start - end > READ_GAP_BYTES || start - begin > CHUNK_BYTES) break;
        end = this.#endOf(indices[next]);
      }
      const span = this.#bytes(begin, end - begin);
      for (; first < next; first++) {
        const index = indices[first];
        found.push(span.subarray(this.#startOf(index) - begin, this.#endOf(index) - begin));
      }
    }
    return found;
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #stat() {
    let stat: ReturnType<typeof statBig>;
    try {
      stat = statBig(this.path);
    } catch (cause) {
      throw unreadable(this.path, cause);
    }
    if (!stat.isFile()) {
      throw new AuditBusError('simulator.events', `${this.path}: not a regular file`);
    }
    return stat;
  }

  #reopen(): void {
    this.close();
    this.index.clear();
    this.#starts.length = 0;
    this.#lengths.length = 0;
    this.#consumed = 0;
    this.#lines = 0;
    try {
      this.#descriptor = openSync(this.path, 'r');
    } catch (cause) {
      throw unreadable(this.path, cause);
    }
  }

  #lastLineUnchanged(): boolean {
    const last = this.index.length - 1;
    if (last < 0) return true;
    const [line] = this.read([last]);
    return line !== undefined && crc32(line) === this.#lastLineChecksum;
  }

  #readOn(size: number): void {
    this.#unfinished = false;
    let chunkBytes = CHUNK_BYTES;
    while (this.#consumed < size) {
      const start = this.#consumed;
      const chunk = this.#bytes(start, Math.min(chunkBytes, size - start));
      let line = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, line)) {
        this.#takeLine(start + line, chunk.subarray(line, end));
        line = end + 1;
        this.#consumed = start + line;
      }
      if (line === 0 && start + chunk.length === size) {
        this.#takeUnfinished(start, chunk);
        return;
      }
      // A line longer than the chunk is read again with more room.
      chunkBytes = line === 0 ? chunkBytes * 2 : CHUNK_BYTES;
    }
  }

  #takeLine(start: number, line: Buffer): void {
    const [from, to] = trimmed(line, start === 0);
    const text = line.subarray(from, to);
    const number = this.#lines + 1;
    if (text.length > 0) {
      const value = parseEventLine(text.toString('utf8'), `${this.path}:${number}`);
      this.index.add(text, value);
      this.#starts.push(start + from);
      this.#lengths.push(text.length);
      this.#lastLineChecksum = crc32(text);
    }
    this.#lines = number;
  }

  #takeUnfinished(start: number, line: Buffer): void {
    try {
      this.#takeLine(start, line);
      this.#consumed = start + line.length;
      // The newline that is still to come ends this same line.
      this.#lines--;
    } catch (error) {
      if (!(error instanceof AuditBusError)) throw error;
      this.#unfinished = true;
    }
  }

  /** Nobody is known to be writing when the file is opened, so a broken last line is a broken file. */
  #refuseUnfinishedLine(): void {
    if (!this.#unfinished) return;
    const rest = this.#bytes(this.#consumed, Number(this.#size) - this.#consumed);
    const [from, to] = trimmed(rest, this.#consumed === 0);
    this.close();
    parseEventLine(rest.subarray(from, to).toString('utf8'), `${this.path}:${this.#lines + 1}`);
  }

  #startOf(index: number | undefined): number {
    return this.#starts[index ?? -1] ?? 0;
  }

  #endOf(index: number | undefined): number {
    return this.#startOf(index) + (this.#lengths[index ?? -1] ?? 0);
  }

  #bytes(position: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    let read = 0;
    while (read < length) {
      const count = readSync(this.#descriptor ?? -1, bytes, read, length - read, position + read);
      if (count === 0) {
        throw new AuditBusError('simulator.events', `${this.path}: became shorter while in use`);
      }
      read += count;
    }
    return bytes;
  }
}

function statBig(path: string) {
  return statSync(path, { bigint: true });
}

function unreadable(path: string, cause: unknown): AuditBusError {
  const code = (cause as { code?: string }).code ?? 'unknown error';
  const reason = code === 'ENOENT' ? 'no such file' : `cannot be read (${code})`;
  return new AuditBusError('simulator.events', `${path}: ${reason}`, { cause });
}

/** Where a line's text begins and ends without JSON's white space and, at the very start, a UTF-8 byte order mark. */
function trimmed(line: Buffer, atStart: boolean): [from: number, to: number] {
  let from = atStart && line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf ? 3 : 0;
  let to = line.length;
  while (from < to && isSpace(line[from])) from++;
  while (to > from && isSpace(line[to - 1])) to--;
  return [from, to];
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === NEWLINE;
}
