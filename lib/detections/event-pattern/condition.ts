// The conditions a pattern can put on one field, as data, and whether a value of the event meets one.
// How they are written in a pattern is in expressions.ts.
import { type AddressRange, inAddressRange } from './address.ts';
import { addressOf, type Scalar } from './scalar.ts';
import {
  asWritten,
  endsWithFolded,
  type Folded,
  foldedEnd,
  matchesWildcard,
  type Wildcard,
} from './text.ts';

/** How a string is compared. Operators of the same name, and what `anything-but` can negate. */
export type TextTest =
  | { readonly is: 'prefix' | 'suffix'; readonly text: string }
  | { readonly is: 'equals-folded' | 'prefix-folded' | 'suffix-folded'; readonly folded: Folded }
  | { readonly is: 'wildcard'; readonly parts: Wildcard };

type Test =
  | { readonly is: 'exact-string' | 'exact-text'; readonly text: string }
  | { readonly is: 'number'; readonly value: number }
  | NumberRange
  | { readonly is: 'address'; readonly range: AddressRange }
  | { readonly is: 'text'; readonly test: TextTest }
  | { readonly is: 'not-strings'; readonly strings: ReadonlySet<string> }
  | { readonly is: 'not-numbers'; readonly numbers: ReadonlySet<number> }
  | { readonly is: 'not-texts'; readonly tests: readonly TextTest[] }
  | { readonly is: 'present' | 'absent' };

/** Ends may be infinite; a strict end is outside the range. */
export interface NumberRange {
  readonly is: 'number-range';
  readonly bottom: number;
  readonly bottomStrict: boolean;
  readonly top: number;
  readonly topStrict: boolean;
}

/** A test, and the key by which the engine holds two conditions to be the same one. */
export type Condition = Test & { readonly key: string };

/** What the other conditions on the same field change: the engine reads a field's values once for all of them. */
export interface FieldModes {
  readonly numbers: boolean;
  readonly addresses: boolean;
}

export function modesOf(conditions: readonly Condition[]): FieldModes {
  return {
    numbers: conditions.some((c) => ['number', 'number-range', 'not-numbers'].includes(c.is)),
    addresses: conditions.some((c) => c.is === 'address'),
  };
}

/** Whether a value that is there meets the condition. `absent` is for the caller: it looks at names, not values. */
export function meets(value: Scalar, condition: Condition, modes: FieldModes): boolean {
  switch (condition.is) {
    case 'exact-string':
      return value.kind === 'string' && value.text === condition.text;
    case 'exact-text':
      return meetsText(value, condition.text, modes);
    case 'number':
      return value.comparable === condition.value;
    case 'number-range':
      return value.comparable !== undefined && inRange(value.comparable, condition);
    case 'address':
      return meetsAddress(value, condition.range, modes);
    case 'text':
      return value.kind === 'string' && meetsTest(value.text, condition.test);
    case 'not-strings':
      return value.kind !== 'string' || !condition.strings.has(value.text);
    case 'not-numbers':
      return value.comparable === undefined || !condition.numbers.has(value.comparable);
    case 'not-texts':
      // A number, true, false and null are "anything but" any string.
      return value.kind !== 'string' || !condition.tests.some((t) => meetsTest(value.text, t));
    case 'present':
      return true;
    case 'absent':
      return false;
  }
}

/** Numbers as text, true, false, null. With addresses about, the engine also tries an address's bare hex digits. */
function meetsText(value: Scalar, text: string, modes: FieldModes): boolean {
  if (value.kind === 'string') return modes.addresses && addressOf(value) === text;
  return value.text === text && !(modes.numbers && value.comparable !== undefined);
}

/** A value that is not a string goes through the address digits as it stands, unless it is compared as a number. */
function meetsAddress(value: Scalar, range: AddressRange, modes: FieldModes): boolean {
  if (value.kind !== 'string') {
    return !(modes.numbers && value.comparable !== undefined) && inAddressRange(value.text, range);
  }
  const digits = addressOf(value);
  return digits !== null && inAddressRange(digits, range);
}

function inRange(value: number, range: NumberRange): boolean {
  const { bottom, bottomStrict, top, topStrict } = range;
  return (
    (bottomStrict ? value > bottom : value >= bottom) && (topStrict ? value < top : value <= top)
  );
}

/**
 * The engine keeps a string's quotes about it: a prefix may reach over the closing quote and a suffix over the opening
 * one, so that prefix `x"` is met by the string `x`.
 */
function meetsTest(raw: string, test: TextTest): boolean {
  const text = asWritten(raw);
  switch (test.is) {
    case 'prefix':
      return text.startsWith(test.text) || test.text === `${text}"`;
    case 'suffix':
      return text.endsWith(test.text) || test.text === `"${text}`;
    case 'equals-folded':
      return foldedEnd(text, test.folded) === text.length;
    case 'prefix-folded':
      return foldedEnd(`${text}"`, test.folded) >= 0;
    case 'suffix-folded':
      return endsWithFolded(`"${text}`, test.folded);
    case 'wildcard':
      return matchesWildcard(text, test.parts);
  }
}
