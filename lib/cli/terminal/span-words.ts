// A length of time for people: its largest unit, and the next where that says much. Pure.

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** `2 h 5 min`, `40 s`; what lies in the future counts as nothing. */
export function spanWords(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const at = UNITS.findIndex(([, size]) => seconds >= size);
  if (at < 0) return '0 s';
  const [name, size] = UNITS[at] ?? ['s', 1];
  const words = `${Math.floor(seconds / size)} ${name}`;
  const next = UNITS[at + 1];
  const rest = next === undefined ? 0 : Math.floor((seconds % size) / next[1]);
  return next === undefined || rest === 0 ? words : `${words} ${rest} ${next[0]}`;
}
