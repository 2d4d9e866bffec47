// The life of the alerts of one group (detection, workspace, entity): which event opens one, joins one, moves its start.
// Pure: state and findings in, state out. Finding is lib/detections', storing and publishing are raise.ts's.
import type { Alert, ContextValue, Entity } from '../../contract/alert.ts';
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import { contextOf, freshContext } from './context.ts';
import { closed, isToClose, type Pace, speak, withoutNews } from './revisions.ts';

/** An event by name and time. `at` is in milliseconds since the epoch. */
export interface Ref {
  readonly gid: string;
  readonly at: number;
}

/** One event that a detection found: it opens an alert, or joins the one it falls into. */
export interface Match extends Ref {
  /** What the alert is told by. That of another event where the one that counts came earlier and was not kept. */
  readonly event: AuditLogEvent;
  /** Whom the alert is about, where one group has alerts about several. @default - the group's entity */
  readonly about?: Entity;
  /** The suppression that covers it: it is in alerts of that suppression only. */
  readonly suppressedBy?: string;
  /** It came before, and has been counted where an alert was open at its time. */
  readonly cameBefore?: true;
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
  /** What the detection's engine remembers of the group's events. Absent for kinds that remember nothing. */
  readonly memory?: unknown;
}

export const EMPTY_GROUP: GroupState = { windows: [], unmarked: [], changes: 0 };

/** What one event means for a group, as its engine says. */
export interface Finding {
  /** The engine's memory with this event; the same object when nothing changed. */
  readonly memory: unknown;
  /** What opens or joins alerts, in the order of time. More than one where a late event changes what others mean. */
  readonly matches: readonly Match[];
  /** The event itself, where it counts into an alert that is open at its time without having opened one. */
  readonly joins?: Ref & { readonly event: AuditLogEvent };
  /** What a window that starts at `start` is to know from the memory; absent for kinds whose alerts begin with what opened them. */
  readonly context?: WindowContext;
}

export interface WindowContext {
  /** The newest event of the group. What is older than it by more than the grace is settled. */
  readonly newest: number;
  /** The events that made the one at `start` open an alert; undefined when they are not known any more. */
  leads(start: Ref): Leads | undefined;
  /** Events that were there before the one at hand, after `start` and before `end`, where such events count. */
  between(start: Ref, end: Ref): readonly Ref[];
}

export interface LifeRules {
  /** Milliseconds in which matches are one alert; the grace at least. */
  readonly windowMs: number;
  /** Milliseconds by which an event may precede an alert's start and still join it. */
  readonly graceMs: number;
  /** Makes the alert that this match opens, with so many events in it: revision 1. */
  readonly open: (match: Match, count: number) => Alert;
  /** When changes become revisions. @default - each at once, and no alert is closed: a run over a history */
  readonly pace?: Pace;
  /** The suppression whose alert this match opens or joins; undefined: one of none. @default - none suppresses anything */
  readonly suppressedBy?: (match: Match) => string | undefined;
}

/** Minutes in which matches of one detection and entity are one alert, unless configured. */
export const DEFAULT_ALERT_WINDOW_MINUTES = 60;
/** How late events may be among themselves without changing which alerts come out (10 minutes). */
export const GRACE_MS = 10 * 60_000;
/**
 * Alerts a group goes on with: so many in any case, and of those that are open yet more, as far as they fit. With what one change may open, and
 * an engine's memory, this stays under the 400 KB of an item.
 */
const KEPT_WINDOWS = 8;
const MAX_KEPT_WINDOWS = 30;
const MAX_KEPT_BYTES = 100_000;
const MAX_OPENED = 8;
const MAX_TAKEN = 100;
const MAX_LISTED = 10;

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
 * @param find what an event means, given the memory so far and the starts of the group's windows
 */
export function applyEvents<T extends Ref>(
  state: GroupState,
  events: readonly T[],
  rules: LifeRules,
  find: (memory: unknown, event: T, windows: readonly AlertWindow[]) => Finding,
): Applied<T> {
  if (state.windows.length === 0 && events.length === 1) {
    const quick = withoutWindows(state, events[0] as T, find);
    if (quick !== undefined) return quick;
  }
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
  const next = { windows: life.windows, unmarked: life.unmarked, changes: state.changes + 1 };
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
    state: changed ? { ...state, changes: state.changes + 1, memory } : state,
    rest: [],
    changed,
  };
}

