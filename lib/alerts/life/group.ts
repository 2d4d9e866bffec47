// What one group (detection, workspace, entity) keeps of its alerts, and of what is not on the bus or not marked yet. Pure.
// Which events change it how is apply.ts's, where it is stored lib/alerts/state/'s.
import type { Alert } from '../../contract/alert.ts';

/** An event by name and time. `at` is in milliseconds since the epoch. */
export interface Ref {
  readonly gid: string;
  readonly at: number;
}

/** Events before the one that opened an alert which made it do so: how many, and the first ten. */
export interface Leads {
  readonly count: number;
  readonly first: readonly Ref[];
}

/** An alert with what is needed to go on with it. */
export interface AlertWindow {
  readonly alert: Alert;
  /** Of what opened it. The window is [start.at, start.at + length). */
  readonly start: Ref;
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Events from the start on. */
  readonly count: number;
  /** The earliest ten of those, in the order of their times. */
  readonly events: readonly Ref[];
  readonly leads?: Leads;
  /** True until this revision of the alert is on the bus. */
  readonly pending: boolean;
  /** True while the alert holds more than its revision on the bus. */
  readonly unsaid?: true;
  /** When a revision after the first was decided upon, then when it was published: milliseconds of the wall clock. */
  readonly updatedAt?: number;
  /** Which change of the group touched it last: the least recently touched are forgotten first. */
  readonly touched: number;
}

export interface GroupState {
  readonly windows: readonly AlertWindow[];
  /** Gids that are in an alert, but whose marker is not known to be written. */
  readonly unmarked: readonly string[];
  /** Changes so far. */
  readonly changes: number;
  /** The end of the last window that the group had no room for, milliseconds since the epoch. */
  readonly forgottenUntil?: number;
  /** What the detection's engine remembers of the group's events. Absent for kinds that remember nothing. */
  readonly memory?: unknown;
}

export const EMPTY_GROUP: GroupState = { windows: [], unmarked: [], changes: 0 };

/** The order of events: by time, and by gid where that is the same. */
export function inOrder(a: Ref, b: Ref): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.gid === b.gid) return 0;
  return a.gid < b.gid ? -1 : 1;
}

/** The alerts of a state that are not on the bus yet. */
export function pendingAlerts(state: GroupState): Alert[] {
  return state.windows.filter((window) => window.pending).map((window) => window.alert);
}

/**
 * The state once these revisions are on the bus and these gids have their markers; the same object if nothing changes.
 * @param publishedAt milliseconds of the wall clock, from which the next update waits
 */
export function settled(
  state: GroupState,
  published: readonly Alert[],
  marked: readonly string[],
  publishedAt?: number,
): GroupState {
  const revisions = new Map(published.map((alert) => [alert.alertId, alert.revision]));
  const isDone = (window: AlertWindow) =>
    window.pending && revisions.get(window.alert.alertId) === window.alert.revision;
  const gids = new Set(marked);
  if (!state.windows.some(isDone) && !state.unmarked.some((gid) => gids.has(gid))) return state;
  return {
    ...state,
    windows: state.windows.map((window) => {
      if (!isDone(window)) return window;
      const isUpdate = window.alert.revision > 1 && publishedAt !== undefined;
      return { ...window, pending: false, ...(isUpdate ? { updatedAt: publishedAt } : {}) };
    }),
    unmarked: state.unmarked.filter((gid) => !gids.has(gid)),
  };
}
