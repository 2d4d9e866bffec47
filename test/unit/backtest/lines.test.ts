// Files of lines: whatever the chunks they are read in, the lines come out as they stand there.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { MAX_LINE_BYTES, readLines } from '../../../lib/backtest/lines.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lines-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function linesOf(content: string | Buffer, chunkBytes?: number) {
  const path = join(folder, 'lines');
  writeFileSync(path, content);
  const lines: (string | undefined)[] = [];
  let bytes = 0;
  const onBytes = (more: number) => {
    bytes += more;
  };
  for await (const batch of readLines(path, { onBytes, ...(chunkBytes ? { chunkBytes } : {}) })) {
    expect(batch.isOver).toBe(false);
    while (!batch.isOver) lines.push(batch.next());
  }
  expect(bytes).toBe(Buffer.byteLength(content));
  return lines;
}

it('are the same in chunks of any size, zipped or not, with a byte order mark or without', async () => {
  const text = fc.array(fc.constantFrom('', 'a', 'Zoë', '{"gid":"1"}', '\r', '🙂'), {
    maxLength: 12,
  });
  await fc.assert(
    fc.asyncProperty(
      text,
      fc.boolean(),
      fc.boolean(),
      fc.integer({ min: 1, max: 20 }),
      async (lines, isMarked, hasEnd, chunkBytes) => {
        const content = lines.join('\n') + (hasEnd ? '\n' : '');
        const expected = content.split('\n');
        if (expected.at(-1) === '') expected.pop();
        const marked = `${isMarked ? '\uFEFF' : ''}${content}`;
        const isOnlyMark = isMarked && content === '';
        const wanted = isOnlyMark ? [''] : expected;
        expect(await linesOf(marked, chunkBytes)).toEqual(wanted);
        const zipped = gzipSync(marked);
        // Of a zipped file the chunks of what is packed; zlib has a least size of its own for what comes out.
        expect(await linesOf(zipped, 64 + chunkBytes)).toEqual(wanted);
      },
    ),
    { numRuns: 100 },
  );
});

it('that are too long are told of, each once, wherever they stand', async () => {
  const long = Buffer.alloc(MAX_LINE_BYTES + 1_100_000, 'x');
  const parts = [long, '\na\n', long, '\n', long, '\nb\n', long].map((part) => Buffer.from(part));
  const lines = await linesOf(Buffer.concat(parts));
  expect(lines).toEqual([undefined, 'a', undefined, undefined, 'b', undefined]);
});
