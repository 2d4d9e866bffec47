// Most events fail at the first field of a pattern, and hold a plain value or nothing there: seen without walking the states.
// Says "no" or "walk": never that an event matches.
import { meets } from './condition.ts';
import type { FieldPath } from './field-path.ts';
import { isRawJson, type Scalar, toScalar } from './scalar.ts';
import type { State } from './states.ts';

/** True when no first step of any branch holds. */
export function isRejected(start: State, event: object): boolean {
  for (const { path, transitions, absent, modes } of start.fields.values()) {
    const value = plainValue(event, path, 0);
    if (value === 'walk') return false;
    if (value === undefined) {
      if (absent !== undefined) return false;
    } else if (transitions.some(({ condition }) => meets(value, condition, modes))) {
      return false;
    }
  }
  return true;
}

/** The one value at the path; undefined when there is none; `walk` where arrays or dotted names are about. */
function plainValue(
  value: object,
  path: FieldPath,
  component: number,
): Scalar | undefined | 'walk' {
  let found: Scalar | undefined | 'walk';
  for (const { property, next } of path.lookups[component] ?? []) {
    const member: unknown = Reflect.get(value, property);
    if (member === undefined || !Object.hasOwn(value, property)) continue;
    if (next !== component + 1) return 'walk';
    const isEnd = next === path.components.length;
    if (typeof member !== 'object' || member === null) {
      if (isEnd) found = toScalar(member);
    } else if (Array.isArray(member) || isRawJson(member)) {
      return 'walk';
    } else if (!isEnd) {
      found = plainValue(member, path, next);
      if (found === 'walk') return 'walk';
    }
  }
  return found;
}