/** The same for matches that need no engine. */
export function applyMatches(
  state: GroupState,
  matches: readonly Match[],
  rules: LifeRules,
): Applied<Match> {
  return applyEvents(state, matches, rules, (memory, match) => ({ memory, matches: [match] }));
}

class Life {
  readonly windows: AlertWindow[];
  readonly unmarked: string[];
  readonly #rules: LifeRules;
  readonly #windowMs: number;
  readonly #change: number;
  opened = 0;
  isChanged = false;

  constructor(state: GroupState, rules: LifeRules) {
    this.#rules = rules;
    this.#windowMs = Math.max(rules.windowMs, rules.graceMs);
    const { kept, forgotten } = recent(state.windows, this.#windowMs);
    this.windows = kept;
    // What is forgotten is over: its last word is part of this change.
    if (rules.pace !== undefined) {
      const { now } = rules.pace;
      this.windows.push(...forgotten.filter(isToClose).map((window) => closed(window, now)));
    }
    this.unmarked = [...state.unmarked];
    this.#change = state.changes + 1;
  }

  take({ matches, joins, context }: Finding): void {
    for (const match of matches) this.#match(match, context);
    if (joins !== undefined) this.#join(joins);
    if (context !== undefined) this.#renewLeads(context);
  }

  #match(match: Match, context: WindowContext | undefined): void {
    const index = this.#windowFor(match);
    const window = this.windows[index];
    const ref = { gid: match.gid, at: match.at };
    if (window === undefined) {
      this.isChanged = true;
      this.windows.push(this.#open(match, ref, context));
      this.opened += 1;
    } else {
      const moved = inOrder(ref, window.start) < 0;
      if (match.cameBefore && !moved) return;
      const between = moved && context !== undefined ? context.between(ref, window.start) : [];
      const start = moved ? ref : window.start;
      const parts = { ...joined(window, [ref, ...between]), start };
      this.windows[index] = this.#changed(window, parts, match.event);
      this.unmarked.push(...between.map(({ gid }) => gid));
    }
    this.unmarked.push(match.gid);
  }

  #open(match: Match, ref: Ref, context: WindowContext | undefined): AlertWindow {
    const leads = context?.leads(ref);
    const end = { gid: '', at: ref.at + this.#windowMs };
    const between = context?.between(ref, end) ?? [];
    this.unmarked.push(...between.map(({ gid }) => gid));
    const alert = this.#rules.open(match, (leads?.count ?? 0) + 1 + between.length);
    const { at } = ref;
    const bare = { start: ref, firstSeen: at, lastSeen: at, count: 0, events: [] };
    const filled = { ...bare, ...joined(bare, [ref, ...between]), ...(leads ? { leads } : {}) };
    const seen = contextOf(match.event);
    return told({
      ...filled,
      alert: seen.length === 0 ? alert : { ...alert, contextSeen: seen },
      pending: true,
      touched: this.#change,
    });
  }

  /** Into the one window whose time it falls into, if there is one. */
  #join({ event, ...ref }: Ref & { readonly event: AuditLogEvent }): void {
    const index = this.windows.findIndex(
      ({ start }) => inOrder(start, ref) <= 0 && ref.at < start.at + this.#windowMs,
    );
    const window = this.windows[index];
    if (window === undefined) return;
    this.windows[index] = this.#changed(window, joined(window, [ref]), event);
    this.unmarked.push(ref.gid);
  }

  /** Events that come late may change what led to an alert, for as long as the grace after its start. */
  #renewLeads(context: WindowContext): void {
    for (const [index, window] of this.windows.entries()) {
      if (context.newest > window.start.at + this.#rules.graceMs) continue;
      const leads = context.leads(window.start);
      if (leads === undefined || JSON.stringify(leads) === JSON.stringify(window.leads)) continue;
      this.windows[index] = this.#changed(window, { leads });
    }
  }

