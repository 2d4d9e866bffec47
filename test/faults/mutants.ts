// Mutants of a page's bytes: what a broken proxy, a broken Asana or a broken disk could make of a real answer.
import type { Random } from '../../lib/local/simulator/random.ts';

type Mutation = (body: Buffer, random: Random) => Buffer;

const STRANGE = [
  'null',
  'true',
  '0',
  '-0',
  '1e999',
  '-1',
  '12345678901234567890123',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '[]',
  '{}',
  '[[]]',
  '{"gid":null}',
  '"__proto__"',
  '"x\\ny"',
  '1.0',
  'NaN',
  '"2026-13-45T99:99:99Z"',
  `"${'a'.repeat(300)}"`,
  `${'['.repeat(2_000)}${']'.repeat(2_000)}`,
  '{"__proto__":{"gid":"1"}}',
];
/** A JSON string, number or literal in the text. */
const VALUE = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null/g;

function text(change: (body: string, random: Random) => string): Mutation {
  return (body, random) => Buffer.from(change(body.toString('utf8'), random));
}

/** Replaces one match of the pattern. */
function replaceOne(
  body: string,
  pattern: RegExp,
  random: Random,
  by: (found: string) => string,
): string {
  const found = [...body.matchAll(pattern)];
  if (found.length === 0) return body;
  const { 0: match, index } = random.pick(found);
  return body.slice(0, index) + by(match) + body.slice(index + match.length);
}

const MUTATIONS: Readonly<Record<string, Mutation>> = {
  cut: (body, random) => body.subarray(0, random.int(0, body.length)),
  'cut at the front': (body, random) => body.subarray(random.int(0, body.length)),
  'other bytes': (body, random) => {
    const copy = Buffer.from(body);
    for (let left = random.int(1, 8); left > 0; left--) {
      copy[random.int(0, copy.length - 1)] = random.int(0, 255);
    }
    return copy;
  },
  'bytes put in': (body, random) => {
    const at = random.int(0, body.length);
    const more = Buffer.from(Array.from({ length: random.int(1, 20) }, () => random.int(0, 255)));
    return Buffer.concat([body.subarray(0, at), more, body.subarray(at)]);
  },
  'a piece twice': (body, random) => {
    const from = random.int(0, body.length - 1);
    const to = random.int(from, Math.min(body.length, from + 400));
    return Buffer.concat([body.subarray(0, to), body.subarray(from)]);
  },
  'a piece missing': (body, random) => {
    const from = random.int(0, body.length - 1);
    return Buffer.concat([body.subarray(0, from), body.subarray(from + random.int(1, 200))]);
  },
  'a strange value': text((body, random) =>
    replaceOne(body, VALUE, random, () => random.pick(STRANGE)),
  ),
  'a strange field': text((body, random) =>
    replaceOne(
      body,
      /"(gid|created_at|event_type|actor|resource|context|details|data|next_page|offset)":/g,
      random,
      (found) =>
        random.pick([
          `"was_${found.slice(1)}`,
          `${found}${random.pick(STRANGE)},${found}`,
          `"__proto__":`,
          found.toUpperCase(),
        ]),
    ),
  ),
  punctuation: text((body, random) =>
    replaceOne(body, /[{}[\],:"]/g, random, () =>
      random.pick(['', ',', ':', '{', '}', '[', ']', '"', '\u0000']),
    ),
  ),
  wrapped: text((body, random) =>
    random.pick([
      `[${body}]`,
      `${body}${body}`,
      `\ufeff${body}`,
      `)]}'\n${body}`,
      JSON.stringify(body),
      `${body}\u0000`,
      ` ${body}\n\n`,
      `{"data":${body}}`,
    ]),
  ),
  'no mutation': (body) => body,
};

const NAMES = Object.keys(MUTATIONS);

/** One mutation, or a few one after another. */
export function mutant(
  body: Buffer,
  random: Random,
): { readonly name: string; readonly body: Buffer } {
  const names = Array.from(
    {
      length: random.weighted([
        [5, 1],
        [2, 2],
        [1, 3],
      ]),
    },
    () => random.pick(NAMES),
  );
  const mutated = names.reduce(
    (bytes, name) => (bytes.length === 0 ? bytes : (MUTATIONS[name]?.(bytes, random) ?? bytes)),
    body,
  );
  return { name: names.join(', '), body: mutated };
}
