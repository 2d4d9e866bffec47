// Makes the values that engines remember short and of even length, whatever an event holds.
import { createHash } from 'node:crypto';
import { remembered } from '../remembered.ts';

const SHORT = /^[\w.:@+-]{0,24}$/;

/** The value itself where it is short and plain, else a digest of it. */
export const shortValue: (value: string) => string = remembered((value) => {
  if (SHORT.test(value)) return value;
  return `#${createHash('sha256').update(value).digest('base64url').slice(0, 16)}`;
});
