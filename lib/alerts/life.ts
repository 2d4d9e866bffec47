// The life of the alerts of one group (detection, workspace, entity): which event opens one, joins one, moves its start.
// Pure: state and matches in, state out. Storing and publishing are lib/alerts/raise.ts.
import type { Alert } from '../contract/alert.ts';
import type { AuditLogEvent } from '../contract/bus-event.ts';

/** One event that a detection found. `at` is its time in milliseconds since the epoch. */
export interface Match {
  readonly gid: string;
  readonly at: number;
  readonly event: AuditLogEvent;
}

/** An alert with what is needed to go on with it. */
interface AlertWindow {
  readonly alert: Alert;
  /** Milliseconds since the epoch. The window is [firstSeen, firstSeen + length). */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** The earliest ten events, in the order of their times. */
  readonly events: ReadonlyArray<{ readonly gid: string; readonly at: number }>;
  /** True until this revision of the alert is on the bus. */
  readonly pending: boolean;
  /** Which change of the group touched it last: the least recently touched are forgotten first. */
  readonly touched: number;
}

export interface GroupState {
  readonly windows: readonly AlertWindow[];
  /** Gids that are in an alert, but whose marker is not known to be written. */
  readonly unmarked: readonly string[];
  /** Changes so far. */
  readonly changes: number;
}

export const EMPTY_GROUP: GroupState = { windows: [], unmarked: [], changes: 0 };

export interface LifeRules {
  /** Milliseconds in which matches are one alert. */
  readonly windowMs: number;
  /** Milliseconds by which an event may precede an alert's start and still join it. */
  readonly graceMs: number;
  /** Makes the alert that this match opens: revision 1, count 1. */
  readonly open: (match: Match) => Alert;
}

/** Minutes in which matches of one detection and entity are one alert, unless configured. */
export const DEFAULT_ALERT_WINDOW_MINUTES = 60;
/** How late events may be among themselves without changing which alerts come out (10 minutes). */
export const GRACE_MS = 10 * 60_000;
/** Alerts a group goes on with. With what one change may open this stays under DynamoDB's 400 KB an item. */
const KEPT_WINDOWS = 15;
const MAX_OPENED = 10;
const MAX_MATCHES = 100;
const MAX_LISTED_GIDS = 10;

export interface Applied {
  readonly state: GroupState;
  /** Matches that did not fit into this change and come with the next one. */
  readonly rest: readonly Match[];
}

/**
 * Applies matches that are in no alert yet, oldest first, so that a batch opens what its order in time says.
 * Expects a state without pending alerts: each change then makes at most one revision of an alert.
 *
 *       grace        window of alert A           grace       window of alert B
 *     |.......[A-first ................. )     |.......[B-first ................ )
 *       joins A,         joins A          opens   joins B,         joins B
 *       A starts there                            B starts there
 *
 * An event in A's window joins A even where it is in B's grace. While events come at most the grace out of order, no
 * start moves after its window's end has decided anything, so the same alerts come out whatever the order.
 */
export function applyMatches(
  state: GroupState,
  matches: readonly Match[],
  rules: LifeRules,
): Applied {
  const changes = state.changes + 1;
  const sorted = matches.toSorted((a, b) => a.at - b.at || (a.gid < b.gid ? -1 : 1));
  const windows = recent(state.windows);
  let opened = 0;
  let taken = 0;
  for (const match of sorted) {
    const index = windowFor(windows, match.at, rules);
    const window = windows[index];
    if (taken === MAX_MATCHES || (window === undefined && opened === MAX_OPENED)) break;
    if (window === undefined) {
      opened += 1;
      windows.push(openWindow(match, rules, changes));
    } else {
      windows[index] = joinWindow(window, match, changes);
    }
    taken += 1;
  }
  const gids = sorted.slice(0, taken).map((match) => match.gid);
  return {
    state: { windows, unmarked: [...state.unmarked, ...gids], changes },
    rest: sorted.slice(taken),
  };
}

function recent(windows: readonly AlertWindow[]): AlertWindow[] {
  return windows.toSorted((a, b) => b.touched - a.touched).slice(0, KEPT_WINDOWS);
}

/** The window that contains the time, else the one that it precedes by no more than the grace; -1 for none. */
function windowFor(windows: readonly AlertWindow[], at: number, rules: LifeRules): number {
  const containing = windows.findIndex(
    ({ firstSeen }) => firstSeen <= at && at < firstSeen + rules.windowMs,
  );
  if (containing >= 0) return containing;
  let nearest = -1;
  for (const [index, { firstSeen }] of windows.entries()) {
    const precedes = firstSeen - rules.graceMs <= at && at < firstSeen;
    if (precedes && firstSeen < (windows[nearest]?.firstSeen ?? Number.POSITIVE_INFINITY)) {
      nearest = index;
    }
  }
  return nearest;
}

function openWindow(match: Match, rules: LifeRules, touched: number): AlertWindow {
  const alert = rules.open(match);
  const events = [{ gid: match.gid, at: match.at }];
  return { alert, firstSeen: match.at, lastSeen: match.at, events, pending: true, touched };
}

function joinWindow(window: AlertWindow, match: Match, touched: number): AlertWindow {
  const firstSeen = Math.min(window.firstSeen, match.at);
  const lastSeen = Math.max(window.lastSeen, match.at);
  const events = [...window.events, { gid: match.gid, at: match.at }]
    .sort((a, b) => a.at - b.at || (a.gid < b.gid ? -1 : 1))
    .slice(0, MAX_LISTED_GIDS);
  const alert: Alert = {
    ...window.alert,
    // The first match of a change makes a new revision; those after it are part of the same one.
    revision: window.pending ? window.alert.revision : window.alert.revision + 1,
    count: window.alert.count + 1,
    firstSeen: new Date(firstSeen).toISOString(),
    lastSeen: new Date(lastSeen).toISOString(),
    eventGids: events.map((event) => event.gid),
  };
  return { alert, firstSeen, lastSeen, events, pending: true, touched };
}

/** The alerts of a state that are not on the bus yet. */
export function pendingAlerts(state: GroupState): Alert[] {
  return state.windows.filter((window) => window.pending).map((window) => window.alert);
}

/** The state once these revisions are on the bus and these gids have their markers; the same object if nothing changes. */
export function settled(
  state: GroupState,
  published: readonly Alert[],
  marked: readonly string[],
): GroupState {
  const revisions = new Map(published.map((alert) => [alert.alertId, alert.revision]));
  const isDone = (window: AlertWindow) =>
    window.pending && revisions.get(window.alert.alertId) === window.alert.revision;
  const gids = new Set(marked);
  if (!state.windows.some(isDone) && !state.unmarked.some((gid) => gids.has(gid))) return state;
  return {
    ...state,
    windows: state.windows.map((window) =>
      isDone(window) ? { ...window, pending: false } : window,
    ),
    unmarked: state.unmarked.filter((gid) => !gids.has(gid)),
  };
}
