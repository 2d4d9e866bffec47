// The lines of a file of any size, plain or gzip (told by its first bytes), a batch at a time. Knows nothing of events.
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AuditBusError } from '../errors.ts';
import { cleanText } from '../text.ts';

export interface LineOptions {
  /** Bytes read at once. @default MAX_CHUNK_BYTES */
  readonly chunkBytes?: number;
  /** Told how many bytes of the file have been read: of a compressed one, those of the compressed form. */
  readonly onBytes?: (bytes: number) => void;
}

/** Each wait for a chunk costs about the same, whatever its size: that of much smaller ones shows, that of larger ones no more. */
export const MAX_CHUNK_BYTES = 1024 * 1024;
/** Far above any event, far below what a string can hold. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024;
export const STANDARD_INPUT = '-';
const NEWLINE = 0x0a;
const EMPTY = Buffer.alloc(0);

/**
 * Lines as they stand in the file, blank ones too, so that they can be counted. Each is decoded as it is asked for: texts that
 * lie about until they are would be moved by each collection of V8's. To be done with before the next batch is asked for,
 * whose bytes are read over these.
 */
export class LineBatch {
  readonly #bytes: Buffer;
  #start = 0;
  #firstIs: First;

  /** @param bytes whole lines, the last one with a newline or without */
  constructor(bytes: Buffer, firstIs: First = 'a line') {
    this.#bytes = bytes;
    this.#firstIs = firstIs;
  }

  get isOver(): boolean {
    return this.#start >= this.#bytes.length;
  }

  /** Undefined for one that is too long. */
  next(): string | undefined {
    const newline = this.#bytes.indexOf(NEWLINE, this.#start);
    const end = newline < 0 ? this.#bytes.length : newline;
    const text = this.#bytes.toString('utf8', this.#start, end);
    const is = this.#firstIs;
    this.#start = end + 1;
    this.#firstIs = 'a line';
    if (is === 'a line') return text;
    return is === 'the end of one too long' ? undefined : text.replace(/^\uFEFF/, '');
  }
}
type First = 'a line' | "the file's first" | 'the end of one too long';

/** @throws AuditBusError `history.invalid` where the file cannot be read to its end */
export async function* readLines(
  path: string,
  { chunkBytes = MAX_CHUNK_BYTES, onBytes = () => {} }: LineOptions = {},
): AsyncGenerator<LineBatch> {
  let rest: Buffer = EMPTY;
  let nextIs: First = "the file's first";
  try {
    for await (const chunk of unpacked(path, chunkBytes, onBytes)) {
      const end = chunk.lastIndexOf(NEWLINE) + 1;
      if (end > 0) {
        // The line that began before is put together by itself: to copy the whole chunk for it would cost more.
        const start = rest.length === 0 ? 0 : chunk.indexOf(NEWLINE) + 1;
        const parts = [Buffer.concat([rest, chunk.subarray(0, start)]), chunk.subarray(start, end)];
        for (const bytes of parts) {
          if (bytes.length === 0) continue;
          yield new LineBatch(bytes, nextIs);
          nextIs = 'a line';
        }
        rest = EMPTY;
      }
      // A copy, as the next chunk is read over this one.
      rest = Buffer.concat([rest, chunk.subarray(end)]);
      if (rest.length > MAX_LINE_BYTES) nextIs = 'the end of one too long';
      if (nextIs === 'the end of one too long') rest = EMPTY;
    }
  } catch (cause) {
    const reason = cleanText(cause instanceof Error ? cause.message : String(cause));
    throw new AuditBusError('history.invalid', `${path} cannot be read: ${reason}`, { cause });
  }
  if (nextIs === 'the end of one too long') yield new LineBatch(Buffer.of(NEWLINE), nextIs);
  else if (rest.length > 0) yield new LineBatch(rest, nextIs);
}

async function* unpacked(
  path: string,
  chunkBytes: number,
  onBytes: (bytes: number) => void,
): AsyncIterable<Buffer> {
  const chunks = path === STANDARD_INPUT ? standardInput(chunkBytes) : chunksOf(path, chunkBytes);
  async function* counted(first: Buffer): AsyncGenerator<Buffer> {
    for (let chunk: Buffer | undefined = first; chunk !== undefined; ) {
      onBytes(chunk.length);
      yield chunk;
      const next = await chunks.next();
      chunk = next.done ? undefined : next.value;
    }
  }
  try {
    const first = await firstChunk(chunks);
    if (first[0] !== 0x1f || first[1] !== 0x8b) {
      yield* counted(first);
      return;
    }
    const gunzip = createGunzip({ chunkSize: chunkBytes });
    // An error of either side ends the iteration below.
    pipeline(Readable.from(copies(counted(first)), { objectMode: false }), gunzip, () => {});
    yield* gunzip as AsyncIterable<Buffer>;
  } finally {
    // Not awaited: a pipe that says nothing more would keep what went wrong from being told.
    void chunks.return(undefined);
  }
}

/** Each is read over the one before: fresh memory for each would take long to get, and be given back late. */
async function* chunksOf(path: string, chunkBytes: number): AsyncGenerator<Buffer> {
  await using file = await open(path);
  const room = Buffer.allocUnsafeSlow(chunkBytes);
  for (;;) {
    const { bytesRead } = await file.read(room, 0, chunkBytes, null);
    if (bytesRead === 0) return;
    yield room.subarray(0, bytesRead);
  }
}

async function* standardInput(highWaterMark: number): AsyncGenerator<Buffer> {
  const input = createReadStream('', { fd: 0, autoClose: false, highWaterMark });
  yield* input as AsyncIterable<Buffer>;
}

/** For a reader that reads ahead. */
async function* copies(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) yield Buffer.from(chunk);
}

/** At least two bytes, where there are so many: a pipe may give one. */
async function firstChunk(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  let first: Buffer = EMPTY;
  while (first.length < 2) {
    const next = await chunks.next();
    if (next.done) break;
    first = Buffer.concat([first, next.value]);
  }
  return first;
}
