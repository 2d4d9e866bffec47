// Which addresses may be taken for Asana's API.
import { isSafeAddress } from '../safe-address.ts';

export const ASANA_API_URL = 'https://app.asana.com/api/1.0';

/** @returns what is wrong with the address, or undefined when it can be used. The token goes to whatever it names. */
export function baseUrlProblem(value: string): string | undefined {
  if (!URL.canParse(value)) return 'is not a URL; give one such as https://app.asana.com/api/1.0';
  const url = new URL(value);
  if (url.username !== '' || url.password !== '') return 'must not hold credentials';
  if (url.search !== '' || url.hash !== '') return 'must not hold a query or a fragment';
  return isSafeAddress(value)
    ? undefined
    : 'must begin with https:// (http:// is taken for a loopback address only)';
}
