// The states a pattern compiles to: one step per field path, in the paths' order, shared among the branches of $or.
// Built exactly as AWS's GenericMachine builds them, because which branches share a state shows in its answers.
import { type Condition, type FieldModes, modesOf } from './condition.ts';
import { refuse } from './error.ts';
import { type FieldPath, fieldPath, sharedComponents } from './field-path.ts';
import type { Branch } from './parse.ts';

/** What a met condition leads to. */
export interface Transition {
  readonly condition: Condition;
  readonly state: State;
}

export interface Field {
  readonly path: FieldPath;
  /** For values that are there; in one field of one state, a condition appears once. */
  readonly transitions: Transition[];
  /** Where the field's absence leads, if a branch asks for it. */
  absent: Transition | undefined;
  modes: FieldModes;
}

export class State {
  readonly id: number;
  readonly fields = new Map<string, Field>();
  /** Branches by the condition through which they reach this state: as their last step, or on the way. */
  readonly finished = new Map<string, Set<number>>();
  readonly onTheWay = new Map<string, Set<number>>();
  readonly #shared = new Map<FieldPath, number>();

  constructor(id: number) {
    this.id = id;
  }

  /** How many components of the path come again in a path that is still to be looked at from here. */
  readonly shared = (path: FieldPath): number => {
    let shared = this.#shared.get(path);
    if (shared === undefined) {
      shared = 0;
      for (const field of this.fields.values()) {
        shared = Math.max(shared, sharedComponents(path, field.path));
        for (const { state } of transitionsOf(field)) shared = Math.max(shared, state.shared(path));
      }
      this.#shared.set(path, shared);
    }
    return shared;
  };
}

function transitionsOf({ transitions, absent }: Field): readonly Transition[] {
  return absent === undefined ? transitions : [...transitions, absent];
}

/** The start state for all branches of a pattern. */
export function buildStates(branches: readonly Branch[]): State {
  return new Builder(branches).start;
}

class Builder {
  readonly start = new State(0);
  readonly #paths = new Map<string, FieldPath>();
  #stateCount = 1;
  #branchCount = 0;

  constructor(branches: readonly Branch[]) {
    const names = new Set(branches.flatMap((branch) => [...branch.keys()]));
    for (const name of names) this.#paths.set(name, fieldPath(name, names));
    for (const branch of branches) this.#addBranch(branch);
  }

  #addBranch(branch: Branch): void {
    const steps = [...branch].sort(([a], [b]) => (a < b ? -1 : 1));
    const reached = steps.map(() => new Set<State>());
    // The engine takes a branch for one it already has when every step shares a condition with that one, even if it
    // has more conditions than that one had; it is then not added. So {"$or": [{"a": [1]}, {"a": [1, 2]}]} misses 2.
    if (this.#addSteps(this.start, steps, 0, reached).size > 0) return;
    const id = this.#branchCount++;
    for (const [i, [, conditions]] of steps.entries()) {
      for (const { key } of conditions) {
        for (const state of reached[i] ?? []) {
          const branchesOf = i + 1 === steps.length ? state.finished : state.onTheWay;
          branchesOf.set(key, (branchesOf.get(key) ?? new Set()).add(id));
        }
      }
    }
  }

  /** Adds the steps from the i-th on, and returns the branches that already go all this way. */
  #addSteps(
    from: State,
    steps: readonly [string, readonly Condition[]][],
    i: number,
    reached: readonly Set<State>[],
  ): Set<number> {
    const step = steps[i];
    if (step === undefined) return new Set();
    const [name, conditions] = step;
    const states = this.#addConditions(this.#fieldOf(from, name), conditions);
    for (const state of states) reached[i]?.add(state);
    let known: Set<number> | undefined;
    for (const state of states) {
      const last = i + 1 === steps.length;
      const further = last ? undefined : this.#addSteps(state, steps, i + 1, reached);
      const here = union(conditions, last ? state.finished : state.onTheWay);
      const both =
        further === undefined ? here : new Set([...further].filter((branch) => here.has(branch)));
      // Where one step leads to several states, the engine asks one of them, which one is chance. Asking all and taking
      // the branch for a new one if any says so keeps to what the pattern means.
      if (known === undefined || known.size > 0) known = both;
    }
    return known ?? new Set();
  }

  #addConditions(field: Field, conditions: readonly Condition[]): Set<State> {
    const states = new Set<State>();
    let state: State | undefined;
    for (const condition of conditions) {
      if (condition.is === 'not-texts' && condition.tests.length === 0) {
        // Nothing meets it and the engine adds no transition for it; in first place the engine falls over.
        if (state === undefined)
          refuse(field.path.name, 'anything-but with an empty list is first');
        continue;
      }
      const isAbsent = condition.is === 'absent';
      const existing = isAbsent
        ? field.absent
        : field.transitions.find((t) => t.condition.key === condition.key);
      state = existing?.state ?? state ?? new State(this.#stateCount++);
      states.add(state);
      if (existing !== undefined) continue;
      if (isAbsent) field.absent = { condition, state };
      else field.transitions.push({ condition, state });
    }
    field.modes = modesOf(field.transitions.map((t) => t.condition));
    return states;
  }

  #fieldOf(state: State, name: string): Field {
    const existing = state.fields.get(name);
    if (existing !== undefined) return existing;
    const path = this.#paths.get(name) ?? fieldPath(name, [name]);
    const field: Field = { path, transitions: [], absent: undefined, modes: modesOf([]) };
    state.fields.set(name, field);
    return field;
  }
}

function union(
  conditions: readonly Condition[],
  branches: ReadonlyMap<string, ReadonlySet<number>>,
): Set<number> {
  return new Set(conditions.flatMap(({ key }) => [...(branches.get(key) ?? [])]));
}
