// What an alert's life goes by: how long a window is, how late an event may be, how often an alert says that it goes on.
import type { Alert, Severity } from '../../contract/alert.ts';
import type { Match } from './finding.ts';

/** Minutes in which matches of one detection and entity are one alert, unless configured. */
export const DEFAULT_ALERT_WINDOW_MINUTES = 60;
/** How late events may be among themselves without changing which alerts come out (10 minutes). */
export const GRACE_MS = 10 * 60_000;
/** Milliseconds between two updates of an alert in a deployment. */
export const UPDATE_EVERY_MS = 60_000;

/** How often an alert that goes on says so. */
export interface Pace {
  /** Milliseconds between two revisions after the first; infinite: none but by `speak` with another pace. */
  readonly updateEveryMs: number;
  /** Milliseconds of the wall clock. */
  readonly now: number;
}

export interface Windows {
  /** Milliseconds in which matches are one alert; the grace at least. */
  readonly windowMs: number;
  /** Milliseconds by which an event may precede an alert's start and still join it. */
  readonly graceMs: number;
  /** Milliseconds by which what an event waits for may come after it: so long it is no match yet. @default 0 */
  readonly waitMs?: number;
}

export interface LifeRules extends Windows {
  /** Makes the alert that this match opens, with so many events in it: revision 1. */
  readonly open: (match: Match, count: number) => Alert;
  /** When changes become revisions. @default - each at once, and no alert is closed: a run over a history */
  readonly pace?: Pace;
  /** The suppression whose alert this match opens or joins; undefined: one of none. @default - none suppresses anything */
  readonly suppressedBy?: (match: Match) => string | undefined;
  /**
   * The severity of the alert that this match opens or joins. What is worse opens an alert of its own: in a lesser one it
   * would page nobody. Undefined: it joins whichever there is. @default - any
   */
  readonly severityOf?: (match: Match) => Severity | undefined;
}
