// Remembers what a pure function made of a text: events repeat a few programs, addresses and types by the million.
// Bounded: whoever sends texts without end gets them computed anew, and fills no memory.

const MOST_TEXTS = 1_000;
const LONGEST_TEXT = 500;

/** The same function, which computes each answer once for as long as it is among the latest. */
export function remembered<T>(answerTo: (text: string) => T): (text: string) => T {
  const known = new Map<string, { readonly answer: T }>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found.answer;
    const answer = answerTo(text);
    if (text.length > LONGEST_TEXT) return answer;
    if (known.size === MOST_TEXTS) known.clear();
    known.set(text, { answer });
    return answer;
  };
}
