// Makes text from Asana fit to be shown: no control or bidi characters, well-formed, cut to a length.
// Not an escaper: what Slack or HTML need on top is theirs.

/**
 * Controls, bidi marks and overrides, line separators and whatever else shows nothing (zero-width characters, tags,
 * fillers): a name made of them can reorder or hide the words round it ("Trojan Source", CVE-2021-42574).
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]+/gu;

/** Printable ASCII, words with one space between: nothing to clean. */
const CLEAN = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

/** Every run of such characters becomes one space; lone surrogates become U+FFFD. Idempotent. */
export function cleanText(text: string): string {
  if (CLEAN.test(text)) return text;
  return text.toWellFormed().replace(INVISIBLE, ' ').replace(/ {2,}/g, ' ').trim();
}

/** At most `max` UTF-16 units, an ellipsis counted; never ends in half a character. `max` is at least 1. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max - 1);
  const whole = cut.isWellFormed() ? cut : cut.slice(0, -1);
  return `${whole}…`;
}

/** The first `max` UTF-16 units, without half a character at their end. */
export function beginningOf(text: string, max: number): string {
  return text.length <= max ? text : text.slice(0, max).toWellFormed();
}

/** Clean and cut: what every text from Asana passes on its way into an alert. */
export function shownText(text: string, max: number): string {
  // Cutting well above `max` first keeps a hostile megabyte from being scanned whole.
  return cutText(cleanText(text.slice(0, max * 4)), max);
}
