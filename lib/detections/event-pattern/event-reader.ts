// Finds the values of a field in one event, with the array elements they are in.
// Reads only the properties a pattern names, so an event's size and its other contents cost nothing.

import { ownMember } from '../own-member.ts';
import { type Constraint, indexIn } from './constraint.ts';
import type { FieldPath } from './field-path.ts';
import { isRawJson, type Scalar, toScalar } from './scalar.ts';

/** Values deeper than this are not there: AWS's JSON parser refuses such events, and recursion stays bounded. */
const MAX_DEPTH = 1_000;

/** One array of the event. Two paths that lead through it get the same object. */
export interface EventArray {
  readonly elements: Map<number, Element>;
}

/** One element of one array of the event; `outer` is the element its array is in. */
export interface Element {
  readonly id: number;
  readonly array: EventArray;
  readonly index: number;
  readonly outer: Element | undefined;
  /** How many components of the path lead to the array. */
  readonly components: number;
  readonly arrays: Map<string, EventArray>;
}

/** Called for each value; true ends the search. */
export type Visit = (value: Scalar, element: Element | undefined) => boolean;

export class EventReader {
  readonly #event: object;
  #arrays: Map<string, EventArray> | undefined;
  #elementCount = 0;

  constructor(event: object) {
    this.#event = event;
  }

  /** Visits the values at the path that are consistent with the constraint. True when a visit ended the search. */
  visit(path: FieldPath, constraint: Constraint, visit: Visit): boolean {
    return this.#object(this.#event, { path, constraint, visit }, 0, undefined, 0, 0);
  }

  #object(
    value: object,
    search: Search,
    component: number,
    element: Element | undefined,
    route: number,
    depth: number,
  ): boolean {
    for (const lookup of search.path.lookups[component] ?? []) {
      const member = ownMember(value, lookup.property);
      if (member === undefined) continue;
      if (this.#value(member, search, lookup.next, element, route + lookup.route, depth))
        return true;
    }
    return false;
  }

  #value(
    value: unknown,
    search: Search,
    component: number,
    element: Element | undefined,
    route: number,
    depth: number,
  ): boolean {
    const atEnd = component === search.path.components.length;
    if (typeof value === 'object' && value !== null) {
      if (depth > MAX_DEPTH) return false;
      if (Array.isArray(value)) return this.#array(value, search, component, element, route, depth);
      if (!isRawJson(value)) {
        return !atEnd && this.#object(value, search, component, element, route, depth + 1);
      }
    }
    if (!atEnd) return false;
    const scalar = toScalar(value);
    return scalar !== undefined && search.visit(scalar, element);
  }

  #array(
    values: readonly unknown[],
    search: Search,
    component: number,
    outer: Element | undefined,
    route: number,
    depth: number,
  ): boolean {
    const array = this.#arrayAt(outer, `${route} ${search.path.prefixes[component]}`);
    const only = indexIn(search.constraint, array);
    const atEnd = component === search.path.components.length;
    // Short of the end only what is inside elements counts, so a known element is gone to directly.
    const first = atEnd ? 0 : (only ?? 0);
    const end = atEnd || only === undefined ? values.length : only + 1;
    for (let index = first; index < end; index++) {
      const value = values[index] ?? null;
      const nested = typeof value === 'object' && value !== null && !isRawJson(value);
      if (nested ? (atEnd && !Array.isArray(value)) || (only ?? index) !== index : !atEnd) continue;
      // A plain value of an array is in no element: only what is inside its objects and arrays is.
      const element = nested ? this.#element(array, index, outer, component) : outer;
      if (this.#value(value, search, component, element, 0, depth + 1)) return true;
    }
    return false;
  }

  #arrayAt(outer: Element | undefined, place: string): EventArray {
    // Most events have no array where a pattern looks.
    this.#arrays ??= new Map();
    const arrays = outer === undefined ? this.#arrays : outer.arrays;
    let array = arrays.get(place);
    if (array === undefined) {
      array = { elements: new Map() };
      arrays.set(place, array);
    }
    return array;
  }

  #element(
    array: EventArray,
    index: number,
    outer: Element | undefined,
    components: number,
  ): Element {
    let element = array.elements.get(index);
    if (element === undefined) {
      const id = this.#elementCount++;
      element = { id, array, index, outer, components, arrays: new Map() };
      array.elements.set(index, element);
    }
    return element;
  }
}

interface Search {
  readonly path: FieldPath;
  readonly constraint: Constraint;
  readonly visit: Visit;
}
