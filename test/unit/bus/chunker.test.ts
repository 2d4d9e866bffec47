// The cutting of entries into PutEvents requests.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chunk,
  entryBytes,
  MAX_ENTRIES_PER_REQUEST,
  MAX_REQUEST_BYTES,
} from '../../../lib/bus/chunker.ts';

describe('chunk', () => {
  it('keeps order, loses nothing, and holds to both limits', () => {
    const size = fc.oneof(
      fc.integer({ min: 1, max: 3_000 }),
      fc.integer({ min: 90_000, max: 260_000 }),
      fc.constantFrom(499_999, 500_000, 999_999, 1_000_000, 1_000_001),
    );
    fc.assert(
      fc.property(fc.array(size, { maxLength: 60 }), (sizes) => {
        const chunks = chunk(sizes);
        expect(chunks.flat()).toEqual(sizes.map((_, index) => index));
        for (const indexes of chunks) {
          expect(indexes.length).toBeGreaterThan(0);
          expect(indexes.length).toBeLessThanOrEqual(MAX_ENTRIES_PER_REQUEST);
          const bytes = indexes.reduce((sum, index) => sum + (sizes[index] ?? 0), 0);
          if (indexes.length > 1) expect(bytes).toBeLessThan(MAX_REQUEST_BYTES);
        }
      }),
    );
  });

  it('fills a request before it begins the next', () => {
    expect(chunk(Array(25).fill(10)).map(({ length }) => length)).toEqual([10, 10, 5]);
    expect(chunk([500_000, 499_999, 1])).toEqual([[0, 1], [2]]);
    expect(chunk([])).toEqual([]);
  });

  it('counts bytes of UTF-8, not characters, and the time', () => {
    expect(entryBytes({ source: 'a', detailType: 'é', detail: '{"k":"😀"}' })).toBe(
      14 + 1 + 2 + 12,
    );
  });
});
