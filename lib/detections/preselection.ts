// Which of many detections an event is anything to, told by the few plain fields that their patterns look at first: who acts, by
// what means. Events have few kinds of those, so what is left of the detections is worked out once for each. Pure.
import type { Gate } from './event-pattern.ts';

interface Gated {
  /** Where all are shut, it is none of the event's business. None: it may be. */
  readonly gates: readonly Gate[];
}

/** What a gate's field says: a text, nothing, or what only the pattern itself can tell of. */
type Said = string | undefined | typeof SOMETHING_ELSE;
const SOMETHING_ELSE = Symbol('something else');

/** Kinds of events that are remembered at once: whoever makes up ever new ones fills no memory. */
const MOST_KINDS = 1_000;
const LONGEST_TEXT = 100;

/** Answers for the audit log event itself, in the order given. */
export function preselection<T extends Gated>(all: readonly T[]): (data: object) => readonly T[] {
  const fields = [
    ...new Map(all.flatMap(({ gates }) => gates.map((gate) => [gate.path, gate]))).values(),
  ];
  if (fields.length === 0) return () => all;
  let kinds = new Kinds<T>();
  let known = 0;
  return (data) => {
    let kind = kinds;
    for (const { read } of fields) {
      const said = saidBy(read(data));
      let next = kind.by.get(said);
      if (next === undefined) {
        next = new Kinds([...kind.said, said]);
        kind.by.set(said, next);
        known += 1;
      }
      kind = next;
    }
    kind.chosen ??= all.filter((each) => mayMatch(each, fields, kind.said));
    if (known > MOST_KINDS) {
      kinds = new Kinds();
      known = 0;
    }
    return kind.chosen;
  };
}

/** Events that say the same in the fields so far. */
class Kinds<T> {
  readonly by = new Map<Said, Kinds<T>>();
  chosen: readonly T[] | undefined;
  readonly said: readonly Said[];

  constructor(said: readonly Said[] = []) {
    this.said = said;
  }
}

function saidBy(value: unknown): Said {
  if (value === undefined) return undefined;
  return typeof value === 'string' && value.length <= LONGEST_TEXT ? value : SOMETHING_ELSE;
}

function mayMatch({ gates }: Gated, fields: readonly Gate[], said: readonly Said[]): boolean {
  if (gates.length === 0) return true;
  return gates.some((gate) => {
    const value = said[fields.findIndex(({ path }) => path === gate.path)];
    return value === SOMETHING_ELSE || gate.isOpenTo(value);
  });
}
