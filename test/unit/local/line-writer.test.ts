import { expect, test } from 'vitest';
import type { Clock } from '../../../lib/clock.ts';
import { LineWriter, type WriteBytes } from '../../../lib/local/line-writer.ts';

const clock: Clock = { now: () => 0, monotonic: () => 0, sleep: async () => {} };
const failure = (code: string) => Object.assign(new Error(code), { code });

test('partial writes and full pipes lose and repeat nothing, whatever the characters', async () => {
  let taken = Buffer.alloc(0);
  let calls = 0;
  const write: WriteBytes = async (_fd, buffer, offset, length) => {
    calls += 1;
    if (calls % 3 === 0) throw failure('EAGAIN');
    const bytesWritten = Math.min(length, 1 + (calls % 5));
    taken = Buffer.concat([taken, buffer.subarray(offset, offset + bytesWritten)]);
    return { bytesWritten };
  };
  const writer = new LineWriter(1, clock, { write });
  const lines = ['{"a":"ä€😀"}\n', '\n', `${'x'.repeat(200)}\n`];
  await Promise.all(lines.map((line) => writer.write(line)));
  expect(taken.toString('utf8')).toBe(lines.join(''));
});

test('a write resolves only when its bytes were taken', async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const write: WriteBytes = async (_fd, _buffer, _offset, length) => {
    await gate;
    return { bytesWritten: length };
  };
  const writer = new LineWriter(1, clock, { write });
  let done = false;
  const written = writer.write('line\n').then(() => {
    done = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toBe(false);
  release();
  await written;
  expect(done).toBe(true);
});

test('once the reader is gone every write fails with one code and none is tried again', async () => {
  let calls = 0;
  const write: WriteBytes = async () => {
    calls += 1;
    throw failure('EPIPE');
  };
  let told = 0;
  const onClosed = () => {
    told += 1;
  };
  const writer = new LineWriter(1, clock, { write, onClosed });
  const closed = expect.objectContaining({ code: 'local.output-closed' });
  const results = await Promise.allSettled([writer.write('a'), writer.write('b')]);
  for (const result of results) expect(result).toMatchObject({ reason: closed });
  await expect(writer.write('c')).rejects.toEqual(closed);
  expect(writer.closed).toEqual(closed);
  expect([calls, told]).toEqual([1, 1]);
});
