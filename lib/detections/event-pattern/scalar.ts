// One JSON scalar, of a pattern or of an event, with the digits of its numbers as they stood in the text.
// Knows nothing of patterns; matching itself is in conditions.ts.
import { addressDigits } from './address.ts';
import { comparableNumber, comparableText } from './number.ts';

/** `text` is a string's characters, or a number's or literal's JSON text (`5`, `true`, `null`). */
export interface Scalar {
  readonly kind: 'string' | 'number' | 'literal';
  readonly text: string;
  /** The value a number is compared by; undefined when it does not fit a double without loss. */
  readonly comparable: number | undefined;
  /** The hex digits of a string that is an IP address. Cached: a pattern may ask once per condition. */
  address?: string | null;
}

interface RawJson {
  readonly rawJSON: string;
}

// Node 24 has JSON.rawJSON, TypeScript's ES2024 library does not declare it.
const detectRawJson: unknown = Reflect.get(JSON, 'isRawJSON');

/** An object made by `JSON.rawJSON`: how integers beyond 2^53 keep their digits in this project. */
export function isRawJson(value: object): value is RawJson {
  // Asked of every object on the way: nearly all have no such field, which is known sooner.
  if ((value as Partial<RawJson>).rawJSON === undefined) return false;
  return typeof detectRawJson === 'function' && detectRawJson.call(JSON, value) === true;
}

/** The scalar, or undefined for an object, an array and what JSON cannot say (a function, a symbol). */
export function toScalar(value: unknown): Scalar | undefined {
  switch (typeof value) {
    case 'string':
      return { kind: 'string', text: value, comparable: undefined };
    case 'number':
      // An Infinity is what JSON.parse makes of 1e400: a number, equal to nothing.
      return {
        kind: 'number',
        text: value === 0 ? '0' : String(value),
        comparable: comparableNumber(value),
      };
    case 'bigint':
      return { kind: 'number', text: String(value), comparable: comparableText(String(value)) };
    case 'boolean':
      return { kind: 'literal', text: value ? 'true' : 'false', comparable: undefined };
    case 'object':
      if (value === null) return { kind: 'literal', text: 'null', comparable: undefined };
      return isRawJson(value) ? fromRawJson(value.rawJSON) : undefined;
    default:
      return undefined;
  }
}

function fromRawJson(text: string): Scalar | undefined {
  if (/^[-\d]/.test(text)) return { kind: 'number', text, comparable: comparableText(text) };
  return toScalar(JSON.parse(text));
}

/** The hex digits of the address a string spells, or null. Only strings are ever addresses. */
export function addressOf(scalar: Scalar): string | null {
  if (scalar.kind !== 'string') return null;
  if (scalar.address === undefined) scalar.address = addressDigits(scalar.text);
  return scalar.address;
}
