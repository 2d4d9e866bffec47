// Reads a Retry-After header: delta seconds or an HTTP date (RFC 9110, 10.2.3).

/** Longer waits are not believed: a wrong header must not silence a feed for a week. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1000;
/** All three forms of an HTTP date begin with the day's name; Date.parse alone takes `-5` for a date. */
const HTTP_DATE = /^(mon|tue|wed|thu|fri|sat|sun)/i;

/** @returns milliseconds to wait from `now` (epoch milliseconds), or undefined when there is nothing to honour. */
export function parseRetryAfter(
  header: string | string[] | undefined,
  now: number,
): number | undefined {
  const value = (Array.isArray(header) ? header[0] : header)?.trim();
  if (!value) return undefined;
  const date = HTTP_DATE.test(value) ? Date.parse(value) : Number.NaN;
  const wait = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : date - now;
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), LONGEST_WAIT_MS);
}
