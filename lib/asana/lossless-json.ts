// Parses JSON so that JSON.stringify gives every number back digit by digit: 2^53 and beyond, 1.0, 1e3.
// Numbers that a double would change come back as JSON.rawJSON objects; all else is what JSON.parse gives.
import { parseDeep, stringifyDeep } from './deep-json.ts';

/** What JSON.rawJSON makes (V8 11.4, so Node 22 and later): an object that JSON.stringify writes as its own text. */
interface RawJson {
  readonly rawJSON: string;
}

interface JsonWithSource {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): RawJson;
  isRawJSON(value: unknown): value is RawJson;
}
// TypeScript's library has no types for the proposal yet (7.0, 2026).
const json = JSON as unknown as JsonWithSource;

/**
 * A whole number token that may lose digits: 16 digits and more, a fraction, an exponent or a negative zero. Without what
 * has to follow a number, `:00.000` in each `created_at` would hit.
 */
const DIGITS_AT_RISK =
  /[:,[]\s*(?:-?(?:\d{16,}|\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+)|-0)\s*[,}\]]/;

/**
 * False when JSON.parse keeps every digit of this JSON text, as it does of most pages; it is ten times faster than a
 * reviver. A hit may also be inside a string, which only costs time.
 */
export function mayLoseDigits(text: string): boolean {
  return DIGITS_AT_RISK.test(text);
}

/** @throws SyntaxError as JSON.parse does. */
export function parseLossless(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!holdsNumber(value, 0) || !mayLoseDigits(text)) return value;
  try {
    return json.parse(text, (_key, part, { source }) =>
      typeof part === 'number' && source !== undefined && String(part) !== source
        ? json.rawJSON(source)
        : part,
    );
  } catch (error) {
    // The reviver recurses: a text it cannot descend into is no worse than others.
    if (error instanceof RangeError) return parseDeep(text, (digits) => json.rawJSON(digits));
    throw error;
  }
}

/** Deeper than any event; what lies below may hold one. */
const DEEP = 100;

/** Asana's events hold none as a rule: seen in what was parsed sooner than in its text, most of which is names and values. */
function holdsNumber(value: unknown, depth: number): boolean {
  if (typeof value === 'number') return true;
  if (typeof value !== 'object' || value === null) return false;
  if (depth === DEEP) return true;
  if (Array.isArray(value)) return value.some((each) => holdsNumber(each, depth + 1));
  for (const name in value) {
    const part = (value as Record<string, unknown>)[name];
    // Most are texts, which need no look of their own.
    if (typeof part !== 'string' && holdsNumber(part, depth + 1)) return true;
  }
  return false;
}

/** JSON text of what parseLossless gave, however deep. */
export function stringifyLossless(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return stringifyDeep(value, (part) =>
      typeof part !== 'object' || part === null || json.isRawJSON(part)
        ? (JSON.stringify(part) ?? 'null')
        : undefined,
    );
  }
}

/** The digits of a number as Asana wrote them, or undefined where the value is no number. */
export function numberText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'object' && isRaw(value) ? value.rawJSON : undefined;
}

/** True for a JSON object as a person means it: no array, no null, no raw number. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRaw(value);
}

/** Asked of every object there is: nearly all have no such field, which is known sooner. */
function isRaw(value: object | null): value is RawJson {
  return (value as Partial<RawJson> | null)?.rawJSON !== undefined && json.isRawJSON(value);
}
