// Which engine a detection has, and what every engine is: a pure function of (event, memory, definition, event time).
// Memory is plain JSON that the caller keeps with the group's alerts, in one write. No clock, no store, no AWS client.
import type { Finding, Match, WindowContext } from '../../alerts/life/finding.ts';
import type { AlertWindow } from '../../alerts/life/group.ts';
import type { Detection } from '../define.ts';
import { spanMs } from '../definition/spans.ts';
import { absenceEngine } from './absence.ts';
import { newValueEngine } from './new-value.ts';
import { sequenceEngine } from './sequence.ts';
import type { Sighting } from './sighting.ts';
import { thresholdEngine } from './threshold.ts';

export interface Engine {
  /**
   * What the event means for its group. Under delivery shuffled within the grace the matches of all events together are
   * the same, as is the memory; an event that is there already changes nothing.
   * @param windows the group's alerts, for where one ends
   */
  readonly find: (memory: unknown, sighting: Sighting, windows: readonly AlertWindow[]) => Finding;
  /** How far a group has come once it has seen the event, for a person. Decides nothing. */
  explain(memory: unknown, sighting: Sighting): string;
  /**
   * False for an event that means nothing to a group unless one for which this is true comes before it, or in the same
   * millisecond. Without it, it is true for all.
   */
  opens?(sighting: Sighting): boolean;
  /** True where nothing that such an event opened is left for one at `at` or later to go on with. */
  isIdle?(memory: unknown, at: number): boolean;
  /** Milliseconds after the latest such event from which on `isIdle` is true, whatever the memory. */
  readonly openForMs?: number;
  /** Milliseconds for which a group that sees no event has to be remembered. */
  readonly memoryMs: number;
  /** Milliseconds by which what an event waits for may come after it. @default 0: it waits for nothing */
  readonly waitMs?: number;
  /**
   * Where time has a part in it: when the feed has to have passed for something to be decided, milliseconds since the
   * epoch; undefined when nothing waits.
   */
  dueAt?(memory: unknown): number | undefined;
  /** What is decided once the feed has passed `watermark`: at most MAX_DECIDED, in the order of time; what is left is due. */
  overdue?(memory: unknown, watermark: number): Overdue;
}

export interface Overdue {
  readonly memory: unknown;
  readonly matches: readonly Match[];
  readonly context?: WindowContext;
}

export interface EngineRules {
  readonly windowMs: number;
  readonly graceMs: number;
}

/** An event of `match`, or one that alerts for want of a key: it is its own match, unless it is only to be learned from. */
export const matchEngine: Engine = {
  memoryMs: 0,
  explain: () => 'each such event alerts',
  find: (memory, sighting) => ({ memory, matches: sighting.learnOnly ? [] : [sighting] }),
};

/** @throws AuditBusError `span.invalid` */
export function engineFor(detection: Detection, rules: EngineRules): Engine {
  switch (detection.kind) {
    case 'match':
      return matchEngine;
    case 'threshold':
      return thresholdEngine(detection, rules);
    case 'newValue':
      return newValueEngine(detection, rules);
    case 'sequence':
      return sequenceEngine(detection, rules);
    case 'absence':
      return absenceEngine(detection, rules);
  }
}

/** The detection's own window, else the deployment's; never below the grace, within which no order is known. */
export function windowOf(detection: Detection, rules: EngineRules): number {
  const own = detection.window === undefined ? rules.windowMs : spanMs(detection.window);
  return Math.max(own, rules.graceMs);
}
