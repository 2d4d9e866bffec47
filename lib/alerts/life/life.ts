// The life of a group's alerts during one change: which match opens one, joins one, moves its start.
// Holds the state only while apply.ts goes through the events; a window's own arithmetic is window.ts's.
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import { contextOf } from './context.ts';
import type { Finding, Match, WindowContext } from './finding.ts';
import { type AlertWindow, type GroupState, inOrder, type Ref } from './group.ts';
import { closed, isToClose, withoutNews } from './revisions.ts';
import type { LifeRules } from './rules.ts';
import { joined, recent, told, withContext } from './window.ts';

export class Life {
  readonly windows: AlertWindow[];
  readonly unmarked: string[];
  readonly #rules: LifeRules;
  readonly #windowMs: number;
  readonly #change: number;
  readonly forgottenUntil: number | undefined;
  opened = 0;
  isChanged = false;

  constructor(state: GroupState, rules: LifeRules) {
    this.#rules = rules;
    this.#windowMs = Math.max(rules.windowMs, rules.graceMs);
    const { kept, forgotten } = recent(state.windows, this.#windowMs);
    this.windows = kept;
    const ends = forgotten.map(({ start }) => start.at + this.#windowMs);
    const until = Math.max(state.forgottenUntil ?? Number.NEGATIVE_INFINITY, ...ends);
    this.forgottenUntil = Number.isFinite(until) ? until : undefined;
    // What is forgotten is over: its last word is part of this change.
    if (rules.pace !== undefined) {
      const { now } = rules.pace;
      const last = forgotten.filter((window) => window.unsaid === true || isToClose(window));
      this.windows.push(...last.map((window) => closed(window, now)));
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
      // Its alert is forgotten: to open it again would page twice for one thing.
      if (match.isAgain && match.at < (this.forgottenUntil ?? match.at)) return;
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
    const severity = this.#rules.severityOf?.(match);
    const isSame = ({ alert }: AlertWindow) =>
      alert.suppressionId === suppressionId &&
      (severity === undefined || alert.severity === severity) &&
      (about === undefined || (alert.entity.id === about.id && alert.entity.type === about.type));
    const containing = this.windows.findIndex(
      (window) => window.start.at <= at && at < window.start.at + this.#windowMs && isSame(window),
    );
    if (containing >= 0) return containing;
    // No start moves by a whole window: what was in it at its end would be in none.
    const reach = Math.min(this.#rules.graceMs, this.#windowMs - 1);
    let nearest = -1;
    for (const [index, window] of this.windows.entries()) {
      const { start } = window;
      const precedes = start.at - reach <= at && at < start.at && isSame(window);
      if (precedes && start.at < (this.windows[nearest]?.start.at ?? Number.POSITIVE_INFINITY)) {
        nearest = index;
      }
    }
    return nearest;
  }
}
