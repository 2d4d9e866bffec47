// Makes the values that engines remember short and of even length, whatever an event holds.
import { createHash } from 'node:crypto';
import { remembered } from '../remembered.ts';

const MAX_SHORT = 24;
const PLAIN = /^[\w.:@+-]*$/;

/** The value itself where it is short and plain, else a digest of it. */
export function shortValue(value: string): string {
  return value.length <= MAX_SHORT && PLAIN.test(value) ? value : digestOf(value);
}

const digestOf = remembered(
  (value) => `#${createHash('sha256').update(value).digest('base64url').slice(0, 16)}`,
);
