// The lines of a file of any size, plain or gzip (told by its first bytes), a batch at a time. Knows nothing of events.
import { createReadStream } from 'node:fs';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { AuditBusError } from '../errors.ts';
import { cleanText } from '../text.ts';

/** Lines as they stand in the file, blank ones too, so that they can be counted; undefined for one that is too long. */
export type LineBatch = readonly (string | undefined)[];

export interface LineOptions {
  /** Bytes read at once. @default 1 MiB */
  readonly chunkBytes?: number;
  /** Told how many bytes of the file have been read: of a compressed one, those of the compressed form. */
  readonly onBytes?: (bytes: number) => void;
}

/** Far above any event, far below what a string can hold. */
export const MAX_LINE_BYTES = 32 * 1024 * 1024;
export const STANDARD_INPUT = '-';
const NEWLINE = 0x0a;
const EMPTY = Buffer.alloc(0);

/** @throws AuditBusError `history.invalid` where the file cannot be read to its end */
export async function* readLines(
  path: string,
  { chunkBytes = 256 * 1024, onBytes = () => {} }: LineOptions = {},
): AsyncGenerator<LineBatch> {
  let rest: Buffer = EMPTY;
  let isSkipping = false;
  let isFirst = true;
  try {
    for await (const chunk of unpacked(path, chunkBytes, onBytes)) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const lines: (string | undefined)[] = [];
      let start = 0;
      // What was left over holds no newline.
      let end = bytes.indexOf(NEWLINE, rest.length);
      for (; end >= 0; end = bytes.indexOf(NEWLINE, start)) {
        if (isSkipping) lines.push(undefined);
        else lines.push(bytes.toString('utf8', start, end));
        isSkipping = false;
        start = end + 1;
      }
      rest = isSkipping ? EMPTY : bytes.subarray(start);
      if (rest.length > MAX_LINE_BYTES) {
        isSkipping = true;
        rest = EMPTY;
      }
      if (isFirst && lines[0] !== undefined) lines[0] = lines[0].replace(/^\uFEFF/, '');
      isFirst &&= lines.length === 0;
      if (lines.length > 0) yield lines;
    }
  } catch (cause) {
    const reason = cleanText(cause instanceof Error ? cause.message : String(cause));
    throw new AuditBusError('history.invalid', `${path} cannot be read: ${reason}`, { cause });
  }
  if (isSkipping) yield [undefined];
  else if (rest.length > 0) yield [rest.toString('utf8').replace(isFirst ? /^\uFEFF/ : '', '')];
}

async function* unpacked(
  path: string,
  highWaterMark: number,
  onBytes: (bytes: number) => void,
): AsyncIterable<Buffer> {
  const file =
    path === STANDARD_INPUT
      ? createReadStream('', { fd: 0, autoClose: false, highWaterMark })
      : createReadStream(path, { highWaterMark });
  const chunks = (file as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
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
    const gunzip = createGunzip({ chunkSize: highWaterMark });
    // An error of either side ends the iteration below.
    pipeline(Readable.from(counted(first), { objectMode: false }), gunzip, () => {});
    yield* gunzip as AsyncIterable<Buffer>;
  } finally {
    file.destroy();
  }
}

/** At least two bytes, where there are so many: a pipe may give one. */
async function firstChunk(chunks: AsyncIterator<Buffer>): Promise<Buffer> {
  let first: Buffer = EMPTY;
  while (first.length < 2) {
    const next = await chunks.next();
    if (next.done) break;
    first = first.length === 0 ? next.value : Buffer.concat([first, next.value]);
  }
  return first;
}
