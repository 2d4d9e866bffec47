// The array elements a match has settled on so far: what the engine calls array consistency.
// Conditions on an array of objects must hold in the same element, so once one did, the others look only there.
import type { Element, EventArray } from './event-reader.ts';
import type { FieldPath } from './field-path.ts';

interface Settled {
  readonly element: Element;
  readonly path: FieldPath;
}

export interface Constraint {
  readonly settled: readonly Settled[];
  readonly indexes: ReadonlyMap<EventArray, number> | undefined;
  /** Equal for equal constraints of one event. */
  readonly key: string;
}

export const UNCONSTRAINED: Constraint = { settled: [], indexes: undefined, key: '' };

/** The one index of the array that may be looked at, or undefined when all may. */
export function indexIn(constraint: Constraint, array: EventArray): number | undefined {
  return constraint.indexes?.get(array);
}

/**
 * The constraint after a value in `element` was accepted for `path`. `shared` says how many components of a path the
 * fields still to come can share: elements of arrays beyond that are forgotten, which keeps constraints few and equal.
 */
export function settle(
  constraint: Constraint,
  element: Element | undefined,
  path: FieldPath,
  shared: (path: FieldPath) => number,
): Constraint {
  if (element === undefined && constraint.settled.length === 0) return UNCONSTRAINED;
  const candidates = element === undefined ? [] : [{ element, path }];
  const indexes = new Map<EventArray, number>();
  const settled: Settled[] = [];
  // Newest first: it mostly lies deepest, and what lies around it is then in the indexes and adds nothing.
  for (const candidate of [...candidates, ...constraint.settled]) {
    const kept = outermostBelow(candidate.element, shared(candidate.path));
    if (kept === undefined || indexes.has(kept.array)) continue;
    settled.push({ element: kept, path: candidate.path });
    for (let at: Element | undefined = kept; at !== undefined; at = at.outer) {
      indexes.set(at.array, at.index);
    }
  }
  if (settled.length === 0) return UNCONSTRAINED;
  return { settled, indexes, key: settled.map((s) => s.element.id).join(',') };
}

function outermostBelow(element: Element, components: number): Element | undefined {
  let at: Element | undefined = element;
  while (at !== undefined && at.components > components) at = at.outer;
  return at;
}
