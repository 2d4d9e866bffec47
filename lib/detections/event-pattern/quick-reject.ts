// Most events fail at the first field of a pattern, and hold a plain value or nothing there: seen without walking the states.
// Says "no" or "walk": never that an event matches.
import { remembered } from '../remembered.ts';
import { meets } from './condition.ts';
import type { FieldPath } from './field-path.ts';
import { isRawJson, type Scalar, toScalar } from './scalar.ts';
import type { Field, State } from './states.ts';

/** A value that is no object, undefined where there is none, `WALK` where arrays or dotted names are about. */
type PlainValue = (event: object) => unknown;

const WALK = Symbol('walk');

/** Answers true when no first step of any branch holds. */
export function rejecter(start: State): (event: object) => boolean {
  const first = [...start.fields.values()].map(fieldTest);
  return (event) => {
    for (const mayHold of first) if (mayHold(event)) return false;
    return true;
  };
}

function fieldTest({ path, transitions, absent, modes }: Field): (event: object) => boolean {
  const read = plainValue(path);
  const conditions = transitions.map(({ condition }) => condition);
  const meetsAny = (scalar: Scalar) =>
    conditions.some((condition) => meets(scalar, condition, modes));
  // There are few kinds of actors, contexts and methods.
  const isMetBy = remembered((text) => meetsAny({ kind: 'string', text, comparable: undefined }));
  return (event) => {
    const value = read(event);
    if (typeof value === 'string') return isMetBy(value);
    if (value === WALK) return true;
    const scalar = toScalar(value);
    // What JSON cannot say is as if there were nothing.
    return scalar === undefined ? absent !== undefined : meetsAny(scalar);
  };
}

function plainValue(path: FieldPath): PlainValue {
  const steps = path.lookups.map((lookups, component) => {
    const isPlain = lookups[0]?.next === component + 1;
    const [property = '', ...dotted] = lookups.map((lookup) => lookup.property);
    return { property, dotted, isPlain };
  });
  // An empty name in a path has rules of its own.
  if (steps.some(({ isPlain }) => !isPlain)) return () => WALK;
  const last = steps.length - 1;
  return (event) => {
    let at: object = event;
    for (let index = 0; index <= last; index++) {
      const { property, dotted } = steps[index] as (typeof steps)[number];
      for (const name of dotted) if (own(at, name) !== undefined) return WALK;
      const member = own(at, property);
      if (typeof member !== 'object' || member === null) return index === last ? member : undefined;
      if (Array.isArray(member) || isRawJson(member)) return WALK;
      at = member;
    }
    // An object is no value.
    return undefined;
  };
}

function own(value: object, name: string): unknown {
  const member = (value as Record<string, unknown>)[name];
  // Most are absent, which is known before it has to be asked whose property it is.
  return member === undefined || !Object.hasOwn(value, name) ? undefined : member;
}
