// A dotted field path of a pattern, and the ways an event may spell it: { "a": { "b": 1 } } or { "a.b": 1 }.
// Also how much of its beginning it shares with other paths, which says which arrays they can have in common.

/** One property to look up, and the component of the path reached by it. */
export interface Lookup {
  readonly property: string;
  readonly next: number;
  /** Summed along the way, tells "a.b" from a: { b }, so that arrays found on the two stay apart. */
  readonly route: number;
}

export interface FieldPath {
  readonly name: string;
  readonly components: readonly string[];
  /** `prefixes[n]` is the path's first n components. */
  readonly prefixes: readonly string[];
  /** For each component, the properties of an event's object that lead on from it. */
  readonly lookups: readonly (readonly Lookup[])[];
}

/** `allNames` are the paths of the whole pattern, this one among them. */
export function fieldPath(name: string, allNames: Iterable<string>): FieldPath {
  const components = name.split('.');
  const emptyUsed = usesEmptyStep(allNames);
  const lookups = components.map((_, from) => {
    const found: Lookup[] = [];
    for (let next = from + 1; next <= components.length; next++) {
      const property = components.slice(from, next).join('.');
      if (property !== '' || emptyUsed) {
        found.push({ property, next, route: 2 ** next });
      }
    }
    return found;
  });
  const prefixes = [...components, ''].map((_, count) => components.slice(0, count).join('.'));
  return { name, components, prefixes, lookups };
}

/**
 * The engine skips properties that no pattern path has as a step, and its way of splitting paths drops empty steps at
 * the end: with `a.` alone, the property "" is skipped and { "a": { "": 1 } } has no such field.
 */
function usesEmptyStep(names: Iterable<string>): boolean {
  for (const name of names) {
    if (name === '' || name.replace(/\.+$/, '').split('.').slice(0, -1).includes('')) return true;
  }
  return false;
}

/** How many components two paths have in common from the start. */
export function sharedComponents(one: FieldPath, other: FieldPath): number {
  let count = 0;
  while (
    count < one.components.length &&
    count < other.components.length &&
    one.components[count] === other.components[count]
  ) {
    count++;
  }
  return count;
}
