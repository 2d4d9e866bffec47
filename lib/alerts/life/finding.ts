// What an engine tells of an event: what opens an alert or joins one. What becomes of it is life.ts's.
import type { Entity } from '../../contract/alert.ts';
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import type { Leads, Ref } from './group.ts';

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
  /** The same was found within the grace of it: there is an alert of it, be it one that the group had no room for any more. */
  readonly isAgain?: true;
}

/** What one event means for a group, as its engine says. */
export interface Finding {
  /** The engine's memory with this event; the same object when nothing changed. */
  readonly memory: unknown;
  /** What opens or joins alerts, in the order of time. More than one where a late event changes what others mean. */
  readonly matches: readonly Match[];
  /** The event itself, where it counts into an alert that is open at its time without having opened one. */
  readonly joins?: Ref & { readonly event: AuditLogEvent };
  /** What windows are to know from the memory; absent for kinds whose alerts begin with what opened them. */
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
