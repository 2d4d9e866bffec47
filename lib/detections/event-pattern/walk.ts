// Walks the states of a compiled pattern over one event: does any branch hold to its end?
// Every dead end is remembered after a while, so large arrays cost time in proportion to their size.
import { meets } from './condition.ts';
import { type Constraint, settle, UNCONSTRAINED } from './constraint.ts';
import { type Element, EventReader } from './event-reader.ts';
import type { Scalar } from './scalar.ts';
import type { Field, State, Transition } from './states.ts';

/** Walks shorter than this are cheaper repeated than remembered. */
const STEPS_BEFORE_REMEMBERING = 32;

/**
 * The end of patience, ten times what an event of a megabyte needs. Only an event that spells one path in two ways
 * ("a.b" and a: { b }), each with thousands of array elements, gets there; it is then taken not to match.
 */
const MAX_STEPS = 1_000_000;

export function matchesStates(start: State, event: object): boolean {
  return new Walk(event).from(start, undefined, UNCONSTRAINED);
}

class Walk {
  readonly #reader: EventReader;
  #deadEnds: Set<string> | undefined;
  #steps = 0;

  constructor(event: object) {
    this.#reader = new EventReader(event);
  }

  /** `branches` are those whose conditions have all been met on the way here; undefined before the first step. */
  from(state: State, branches: readonly number[] | undefined, constraint: Constraint): boolean {
    if (state.fields.size === 0 || this.#steps > MAX_STEPS) return false;
    const place =
      this.#steps++ < STEPS_BEFORE_REMEMBERING
        ? undefined
        : `${state.id};${constraint.key};${branches?.join(',')}`;
    if (place !== undefined && this.#deadEnds?.has(place)) return false;
    for (const field of state.fields.values()) {
      if (this.#tryAbsence(field, branches, constraint)) return true;
      if (this.#tryValues(field, branches, constraint)) return true;
    }
    if (place !== undefined) {
      this.#deadEnds ??= new Set();
      this.#deadEnds.add(place);
    }
    return false;
  }

  #tryAbsence(
    { path, absent }: Field,
    branches: readonly number[] | undefined,
    constraint: Constraint,
  ): boolean {
    if (absent === undefined || this.#reader.visit(path, constraint, () => true)) return false;
    return this.#take(absent, branches, () =>
      settle(constraint, undefined, path, absent.state.shared),
    );
  }

  #tryValues(
    { path, transitions, modes }: Field,
    branches: readonly number[] | undefined,
    constraint: Constraint,
  ): boolean {
    if (transitions.length === 0) return false;
    return this.#reader.visit(path, constraint, (value: Scalar, element: Element | undefined) =>
      transitions.some(
        (transition) =>
          meets(value, transition.condition, modes) &&
          this.#take(transition, branches, () =>
            settle(constraint, element, path, transition.state.shared),
          ),
      ),
    );
  }

  /** Takes a transition whose condition is met: the end of a branch, or on to the next field. */
  #take(
    { condition, state }: Transition,
    branches: readonly number[] | undefined,
    constraint: () => Constraint,
  ): boolean {
    const finished = state.finished.get(condition.key);
    if (finished !== undefined && (branches?.some((b) => finished.has(b)) ?? true)) return true;
    const onTheWay = state.onTheWay.get(condition.key);
    if (onTheWay === undefined) return false;
    const left = branches === undefined ? [...onTheWay] : branches.filter((b) => onTheWay.has(b));
    return left.length > 0 && this.from(state, left, constraint());
  }
}
