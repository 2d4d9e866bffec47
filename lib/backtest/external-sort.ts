// Sorts texts by a time and a name, in bounded memory: what does not fit goes to a temporary file in sorted runs, which are
// then merged. Knows nothing of what the texts are.
import { randomUUID } from 'node:crypto';
import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AuditBusError } from '../errors.ts';

export interface Sortable {
  readonly at: number;
  readonly name: string;
  /** Without a newline. */
  readonly text: string;
}

interface Run {
  position: number;
  readonly end: number;
}

const DEFAULT_MEMORY_BYTES = 64 * 1024 * 1024;
/** What an entry costs besides its characters. */
const ENTRY_BYTES = 120;
const WRITE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;
const EMPTY = Buffer.alloc(0);

/** By time, then by name; what shares both stays in the order in which it came. */
export function inOrder(
  a: Pick<Sortable, 'at' | 'name'>,
  b: Pick<Sortable, 'at' | 'name'>,
): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}

export class ExternalSort {
  readonly #memoryBytes: number;
  #entries: Sortable[] = [];
  #bytes = 0;
  #descriptor: number | undefined;
  #written = 0;
  readonly #runs: Run[] = [];

  /** @param memoryBytes about so much is held, and again as much while runs are merged */
  constructor(memoryBytes = DEFAULT_MEMORY_BYTES) {
    this.#memoryBytes = memoryBytes;
  }

  /** @throws AuditBusError `history.temporary` where there is no room for the temporary file */
  add(entry: Sortable): void {
    this.#entries.push(entry);
    this.#bytes += ENTRY_BYTES + entry.name.length + 2 * entry.text.length;
    if (this.#bytes > this.#memoryBytes) this.#spill();
  }

  /** All there is, in order; may be asked for again. */
  *sorted(): Generator<Sortable> {
    this.#entries.sort(inOrder);
    if (this.#runs.length === 0) {
      yield* this.#entries;
      return;
    }
    const chunk = Math.ceil(this.#memoryBytes / (this.#runs.length + 1));
    const runs = this.#runs.map((run) => this.#read({ ...run }, Math.max(4_096, chunk)));
    yield* merged([...runs, this.#entries.values()]);
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #spill(): void {
    this.#entries.sort(inOrder);
    const position = this.#written;
    let part: string[] = [];
    let size = 0;
    for (const { at, name, text } of this.#entries) {
      part.push(`${at}\t${JSON.stringify(name)}\t${text}\n`);
      size += text.length;
      if (size > WRITE_BYTES) {
        this.#write(part.join(''));
        part = [];
        size = 0;
      }
    }
    this.#write(part.join(''));
    this.#runs.push({ position, end: this.#written });
    this.#entries = [];
    this.#bytes = 0;
  }

  #write(text: string): void {
    const bytes = Buffer.from(text);
    try {
      this.#descriptor ??= openNameless();
      for (let done = 0; done < bytes.length; ) {
        done += writeSync(this.#descriptor, bytes, done, bytes.length - done, this.#written + done);
      }
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new AuditBusError(
        'history.temporary',
        `A temporary file in ${tmpdir()} (TMPDIR) cannot be written: ${reason}`,
        { cause },
      );
    }
    this.#written += bytes.length;
  }

  *#read(run: Run, chunkBytes: number): Generator<Sortable> {
    let rest = EMPTY;
    while (run.position < run.end) {
      const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, run.end - run.position));
      const read = readSync(this.#descriptor ?? -1, chunk, 0, chunk.length, run.position);
      run.position += read;
      const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
      let start = 0;
      for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        yield entryOf(bytes.toString('utf8', start, end));
        start = end + 1;
      }
      rest = bytes.subarray(start);
    }
  }
}

function entryOf(line: string): Sortable {
  const first = line.indexOf('\t');
  const second = line.indexOf('\t', first + 1);
  return {
    at: Number(line.slice(0, first)),
    name: JSON.parse(line.slice(first + 1, second)) as string,
    text: line.slice(second + 1),
  };
}

/** Open and without a name at once: it is gone with the process, however that ends. */
function openNameless(): number {
  const path = join(tmpdir(), `asana-audit-bus-${randomUUID()}`);
  const descriptor = openSync(path, 'wx+', 0o600);
  unlinkSync(path);
  return descriptor;
}

/** Of entries that are alike, those of an earlier source come first. */
function* merged(sources: readonly Iterator<Sortable>[]): Generator<Sortable> {
  const heap: { entry: Sortable; readonly source: number }[] = [];
  const isBefore = (a: number, b: number) => {
    const [one, other] = [heap[a], heap[b]];
    if (one === undefined || other === undefined) return one !== undefined;
    return (inOrder(one.entry, other.entry) || one.source - other.source) < 0;
  };
  const swap = (a: number, b: number) => {
    [heap[a], heap[b]] = [heap[b] as (typeof heap)[0], heap[a] as (typeof heap)[0]];
  };
  const sink = (from: number) => {
    for (let at = from; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = isBefore(right, left) ? right : left;
      if (!isBefore(child, at)) return;
      swap(child, at);
      at = child;
    }
  };
  for (const [source, entries] of sources.entries()) {
    const { value } = entries.next();
    if (value !== undefined) heap.push({ entry: value, source });
  }
  for (let at = heap.length >> 1; at >= 0; at--) sink(at);
  for (let top = heap[0]; top !== undefined; top = heap[0]) {
    yield top.entry;
    const { value } = sources[top.source]?.next() ?? {};
    if (value !== undefined) top.entry = value;
    else {
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) heap[0] = last;
    }
    sink(0);
  }
}
