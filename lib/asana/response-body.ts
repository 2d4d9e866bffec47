// Reads a response body as text up to a cap, decompressing where the server compressed it.
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { AsanaError } from './errors.ts';

const DECOMPRESSORS: ReadonlyMap<string, () => NodeJS.ReadWriteStream> = new Map([
  ['gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
]);
/** What the client says it takes. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

/**
 * The cap counts decompressed bytes, so that a small body that unpacks to a huge one is refused as well.
 * @throws AsanaError `asana.response-too-large`, or `asana.not-json` for what does not unpack; whatever the stream fails
 * with otherwise
 */
export async function readBody(
  body: Readable,
  encoding: string | string[] | undefined,
  maxBytes: number,
): Promise<{ text: string; bytes: number }> {
  const decompress = DECOMPRESSORS.get(String(encoding ?? '').toLowerCase());
  let source: AsyncIterable<unknown> = body;
  if (decompress !== undefined) {
    const unpacked = decompress();
    // pipe() does not forward errors: a reset connection would leave the reader waiting for ever. Not `once`: destroying
    // the body below makes it fail again, and an error nobody listens to would end the process.
    body.on('error', (error) => (unpacked as NodeJS.ReadWriteStream & Readable).destroy(error));
    source = body.pipe(unpacked) as AsyncIterable<unknown>;
  }
  // Decoded as it comes: the whole body as bytes beside its text would double what a page holds in memory.
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of source) {
      const part = chunk as Buffer;
      bytes += part.length;
      if (bytes > maxBytes) {
        throw new AsanaError(
          'asana.response-too-large',
          `The answer is larger than ${maxBytes} bytes.`,
        );
      }
      text += decoder.decode(part, { stream: true });
    }
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (typeof code === 'string' && /^(Z_|ERR__ERROR_FORMAT|ERR_BROTLI)/.test(code)) {
      throw new AsanaError('asana.not-json', `The answer cannot be unpacked (${code}).`);
    }
    throw error;
  } finally {
    if (!body.destroyed) body.destroy();
  }
  return { text: text + decoder.decode(), bytes };
}
