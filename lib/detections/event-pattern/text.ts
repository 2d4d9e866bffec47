// Matching of strings: wildcards and comparison without regard to case, each in time linear in the event's string.
// Written without regular expressions, so that no pattern and no event can make them backtrack.

/** The literal parts between the stars; one part means no star. */
export type Wildcard = readonly string[];

/** Reads a wildcard, or says what EventBridge refuses. `\*` and `\\` are the only escapes. */
export function parseWildcard(source: string): Wildcard | string {
  const parts: string[] = [];
  let part = '';
  for (let i = 0; i < source.length; i++) {
    const char = source.charAt(i);
    const next = source.charAt(i + 1);
    if (char === '*') {
      if (next === '*') return `Consecutive wildcard characters at pos ${i + 1}`;
      parts.push(part);
      part = '';
    } else if (char === '\\') {
      if (next !== '*' && next !== '\\') return `Invalid escape character at pos ${i + 1}`;
      part += next;
      i++;
    } else {
      part += char;
    }
  }
  return [...parts, part];
}

/** Takes each part at its first place: with stars only, an earlier place never loses a match. */
export function matchesWildcard(text: string, parts: Wildcard): boolean {
  const first = parts[0] ?? '';
  const last = parts.at(-1) ?? '';
  if (parts.length === 1) return text === first;
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (let i = 1; i < parts.length - 1; i++) {
    const part = parts[i] ?? '';
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at + last.length <= text.length;
}

/** For each UTF-16 unit of a pattern, the forms that may stand in its place. */
export type Folded = readonly (readonly [lower: string, upper: string])[];

/**
 * Unit by unit, as the engine does: `ß` stands for itself or `SS`, and a titlecase letter for its lower and upper forms
 * but not for itself. A character outside the basic plane is two units that Java writes as question marks.
 */
export function fold(text: string): Folded {
  const folded: [string, string][] = [];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charAt(i);
    if (/^[\ud800-\udfff]$/.test(unit)) folded.push(['?', '?']);
    else folded.push([unit.toLowerCase(), unit.toUpperCase()]);
  }
  return folded;
}

/** Where the pattern ends when it is laid at the start of `text`, or -1. No two forms of a unit share a beginning. */
export function foldedEnd(text: string, folded: Folded): number {
  let at = 0;
  for (const [lower, upper] of folded) {
    if (text.startsWith(lower, at)) at += lower.length;
    else if (text.startsWith(upper, at)) at += upper.length;
    else return -1;
  }
  return at;
}

/** Whether `text` ends in the pattern. No two forms of a unit share an end. */
export function endsWithFolded(text: string, folded: Folded): boolean {
  let at = text.length;
  for (let i = folded.length - 1; i >= 0; i--) {
    const [lower, upper] = folded[i] ?? ['', ''];
    if (text.endsWith(lower, at)) at -= lower.length;
    else if (text.endsWith(upper, at)) at -= upper.length;
    else return false;
  }
  return true;
}

/** Java writes half of a surrogate pair as a question mark, and the engine compares what was written. */
export function asWritten(text: string): string {
  if (text.isWellFormed()) return text;
  return text
    .toWellFormed()
    .replaceAll('\ufffd', (char, at: number) => (text.charAt(at) === char ? char : '?'));
}
