// What a detection is: a definition is data, code only where data cannot say it. The shapes of all five kinds.
// Definitions are for the CDK app, the docs and the engines alike: nothing here runs one or knows AWS.
import type { Severity } from '../contract/alert.ts';
import type { AuditLogEvent } from '../contract/bus-event.ts';
import { checkDefinition, checkIds } from './definition/check.ts';
import type { Span } from './definition/spans.ts';
import type { EntityOf } from './reading/entity.ts';

/** The part of an EventBridge pattern that a detection says; `rulePattern` adds source, origin and replay-name. */
export interface DetectionPattern {
  /** Event types: strings, each one that Asana is known to send, or conditions such as `{ prefix: 'workspace_' }`. */
  readonly 'detail-type': readonly unknown[];
  /** Conditions on the audit log event itself. */
  readonly detail?: { readonly data: Readonly<Record<string, unknown>> };
}

/** Named lists that `when` and `severityOf` read: `allowedApps`, `serviceAccounts`. Configuration may replace any of them. */
export type Lists = Readonly<Record<string, readonly string[]>>;

/** A condition that no event pattern can say, asked after the pattern matched. Pure; false means that the event is not it. */
export type When = (event: AuditLogEvent, lists: Lists) => boolean;

/** What a summary may say beyond its event. */
export interface Facts {
  /** Events in the alert as it opens: the threshold's for `threshold`, those of all steps for `sequence`, else 1. */
  readonly count: number;
  readonly lists: Lists;
}

/**
 * What is done with an event that carries none of a key's fields: `skip` does not look at it; `own-group` puts all such
 * events under one key of their own; `alert` takes it for suspicious by itself and alerts at once.
 */
export type Missing = 'skip' | 'own-group' | 'alert';

/** Reads a key out of an event. Texts, numbers (by their digits) and arrays of them count; e-mail addresses in lower case. */
export interface Key {
  /** Dotted paths below the audit log event, the first that carries something wins: `['resource.gid', 'resource.email']`. */
  readonly by: readonly [string, ...string[]];
  /** Makes the key coarser (the network of an address, the family of a browser). Undefined: as if the field were missing. */
  readonly as?: (text: string) => string | undefined;
  readonly missing: Missing;
}

/**
 * How events are put into groups: each group has a state and alerts of its own, and its key is the alerts' entity.
 * `'workspace'`: one group per workspace.
 */
export type GroupBy = KeyedGroup | 'workspace';

export interface KeyedGroup extends Key {
  /** The entity's type, whatever the event: `user`, `app`, `ip`. Steps whose groups are to meet give the same. */
  readonly type: string;
  /** Further parts of the key, each with its own policy: a user and an app, say. */
  readonly and?: readonly Key[];
}

/** One event, or several in the order of their `created_at`, as a detection is to see them. */
export type Example = AuditLogEvent | readonly AuditLogEvent[];

/**
 * `active`: alerts are delivered. `staged`: they are raised, stored and put on the bus, and delivered to no sink. `off`: there
 * is no rule, nothing is raised.
 */
export const DETECTION_STATUSES = ['active', 'staged', 'off'] as const;
export type DetectionStatus = (typeof DETECTION_STATUSES)[number];

interface DetectionBase {
  /** `asana.<family>.<name>`, within `[a-z0-9.-]`: it goes into an input template and rule names. */
  readonly id: string;
  /** One more whenever what it matches, or what its alerts say, changes. */
  readonly version: number;
  readonly title: string;
  /** The worst it can be: what docs and rules say, and what alerts have without `severityOf`. */
  readonly severity: Severity;
  /** What becomes of its alerts unless configuration says otherwise. @default 'active' */
  readonly status?: DetectionStatus;
  /** For a severity that depends on the event. What is above `severity` counts as that. */
  readonly severityOf?: (event: AuditLogEvent, lists: Lists) => Severity;
  /** MITRE ATT&CK technique ids, v19, each in attack.ts. */
  readonly attack: readonly string[];
  /** The same in v18, before T1562.* was revoked, for tools that have not moved. */
  readonly attackV18: readonly string[];
  /** Length of an alert's window, from what opened it. @default - the deployment's, 60 minutes unless configured */
  readonly window?: Span;
  /** Defaults of the lists that `when` and `severityOf` read. */
  readonly lists?: Lists;
  /** One sentence for a person: who did what. Plain text, clean and short whatever the event holds. */
  readonly summary: (event: AuditLogEvent, facts: Facts) => string;
  /** What to do, most urgent first. */
  readonly triage: readonly string[];
  readonly falsePositives: string;
  readonly references: readonly string[];
  /** After the last event of an example the feed is taken to have passed every window. */
  readonly examples: { readonly alerts: readonly Example[]; readonly silent: readonly Example[] };
}

