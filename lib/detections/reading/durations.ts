// Reads the durations of session and token settings, which Asana gives as words for people ("14 days", "never").
// Knows nothing it was not told: whatever cannot be compared counts as lengthened, so that it is seen.
import { asText } from './fields.ts';

const MINUTES: ReadonlyMap<string, number> = new Map([
  ['m', 1],
  ['min', 1],
  ['minute', 1],
  ['h', 60],
  ['hr', 60],
  ['hour', 60],
  ['d', 1_440],
  ['day', 1_440],
  ['w', 10_080],
  ['week', 10_080],
  ['month', 43_200],
  ['year', 525_600],
]);
const UNLIMITED =
  /^(never( expires?)?|none|unlimited|no (limit|expiry|expiration)|does not expire|forever|infinite|off|disabled)$/;

/** `14 days`, `1 hour 30 minutes`, `1 day, 12 hours and 5 min` */
const PART = /(\d{1,9}(?:\.\d{1,3})?) ?([a-z]+)/g;
const PARTS = /^\d{1,9}(\.\d{1,3})? ?[a-z]+((,| and|, and)? ?\d{1,9}(\.\d{1,3})? ?[a-z]+){0,4}$/;

/** Minutes, Infinity for "never", undefined for anything else: null, a bare number, an unknown word. */
export function durationMinutes(value: unknown): number | undefined {
  const text = asText(value)
    ?.trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, ' ');
  if (text === undefined) return undefined;
  if (UNLIMITED.test(text)) return Number.POSITIVE_INFINITY;
  if (!PARTS.test(text)) return undefined;
  let minutes = 0;
  for (const [, count, unit = ''] of text.matchAll(PART)) {
    minutes +=
      Number(count) * (MINUTES.get(unit) ?? MINUTES.get(unit.replace(/s$/, '')) ?? Number.NaN);
  }
  return Number.isNaN(minutes) ? undefined : minutes;
}

/** True when the new duration is unlimited, longer than the old one, or cannot be compared with it. */
export function isDurationExtended(oldValue: unknown, newValue: unknown): boolean {
  const now = durationMinutes(newValue) ?? bareNumber(newValue);
  // Two bare numbers are of the same unit, whichever that is; a number and a word are not.
  const before =
    durationMinutes(newValue) === undefined ? bareNumber(oldValue) : durationMinutes(oldValue);
  if (now === undefined || now === Number.POSITIVE_INFINITY || before === undefined) return true;
  return now > before;
}

function bareNumber(value: unknown): number | undefined {
  const text = asText(value)?.trim() ?? '';
  return /^\d{1,9}(\.\d{1,3})?$/.test(text) ? Number(text) : undefined;
}
