// Most events fail at the first field of a pattern, and hold a plain value or nothing there: seen without walking the states.
// Says "no" or "walk": never that an event matches.
import { ownMember } from '../own-member.ts';
import { remembered } from '../remembered.ts';
import { meets } from './condition.ts';
import type { FieldPath } from './field-path.ts';
import { isRawJson, type Scalar, toScalar } from './scalar.ts';
import type { Field, State } from './states.ts';

/** What stands at a path: a plain value, undefined where there is none, `WALK` where arrays or dotted names are about. */
type PlainValue = (event: object) => unknown;

const WALK = Symbol('walk');
/** More methods, or whatever a list holds, than an event has; the walk takes longer ones. */
const MAX_LISTED = 20;

/** A field that a pattern looks at first. It matches no event that finds all of its gates shut. */
export interface Gate {
  readonly path: string;
  /** A text, undefined where there is nothing, anything else where only the walk can tell. */
  readonly read: PlainValue;
  /** False where a field that holds this text, or nothing, meets none of the conditions. */
  isOpenTo(value: string | undefined): boolean;
  /** The same of whatever an event holds there. */
  isOpen(event: object): boolean;
}

export function gatesOf(start: State): readonly Gate[] {
  return [...start.fields.values()].map(gateOf);
}

function gateOf({ path, transitions, absent, modes }: Field): Gate {
  const read = plainValue(path);
  const conditions = transitions.map(({ condition }) => condition);
  const meetsAny = (scalar: Scalar) =>
    conditions.some((condition) => meets(scalar, condition, modes));
  // There are few kinds of actors, contexts and methods.
  const isMetBy = remembered((text) => meetsAny({ kind: 'string', text, comparable: undefined }));
  return {
    path: path.name,
    read,
    isOpenTo: (value) => (value === undefined ? absent !== undefined : isMetBy(value)),
    isOpen(event) {
      const value = read(event);
      if (typeof value === 'string') return isMetBy(value);
      if (value === WALK) return true;
      if (Array.isArray(value))
        return absent !== undefined || !areTexts(value) || value.some(isMetBy);
      const scalar = toScalar(value);
      // What JSON cannot say is as if there were nothing.
      return scalar === undefined ? absent !== undefined : meetsAny(scalar);
    },
  };
}

function areTexts(values: readonly unknown[]): values is string[] {
  return values.length <= MAX_LISTED && values.every((value) => typeof value === 'string');
}

function plainValue(path: FieldPath): PlainValue {
  const steps = path.lookups.map((lookups, component) => {
    const isPlain = lookups[0]?.next === component + 1;
    const [property = '', ...dotted] = lookups.map((lookup) => lookup.property);
    return { property, dotted, isPlain };
  });
  // An empty name in a path has rules of its own.
  if (steps.some(({ isPlain }) => !isPlain)) return () => WALK;
  return steps.reduceRight<PlainValue>(
    (rest, { property, dotted }, index) => {
      const isLast = index === steps.length - 1;
      return (at) => {
        for (let each = 0; each < dotted.length; each++) {
          if (ownMember(at, dotted[each] as string) !== undefined) return WALK;
        }
        const member = ownMember(at, property);
        // An object is no value, and in nothing else there is one.
        if (typeof member !== 'object' || member === null) return isLast ? member : undefined;
        if (Array.isArray(member)) return isLast ? member : WALK;
        if (isRawJson(member)) return WALK;
        return isLast ? undefined : rest(member);
      };
    },
    () => undefined,
  );
}
