// The event-pattern matcher against the answers of AWS's own engine, then what must hold for any pattern and event.
// The vectors were answered by aws/event-ruler 2.0.1 on JDK 17; no Java is needed to run this.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compileEventPattern,
  EventPatternError,
  MAX_PATTERN_CHARACTERS,
  MAX_PATTERN_COMBINATIONS,
  matchesEventPattern,
  validateEventPattern,
} from '../../../lib/detections/event-pattern.ts';

interface Vector {
  readonly name: string;
  readonly pattern: unknown;
  readonly event: unknown;
  readonly expect: boolean | 'invalid';
}

const rawJson = Reflect.get(JSON, 'rawJSON') as (text: string) => unknown;

/** Keeps the digits of numbers that a double would lose, as the project's own reader does. */
function parseKeepingDigits(text: string): unknown {
  const reviver = (_: string, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined && String(value) !== context.source
      ? rawJson(context.source)
      : value;
  return JSON.parse(text, reviver);
}

function vectorsOf(file: string): Vector[] {
  const url = new URL(`../../support/data/${file}`, import.meta.url);
  const lines = readFileSync(url, 'utf8').trim().split('\n');
  return lines.map((line) => parseKeepingDigits(line) as Vector);
}

function refusalOf(pattern: unknown, read: (pattern: unknown) => unknown = validateEventPattern) {
  try {
    read(pattern);
  } catch (error) {
    if (error instanceof EventPatternError) return error;
    throw error;
  }
  throw new Error(`not refused: ${JSON.stringify(pattern)}`);
}

const detail = (a: unknown) => ({ detail: { a } });

for (const [file, count] of [
  ['eventbridge-pattern-vectors.jsonl', 117],
  ['eventbridge-pattern-vectors-extended.jsonl', 448],
] as const) {
  describe(file, () => {
    const vectors = vectorsOf(file);

    it('is read whole', () => expect(vectors).toHaveLength(count));

    it.each(vectors)('$name', ({ pattern, event, expect: expected }) => {
      if (expected === 'invalid') {
        expect(refusalOf(pattern).code).toBe('pattern.invalid');
        expect(() => matchesEventPattern(pattern, event)).toThrow(EventPatternError);
      } else {
        expect(() => validateEventPattern(pattern)).not.toThrow();
        expect(matchesEventPattern(pattern, event)).toBe(expected);
      }
    });
  });
}

describe('an event pattern that is refused', () => {
  it.each([
    [{ detail: { a: 'x' } }, 'at detail.a: "a" must be an object or an array'],
    [{ detail: { a: {} } }, 'at detail.a: Empty objects are not allowed'],
    [{ detail: { a: [] } }, 'at detail.a: Empty arrays are not allowed'],
    [detail(['x', ['y']]), 'at detail.a[1]: Match value must be'],
    [detail([{ foo: 'x' }]), 'at detail.a[0].foo: Unrecognized match type foo'],
    [detail([{ prefix: 'x', suffix: 'y' }]), 'at detail.a[0]: Only one key allowed'],
    [detail([{ cidr: '10.0.0.1/32' }]), 'at detail.a[0].cidr: IPv4 mask bits must be < 32'],
    [detail([{ numeric: ['>', 5, '<', 5] }]), 'at detail.a[0].numeric: Bottom must be less than'],
    [detail([{ numeric: ['=', '5'] }]), 'at detail.a[0].numeric[1]: Value of = must be numeric'],
    [detail([{ wildcard: 'a**b' }]), 'at detail.a[0].wildcard: Consecutive wildcard characters'],
    [
      detail([{ 'anything-but': { prefix: ['a', ''] } }]),
      'at detail.a[0].anything-but.prefix[1]: Null prefix/suffix not allowed',
    ],
    [{ $or: [{ a: ['x'] }] }, 'at $or: There must have at least 2 Objects'],
    [{ $or: [{ a: ['x'] }, { b: { cidr: ['y'] } }] }, 'at $or[1].b.cidr: cidr is a reserved'],
    ['x', 'not valid: Filter is not an object'],
  ])('%j says what and where', (pattern, text) => {
    expect(refusalOf(pattern).message).toContain(text);
    expect(refusalOf(pattern, compileEventPattern).message).toContain(text);
  });

  it('has a stable code and its place apart', () => {
    const error = refusalOf(detail([{ exists: 'yes' }]));
    expect(error).toMatchObject({
      code: 'pattern.invalid',
      name: 'EventPatternError',
      path: 'detail.a[0].exists',
      retryable: false,
    });
  });

  it('is one longer than EventBridge takes, though it can be matched', () => {
    const ofLength = (characters: number) => ({
      a: ['x'.repeat(characters - '{"a":[""]}'.length)],
    });
    validateEventPattern(ofLength(MAX_PATTERN_CHARACTERS));
    const long = ofLength(MAX_PATTERN_CHARACTERS + 1);
    expect(refusalOf(long).message).toContain('2049 characters');
    expect(matchesEventPattern(long, { a: long.a[0] })).toBe(true);
  });

  it('is one whose $or multiply beyond what EventBridge takes', () => {
    const choices = (count: number) => ({
      $or: Array.from({ length: count }, (_, i) => ({ [`f${i}`]: [i] })),
    });
    validateEventPattern({ p: choices(10), q: choices(10), r: choices(10) });
    const many = { p: choices(11), q: choices(10), r: choices(10) };
    expect(refusalOf(many).message).toContain(`takes ${MAX_PATTERN_COMBINATIONS}`);
    expect(matchesEventPattern(many, { p: { f10: 10 }, q: { f0: 0 }, r: { f9: 9 } })).toBe(true);
  });

  it('is refused in good time when it multiplies or contains itself', () => {
    let deep: object = { a: ['x'] };
    for (let i = 0; i < 60; i++) deep = { $or: [{ a: ['x'] }, { b: ['y'] }], [`k${i}`]: deep };
    expect(refusalOf(deep).reason).toContain('Too many combinations');
    const cyclic: Record<string, unknown> = {};
    cyclic['a'] = cyclic;
    expect(refusalOf(cyclic).reason).toContain('too deeply');
    const cyclicOr: Record<string, unknown> = {};
    cyclicOr['$or'] = [cyclicOr, cyclicOr];
    expect(refusalOf(cyclicOr).reason).toContain('too deeply');
  });
});

describe('what an event may hold', () => {
  it.each([undefined, null, 'x', 5, true, [], [{ a: 'x' }]])('%j is no event', (event) => {
    expect(matchesEventPattern({ a: ['x', { exists: false }] }, event)).toBe(false);
  });

  it('numbers made by JSON.rawJSON keep their digits', () => {
    const gid = rawJson('12034567890123456789');
    expect(matchesEventPattern({ a: [gid] }, { a: rawJson('12034567890123456789') })).toBe(true);
    expect(matchesEventPattern({ a: [gid] }, { a: rawJson('12034567890123456788') })).toBe(false);
    expect(matchesEventPattern({ a: [5] }, { a: [rawJson('5.0')] })).toBe(true);
    expect(matchesEventPattern({ a: ['x'] }, { a: rawJson('"x"') })).toBe(true);
    expect(matchesEventPattern({ a: [{ exists: true }] }, { a: gid })).toBe(true);
    expect(matchesEventPattern({ a: { b: [{ exists: true }] } }, { a: gid })).toBe(false);
  });

  it('undefined members are not there, an array used twice counts as two', () => {
    expect(matchesEventPattern({ a: [{ exists: false }] }, { a: undefined })).toBe(true);
    const shared = [{ x: 1 }, { y: 1 }];
    const pattern = { p: { x: [1] }, q: { y: [1] } };
    expect(matchesEventPattern(pattern, { p: shared, q: shared })).toBe(true);
  });

  it('names of Object.prototype are names like any other', () => {
    for (const name of ['__proto__', 'constructor', 'hasOwnProperty', 'toString']) {
      const pattern = JSON.parse(`{"d":{"${name}":{"x":["1"]}}}`) as unknown;
      expect(matchesEventPattern(pattern, { d: {} })).toBe(false);
      expect(matchesEventPattern(pattern, JSON.parse(`{"d":{"${name}":{"x":"1"}}}`))).toBe(true);
      const absent = JSON.parse(`{"${name}":[{"exists":false}]}`) as unknown;
      expect(matchesEventPattern(absent, {})).toBe(true);
    }
  });

  it('large arrays take time in proportion', () => {
    const many = Array.from({ length: 50_000 }, (_, i) => ({ x: i, y: i % 2, z: 'q' }));
    const event = { i: many, j: many, k: many.map(({ x }) => x) };
    const anything = [{ exists: true }];
    expect(matchesEventPattern({ i: { x: [49_999], y: [1] } }, event)).toBe(true);
    expect(matchesEventPattern({ i: { x: anything, y: anything, z: ['no'] } }, event)).toBe(false);
    expect(matchesEventPattern({ i: { x: anything }, j: { x: anything }, k: [-1] }, event)).toBe(
      false,
    );
  });

  it('depth neither throws nor hangs', () => {
    let arrays: unknown = 'x';
    const objects: Record<string, unknown> = {};
    let at = objects;
    for (let i = 0; i < 100_000; i++) {
      arrays = [arrays];
      const next = {};
      at['a'] = next;
      at = next;
    }
    expect(matchesEventPattern({ a: ['x'] }, { a: arrays })).toBe(false);
    expect(matchesEventPattern({ a: { a: { a: ['x'] } } }, objects)).toBe(false);
    let some: unknown = { b: 'x', c: 'y' };
    for (let i = 0; i < 900; i++) some = [some];
    expect(matchesEventPattern({ a: { b: ['x'], c: ['y'] } }, { a: some })).toBe(true);
  });

  it('wildcards cost no more than the text is long', () => {
    const text = 'a'.repeat(200_000);
    expect(matchesEventPattern({ a: [{ wildcard: `${'*a'.repeat(500)}*b` }] }, { a: text })).toBe(
      false,
    );
    expect(matchesEventPattern({ a: [{ wildcard: `${'*a'.repeat(500)}*` }] }, { a: text })).toBe(
      true,
    );
  });
});

describe('for any pattern and event', () => {
  const word = fc.string({
    unit: fc.constantFrom('a', 'b', 'A', 'é', '*', '\\', '"'),
    maxLength: 6,
  });
  const scalar = fc.oneof(word, fc.integer({ min: -3, max: 3 }), fc.boolean(), fc.constant(null));
  const condition = fc.oneof(
    scalar,
    fc.record({ prefix: word }),
    fc.record({ suffix: word }),
    fc.record({ 'equals-ignore-case': word }),
    fc.record({ exists: fc.boolean() }),
    fc.record({ 'anything-but': fc.array(word, { minLength: 1, maxLength: 3 }) }),
    fc.record({ numeric: fc.tuple(fc.constant('>'), fc.integer({ min: -3, max: 3 })) }),
  );
  const conditions = fc.array(condition, { minLength: 1, maxLength: 3 });

  it('no event makes a pattern throw', () => {
    fc.assert(
      fc.property(conditions, conditions, fc.jsonValue(), (a, b, value) => {
        const matches = compileEventPattern({ a, b: { c: b } });
        for (const event of [value, { a: value }, { a: value, b: value }, { b: { c: value } }]) {
          expect(typeof matches(event)).toBe('boolean');
        }
      }),
    );
  });

  it('a field matches when one of its conditions does', () => {
    fc.assert(
      fc.property(conditions, fc.oneof(scalar, fc.array(scalar)), (a, value) => {
        const apart = a.some((one) => matchesEventPattern({ a: [one] }, { a: value }));
        expect(matchesEventPattern({ a }, { a: value })).toBe(apart);
      }),
    );
  });

  it('fields match when each does', () => {
    fc.assert(
      fc.property(conditions, conditions, scalar, scalar, (a, b, x, y) => {
        const event = { a: x, b: y };
        const apart = matchesEventPattern({ a }, event) && matchesEventPattern({ b }, event);
        expect(matchesEventPattern({ a, b }, event)).toBe(apart);
      }),
    );
  });

  it('$or matches when one choice does', () => {
    fc.assert(
      fc.property(conditions, conditions, scalar, scalar, (a, b, x, y) => {
        const event = { a: x, b: y };
        const apart = matchesEventPattern({ a }, event) || matchesEventPattern({ b }, event);
        expect(matchesEventPattern({ $or: [{ a }, { b }] }, event)).toBe(apart);
      }),
    );
  });

  it('an array of objects matches when one element does', () => {
    const element = fc.record({ x: scalar, y: scalar }, { requiredKeys: ['x'] });
    const present = fc.array(fc.oneof(scalar, fc.record({ prefix: word })), { minLength: 1 });
    fc.assert(
      fc.property(present, present, fc.array(element), (x, y, i) => {
        const one = i.some((each) => matchesEventPattern({ x, y }, each));
        expect(matchesEventPattern({ i: { x, y } }, { i })).toBe(one);
      }),
    );
  });

  it('a dotted name is a path', () => {
    fc.assert(
      fc.property(conditions, scalar, (a, value) => {
        const answers = [{ 'a.b': a }, { a: { b: a } }].flatMap((pattern) =>
          [{ 'a.b': value }, { a: { b: value } }].map((event) =>
            matchesEventPattern(pattern, event),
          ),
        );
        expect(new Set(answers).size).toBe(1);
      }),
    );
  });

  it('anything-but a list is the opposite of that list for a string that is there', () => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1 }), word, (list, value) => {
        const but = matchesEventPattern({ a: [{ 'anything-but': list }] }, { a: value });
        expect(but).toBe(!matchesEventPattern({ a: list }, { a: value }));
      }),
    );
  });

  it('a wildcard agrees with the regular expression it stands for', () => {
    const pieces = fc.array(fc.constantFrom('a', 'b', 'ab', '*', '.'), { maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 });
    fc.assert(
      fc.property(pieces, text, (list, value) => {
        const wildcard = list.join('').replace(/\*+/g, '*');
        const expression = new RegExp(`^${wildcard.replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
        expect(matchesEventPattern({ a: [{ wildcard }] }, { a: value })).toBe(
          expression.test(value),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});
