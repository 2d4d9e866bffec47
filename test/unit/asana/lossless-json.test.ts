// JSON in, the same JSON out: every digit, key and depth.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isJsonObject,
  numberText,
  parseLossless,
  stringifyLossless,
} from '../../../lib/asana/lossless-json.ts';

const number = fc.oneof(
  fc.integer().map(String),
  fc.bigInt().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.constantFrom('-0', '0', '1.0', '-0.0', '1e400', '1E-7', '5e+3', '9007199254740993', '0.10'),
);
const text = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    number,
    fc
      .oneof(fc.string({ unit: 'binary' }), fc.constantFrom(': 1.0,', '[-0]', '\ud800'))
      .map((each) => JSON.stringify(each)),
    fc.constantFrom('true', 'false', 'null'),
    fc.array(tie('value')).map((parts) => `[${parts.join(',')}]`),
    fc
      .uniqueArray(
        fc.tuple(
          fc.oneof(fc.string(), fc.constantFrom('__proto__', 'rawJSON', 'toJSON', '1')),
          tie('value'),
        ),
        {
          selector: ([key]) => key,
        },
      )
      .map((members) => members.filter(([key]) => !/^\d+$/.test(key)))
      .map(
        (members) =>
          `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`,
      ),
  ),
})).value as fc.Arbitrary<string>;

describe('parseLossless', () => {
  it('gives back any JSON, character by character', () => {
    fc.assert(
      fc.property(text, (json) => {
        const wrapped = `{"data":[${json}]}`;
        expect(JSON.stringify(parseLossless(wrapped))).toBe(wrapped);
        expect(stringifyLossless(parseLossless(wrapped))).toBe(wrapped);
      }),
    );
  });

  it.for([1, 1_000, 3_000, 5_000, 20_000])('goes %d levels deep and back', (depth) => {
    for (const inner of ['', '1.0', '"x: 1.0,"', '{"__proto__":-0,"b":[1e400,9007199254740993]}']) {
      const json = `{"a":${'['.repeat(depth)}${inner}${']'.repeat(depth)},"z":${'{"k":'.repeat(depth)}null${'}'.repeat(depth)}}`;
      // Not `toBe`, which would show a hundred thousand brackets.
      expect(stringifyLossless(parseLossless(json)) === json).toBe(true);
    }
  });

  it('refuses what is no JSON, at any depth', () => {
    for (const json of ['', '{', '{"a":01.0}', '[1.0,]', `${'['.repeat(10_000)}1.0`]) {
      expect(() => parseLossless(json)).toThrow(SyntaxError);
    }
  });
});

it('numberText and isJsonObject see through raw numbers', () => {
  const { a, b, c, d } = parseLossless('{"a":1.0,"b":7,"c":"7","d":{}}') as Record<string, unknown>;
  expect([a, b, c, d].map(numberText)).toEqual(['1.0', '7', undefined, undefined]);
  expect([a, b, c, d, null, []].map(isJsonObject)).toEqual([
    false,
    false,
    false,
    true,
    false,
    false,
  ]);
});
