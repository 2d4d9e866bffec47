// Applies events to a group: asks the engine what each means and lets the group's alerts live by it.
// Pure: state and findings in, state out. Finding is lib/detections', storing and publishing are raise.ts's.
import type { Finding } from './finding.ts';
import { type AlertWindow, type GroupState, inOrder, type Ref } from './group.ts';
import { Life } from './life.ts';
import { speak } from './revisions.ts';
import type { LifeRules } from './rules.ts';

/** Alerts one change may open, and events it may take: with what is kept, a group stays within an item. */
const MAX_OPENED = 8;
const MAX_TAKEN = 100;

export interface Applied<T> {
  readonly state: GroupState;
  /** What did not fit into this change and comes with the next one. */
  readonly rest: readonly T[];
  /** False when the events taken change nothing: there is nothing to write. */
  readonly changed: boolean;
}

/**
 * Applies events that are in no alert yet, oldest first, so that a batch opens what its order in time says.
 * Expects a state without pending alerts: each change then makes at most one revision of an alert.
 *
 *       grace        window of alert A           grace       window of alert B
 *     |.......[A-start ................. )     |.......[B-start ................ )
 *       joins A,         joins A          opens   joins B,         joins B
 *       A starts there                            B starts there
 *
 * An event in A's window joins A even where it is in B's grace. While events come at most the grace out of order, so do
 * the matches that engines find, and no start moves after its window's end has decided anything: the same alerts come out
 * whatever the order. The windows are at least as long as the grace for that.
 * @param rulesOf asked only where there are alerts to live by them: of most events none comes
 * @param find what an event means, given the memory so far and the starts of the group's windows
 */
export function applyEvents<T extends Ref>(
  state: GroupState,
  events: readonly T[],
  rulesOf: () => LifeRules,
  find: (memory: unknown, event: T, windows: readonly AlertWindow[]) => Finding,
): Applied<T> {
  if (state.windows.length === 0 && events.length === 1) {
    const quick = withoutWindows(state, events[0] as T, find);
    if (quick !== undefined) return quick;
  }
  const rules = rulesOf();
  const sorted = events.toSorted(inOrder);
  const life = new Life(state, rules);
  let memory = state.memory;
  let taken = 0;
  for (const event of sorted) {
    if (taken === MAX_TAKEN || life.opened >= MAX_OPENED) break;
    const finding = find(memory, event, life.windows);
    memory = finding.memory;
    life.take(finding);
    taken += 1;
  }
  const { windows, unmarked, forgottenUntil } = life;
  const next = {
    ...{ windows, unmarked, changes: state.changes + 1 },
    ...(forgottenUntil === undefined ? {} : { forgottenUntil }),
  };
  return {
    state: speak(memory === undefined ? next : { ...next, memory }, rules.pace),
    rest: sorted.slice(taken),
    changed: memory !== state.memory || life.isChanged,
  };
}

/** By far the most frequent: one event, no alert, and none comes of it. Undefined where one does. */
function withoutWindows<T extends Ref>(
  state: GroupState,
  event: T,
  find: (memory: unknown, event: T, windows: readonly AlertWindow[]) => Finding,
): Applied<T> | undefined {
  const { memory, matches } = find(state.memory, event, state.windows);
  if (matches.length > 0) return undefined;
  const changed = memory !== state.memory;
  return {
    state: changed
      ? { windows: state.windows, unmarked: state.unmarked, changes: state.changes + 1, memory }
      : state,
    rest: [],
    changed,
  };
}