/** Alerts on each single event that matches the pattern and, where data cannot say it, the condition `when`. */
export interface MatchDetection extends DetectionBase {
  readonly kind: 'match';
  readonly pattern: DetectionPattern;
  readonly when?: When;
  readonly entity: EntityOf;
}

/**
 * Alerts on each event with which a group has `atLeast` events, or `atLeast` values of `distinct`, within the time before
 * it. Further events of the group within the alert's window are counted into the alert.
 */
export interface ThresholdDetection extends DetectionBase {
  readonly kind: 'threshold';
  readonly pattern: DetectionPattern;
  readonly when?: When;
  readonly groupBy: GroupBy;
  /** 2 to 200 events, or 2 to 100 values. */
  readonly atLeast: number;
  readonly distinct?: Key;
  /** Sliding: the events at or before an event and less than this before it. */
  readonly within: Span;
}

/**
 * Alerts on a value that its group has not shown within `forget` (less than that before it). A group is silent until its first event is `learn` old.
 * It learns from history (`origin: backfill`) as well, without alerting. What comes within the grace after a value's first
 * event is counted with it, so that the order of delivery does not matter.
 */
export interface NewValueDetection extends DetectionBase {
  readonly kind: 'newValue';
  readonly pattern: DetectionPattern;
  readonly when?: When;
  /** Whose values: a group learns by itself. */
  readonly groupBy: GroupBy;
  readonly value: Key;
  readonly learn: Span;
  readonly forget: Span;
  /** How long a silent group is remembered, so that what it learned holds. @default - the longer of `learn` and `forget` */
  readonly remember?: Span;
  /** @default - the group. Alerts are about the value: an app nobody has used before. */
  readonly entity?: 'value';
  /** The entity's type where it is the value. */
  readonly valueType?: string;
}

/** One way to take a step of a sequence: an event pattern, and how often it has to match. Never another alert. */
export interface Way {
  readonly pattern: DetectionPattern;
  readonly when?: When;
  /** 1 to 100. @default 1 */
  readonly atLeast?: number;
  /** Counts values instead of events. */
  readonly distinct?: Key;
  /** Where these events carry the key elsewhere (the resource of one step is the actor of the next). @default - the detection's */
  readonly groupBy?: GroupBy;
}

export interface Step extends Way {
  readonly name: string;
  /** Other ways to take the step, each counted by itself: one export, or fifty downloads. At most 4. */
  readonly or?: readonly Way[];
}

/** Events looked at for what they call off, or bring to rest. */
export interface Counterpart {
  readonly pattern: DetectionPattern;
  readonly when?: When;
  /** @default - the detection's */
  readonly groupBy?: GroupBy;
}

/** Alerts on the event that completes all steps, each after the one before (or in the same millisecond), within the time. */
export interface SequenceDetection extends DetectionBase {
  readonly kind: 'sequence';
  readonly groupBy: GroupBy;
  /** 2 to 5. */
  readonly steps: readonly [Step, Step, ...Step[]];
  /**
   * Such an event, from the first step's first event to the last of the last, calls the sequence off. Decided once the feed
   * has passed the last event and the grace, as for `absence`, so the alert comes that much later.
   */
  readonly unless?: Counterpart;
  /** From the first event of the first step to the last of the last: less than this. */
  readonly within: Span;
}

/**
 * Alerts on an event that is not followed, in its group, by an `expected` one within the time. Decided once the feed has
 * passed the end of that time and the grace: a late feed never makes an absence.
 */
export interface AbsenceDetection extends DetectionBase {
  readonly kind: 'absence';
  readonly pattern: DetectionPattern;
  readonly when?: When;
  readonly groupBy: GroupBy;
  readonly expected: Counterpart;
  /** An expected event counts at this distance too. */
  readonly within: Span;
}

/** The kinds that keep a state per group. */
export type StatefulDetection =
  | ThresholdDetection
  | NewValueDetection
  | SequenceDetection
  | AbsenceDetection;

/** Every kind of detection; engines switch on `kind`. */
export type Detection = MatchDetection | StatefulDetection;

/** The events of an example. */
export function eventsOf(example: Example): readonly AuditLogEvent[] {
  return isList(example) ? example : [example];
}

function isList(example: Example): example is readonly AuditLogEvent[] {
  return Array.isArray(example);
}

/**
 * The detections that there are, frozen.
 * @throws AuditBusError `detection.invalid`, naming each id that is used twice.
 */
export function defineCatalogue(detections: readonly Detection[]): readonly Detection[] {
  checkIds(detections.map(({ id }) => id));
  return Object.freeze([...detections]);
}

/**
 * Checks a definition and returns it frozen. The examples themselves are run by the tests.
 * @throws AuditBusError `detection.invalid`, naming the detection and every field that is wrong.
 */
export function defineDetection<T extends Detection>(definition: T): T {
  checkDefinition(definition);
  return Object.freeze(definition);
}