  /** What this change opens stays revision 1. To all else it adds what its next revision is to say. */
  #changed(window: AlertWindow, parts: Partial<AlertWindow>, event?: AuditLogEvent): AlertWindow {
    this.isChanged = true;
    const isOpening = window.pending;
    const alert = isOpening || window.unsaid ? window.alert : withoutNews(window.alert);
    return told({
      ...window,
      ...parts,
      alert: event === undefined ? alert : withContext(alert, contextOf(event), isOpening),
      ...(isOpening ? {} : { unsaid: true }),
      touched: this.#change,
    });
  }

  /** The window that contains the time, else the one that it precedes by no more than the grace; -1 for none. */
  #windowFor(match: Match): number {
    const { at, about } = match;
    const suppressionId = this.#rules.suppressedBy?.(match);
    const isSame = ({ alert }: AlertWindow) =>
      alert.suppressionId === suppressionId &&
      (about === undefined || (alert.entity.id === about.id && alert.entity.type === about.type));
    const containing = this.windows.findIndex(
      (window) => window.start.at <= at && at < window.start.at + this.#windowMs && isSame(window),
    );
    if (containing >= 0) return containing;
    let nearest = -1;
    for (const [index, window] of this.windows.entries()) {
      const { start } = window;
      const precedes = start.at - this.#rules.graceMs <= at && at < start.at && isSame(window);
      if (precedes && start.at < (this.windows[nearest]?.start.at ?? Number.POSITIVE_INFINITY)) {
        nearest = index;
      }
    }
    return nearest;
  }
}

function recent(
  windows: readonly AlertWindow[],
  windowMs: number,
): { readonly kept: AlertWindow[]; readonly forgotten: readonly AlertWindow[] } {
  const sorted = windows.toSorted((a, b) => b.touched - a.touched);
  const kept = sorted.splice(0, KEPT_WINDOWS);
  if (sorted.length === 0) return { kept, forgotten: [] };
  const newest = Math.max(...windows.map(({ lastSeen }) => lastSeen));
  let bytes = Buffer.byteLength(JSON.stringify(kept));
  for (const window of sorted) {
    if (kept.length === MAX_KEPT_WINDOWS || window.start.at + windowMs <= newest) continue;
    bytes += Buffer.byteLength(JSON.stringify(window));
    if (bytes > MAX_KEPT_BYTES) break;
    kept.push(window);
  }
  return { kept, forgotten: sorted.filter((window) => !kept.includes(window)) };
}

function inOrder(a: Ref, b: Ref): number {
  if (a.at !== b.at) return a.at - b.at;
  if (a.gid === b.gid) return 0;
  return a.gid < b.gid ? -1 : 1;
}

type Counted = Pick<AlertWindow, 'count' | 'events' | 'firstSeen' | 'lastSeen'>;

function joined(window: Counted, refs: readonly Ref[]): Counted {
  const events = [...window.events, ...refs].sort(inOrder).slice(0, MAX_LISTED);
  return {
    count: window.count + refs.length,
    events,
    firstSeen: Math.min(window.firstSeen, events[0]?.at ?? window.firstSeen),
    lastSeen: Math.max(window.lastSeen, ...refs.map(({ at }) => at)),
  };
}

/** What an event came with that no event before it had. New is only what was not told with the opening. */
function withContext(alert: Alert, values: readonly ContextValue[], isOpening: boolean): Alert {
  const { contextSeen = [], newContext = [] } = alert;
  const fresh = freshContext(contextSeen, values);
  if (fresh.length === 0) return alert;
  const seen = { ...alert, contextSeen: [...contextSeen, ...fresh] };
  return isOpening ? seen : { ...seen, newContext: [...newContext, ...fresh] };
}

/** The window with an alert that says what the window holds. */
function told(window: AlertWindow): AlertWindow {
  const leads = window.leads?.first ?? [];
  const alert: Alert = {
    ...window.alert,
    count: window.count + (window.leads?.count ?? 0),
    firstSeen: new Date(leads[0]?.at ?? window.firstSeen).toISOString(),
    lastSeen: new Date(window.lastSeen).toISOString(),
    eventGids: [...leads, ...window.events].slice(0, MAX_LISTED).map(({ gid }) => gid),
  };
  return { ...window, alert };
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
