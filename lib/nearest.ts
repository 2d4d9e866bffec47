// The name that a person may have meant. Pure.

/** `known` is '' where there is nothing to choose from. Upper and lower case count as the same. */
export function nearest(
  name: string,
  names: readonly string[],
): { readonly known: string; readonly distance: number } {
  let best = { known: '', distance: Number.POSITIVE_INFINITY };
  for (const known of names) {
    const distance = editDistance(name.toLowerCase(), known.toLowerCase());
    if (distance < best.distance) best = { known, distance };
  }
  return best;
}

/** Levenshtein's distance: single characters put in, taken out or exchanged. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchanged = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(exchanged, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
