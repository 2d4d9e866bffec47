import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ExternalSort, inOrder, type Sortable } from '../../../lib/backtest/external-sort.ts';

const entry: fc.Arbitrary<Sortable> = fc.record({
  at: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer()),
  name: fc.string({ unit: 'binary', maxLength: 4 }),
  text: fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', '')),
});

it('gives everything back in order, whether it fits into memory or not', () => {
  fc.assert(
    fc.property(
      fc.array(entry, { maxLength: 60 }),
      fc.integer({ min: 1, max: 4_000 }),
      (all, bytes) => {
        const sort = new ExternalSort(bytes);
        try {
          for (const one of all) sort.add(one);
          const expected = all.map((one) => ({
            ...one,
            name: one.name.toWellFormed(),
            text: one.text.toWellFormed(),
          }));
          expected.sort(inOrder);
          expect(
            [...sort.sorted()].map(({ at, name, text }) => ({
              at,
              name: name.toWellFormed(),
              text,
            })),
          ).toEqual(expected);
          expect([...sort.sorted()]).toHaveLength(all.length);
        } finally {
          sort.close();
        }
      },
    ),
    { numRuns: 60 },
  );
});

it('keeps what is alike in the order in which it came', () => {
  const sort = new ExternalSort(1);
  for (const text of ['a', 'b', 'c']) sort.add({ at: 1, name: 'x', text });
  expect([...sort.sorted()].map(({ text }) => text).join('')).toBe('abc');
  sort.close();
});
