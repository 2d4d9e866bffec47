// A detection at work: which events it sees in which group, and how an event changes the group and its alerts. Pure, but
// for the notes that a change leaves. The detect function, the sweep and the run in one process all go through here.
import { type Applied, applyEvents } from '../alerts/life/apply.ts';
import type { Match } from '../alerts/life/finding.ts';
import type { GroupState } from '../alerts/life/group.ts';
import type { GroupIdentity } from '../alerts/life/identity.ts';
import { openAlert, severityFor } from '../alerts/life/open.ts';
import type { GroupChange } from '../alerts/life/raise.ts';
import { GRACE_MS, type LifeRules, type Windows } from '../alerts/life/rules.ts';
import { CLOSED_BY_MS } from '../alerts/lifetimes.ts';
import type { Suppress } from '../alerts/suppressions/suppression.ts';
import { gidOf } from '../asana/event.ts';
import type { AuditLogEvent, BusEvent } from '../contract/bus-event.ts';
import { AuditBusError, describeError } from '../errors.ts';
import { arrivalOf } from './arrival.ts';
import type { Detection } from './define.ts';
import { type Engine, engineFor, matchEngine, windowOf } from './engines/engine.ts';
import {
  type Lookout,
  lookoutsFor,
  NOWHERE,
  type Placed,
  type Sighting,
} from './engines/sighting.ts';
import { remembered } from './remembered.ts';

export interface WatchRules {
  readonly alertOnHistory: boolean;
  /** Milliseconds in which matches of one detection and entity are one alert, unless the detection has its own. */
  readonly windowMs: number;
  /** Milliseconds by which events may come out of order. @default GRACE_MS */
  readonly graceMs?: number;
  /** Milliseconds between two updates of an alert. @default - every change is said at once, and no alert is closed */
  readonly updateEveryMs?: number;
  /** Where the detections are documented, without a fragment. */
  readonly runbookBaseUrl: string;
}

export interface Telling {
  /** Told where a definition's words failed on an event that the change is not for: its alert goes without them. */
  readonly onFailure?: (error: AuditBusError) => void;
}

const NONE: ReadonlySet<string> = new Set();

export class Watch {
  readonly detection: Detection;
  readonly #ofType: (type: string) => Lookout | undefined;
  readonly #engine: Engine;
  readonly #rules: WatchRules;
  readonly #life: Required<Windows>;

  /** @throws EventPatternError, AuditBusError `span.invalid` for a definition that was never checked */
  constructor(detection: Detection, rules: WatchRules) {
    const graceMs = rules.graceMs ?? GRACE_MS;
    const windowMs = windowOf(detection, { windowMs: rules.windowMs, graceMs });
    this.detection = detection;
    this.#rules = rules;
    this.#engine = engineFor(detection, { windowMs, graceMs });
    this.#life = { windowMs, graceMs, waitMs: this.#engine.waitMs ?? 0 };
    const lookoutFor = lookoutsFor(detection, rules);
    this.#ofType = remembered(lookoutFor);
  }

  /** Milliseconds of event time for which a group can still matter to what comes. */
  get memoryMs(): number {
    return Math.max(this.#engine.memoryMs, this.#life.windowMs + this.#life.graceMs);
  }

  /** How long its alerts take matches, in milliseconds. */
  get window(): Windows {
    return this.#life;
  }

  /** Seconds for which a group is to be kept at least. */
  get memorySeconds(): number {
    return this.#secondsFor(this.#engine);
  }

  #secondsFor({ memoryMs }: Engine): number {
    const { windowMs, graceMs, waitMs } = this.#life;
    return Math.ceil(Math.max(memoryMs, windowMs + waitMs + graceMs + CLOSED_BY_MS) / 1_000);
  }

  /** Milliseconds of event time after an alert's last event from which on nothing that comes changes it. */
  get settleMs(): number {
    const { windowMs, graceMs } = this.#life;
    // What one kind finds now may have happened as long ago as it remembers; the others alert on what is at hand.
    const isLate = this.detection.kind !== 'match' && this.detection.kind !== 'newValue';
    return windowMs + 2 * graceMs + (isLate ? this.#engine.memoryMs : 0);
  }

  /** For events of one type; undefined where the detection never looks at those. */
  ofType(type: string): Lookout | undefined {
    return this.#ofType(type);
  }

  /**
   * The event in each group it belongs to; empty when it is not what the detection looks for.
   * @param suppress says what covers an event. What a threshold counts goes into a group of that suppression: it raises what
   * it would raise alone, and the rest as if it had not been (docs/adr/0015-suppressions.md)
   * @throws AuditBusError `detect.event-unusable` without a usable gid or time, or what the definition's functions threw
   */
  see(event: BusEvent, suppress?: Suppress): readonly Placed[] {
    const found = this.#ofType(event['detail-type'])?.see(arrivalOf(event)) ?? NOWHERE;
    return suppress === undefined
      ? found
      : found.map((placed) => this.#suppressed(placed, suppress));
  }

  #suppressed(placed: Placed, suppress: Suppress): Placed {
    const { group, entity, alone, sighting } = placed;
    const { detectionId, workspaceGid } = group;
    const by = suppress({
      detectionId,
      workspaceGid,
      event: sighting.event,
      entities: sighting.about === undefined ? [entity] : [entity, sighting.about],
    });
    if (by === undefined) return placed;
    const isCounted = this.detection.kind === 'threshold' && !alone;
    return {
      ...placed,
      sighting: { ...sighting, suppressedBy: by },
      group: isCounted ? { ...group, suppressionId: by } : group,
    };
  }

  /**
   * What events do to their group's state.
   * @param alone as `see` said
   * @param now milliseconds since the epoch: when an alert was found
   * @param known gids of other events that are in an alert of the group already
   * @throws AuditBusError `detect.engine-failed` where a definition's function failed
   */
  apply(
    group: GroupIdentity,
    alone: boolean,
    state: GroupState,
    sightings: readonly Sighting[],
    now: () => number,
    { known = NONE, onFailure }: Telling & { readonly known?: ReadonlySet<string> } = {},
  ): Applied<Sighting> {
    const { find } = alone ? matchEngine : this.#engine;
    // Of a threshold such an event is counted in the alert that it is in; what completes a sequence does so once.
    const isOnce = known.size > 0 && this.detection.kind === 'sequence';
    const findNew: Engine['find'] = (memory, sighting, windows) => {
      const found = find(memory, sighting, windows);
      return { ...found, matches: found.matches.filter(({ gid }) => !known.has(gid)) };
    };
    try {
      const rules = () => this.#rulesFor(group, now, sightings, onFailure);
      return applyEvents(state, sightings, rules, isOnce ? findNew : find);
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  /** The same as something to be done to a stored group. */
  change(
    group: GroupIdentity,
    alone: boolean,
    now: () => number,
    telling: Telling = {},
  ): GroupChange<Sighting> {
    return {
      memorySeconds: this.#secondsFor(alone ? matchEngine : this.#engine),
      apply: (state, sightings, known = NONE) =>
        this.apply(group, alone, state, sightings, now, { ...telling, known }),
    };
  }

  /** Milliseconds after an event that opens, from which on every group is idle again. */
  get openForMs(): number {
    return this.#engine.openForMs ?? Number.POSITIVE_INFINITY;
  }

  /** False for an event that is nothing to a group which has seen none that opens it. */
  opens({ alone, sighting }: Placed): boolean {
    return alone || (this.#engine.opens?.(sighting) ?? true);
  }

  /** True where nothing of a group is left for events at `at` and later to go on with. */
  isIdle(memory: unknown, at: number): boolean {
    return this.#engine.isIdle?.(memory, at) ?? false;
  }

  /** How far the group has come with an event that it has seen, for a person. */
  explain(memory: unknown, { alone, sighting }: Placed): string {
    if (alone) return 'it carries no key, and alerts by itself for that';
    return this.#engine.explain(memory, sighting);
  }

  /** When the feed has to have passed for something the group waits for to be known absent; undefined: it waits for nothing. */
  dueAt(memory: unknown): number | undefined {
    return this.#engine.dueAt?.(memory);
  }

  /**
   * What the feed's having passed `watermark` (milliseconds since the epoch) does to a group.
   * @param suppress asked of the events that waited, as they are remembered
   */
  passing(
    group: GroupIdentity,
    watermark: number,
    now: () => number,
    { suppress, onFailure }: Telling & { readonly suppress?: Suppress } = {},
  ): GroupChange<never> {
    const { detectionId, workspaceGid, entity } = group;
    // Of a sequence the engine knows for each step; of an absence there is but the event that waited.
    const waitedFor = ({ event, about }: Match) =>
      suppress?.({
        detectionId,
        workspaceGid,
        event,
        entities: about === undefined ? [entity] : [entity, about],
      });
    const isAbsence = this.detection.kind === 'absence';
    const engine = this.#engine;
    return {
      memorySeconds: this.memorySeconds,
      apply: (state, _, known = NONE) => {
        try {
          const found = engine.overdue?.(state.memory, watermark);
          if (found === undefined || found.memory === state.memory) {
            return { state, rest: [], changed: false };
          }
          const { memory, context } = found;
          const matches = found.matches.filter(({ gid }) => !known.has(gid));
          const suppressedBy = isAbsence ? waitedFor : undefined;
          const rules = () => this.#rulesFor(group, now, [], onFailure, suppressedBy);
          const applied = applyEvents(state, matches, rules, (_memory, match) => ({
            memory,
            matches: [match],
            ...(context === undefined ? {} : { context }),
          }));
          return { ...applied, rest: [], changed: true, state: { ...applied.state, memory } };
        } catch (cause) {
          throw this.#failed(cause);
        }
      },
    };
  }

  /**
   * A threshold is reached by all its events together: its alert is one, whichever of them it is told by. What completes a
   * sequence is one event, and the next one that does may be worse.
   */
  #severities(words: (match: Match) => Detection): Pick<LifeRules, 'severityOf'> {
    const { detection } = this;
    if (detection.kind === 'threshold' || detection.severityOf === undefined) return {};
    // Of what completed a sequence before its first step came, an engine may know no more than that it was there.
    return {
      severityOf: (match) =>
        gidOf(match.event) === match.gid ? severityFor(words(match), match.event) : undefined,
    };
  }

  /**
   * @param atHand what the change is for. What else it decides is told even where the detection's own functions fail on it: it
   * would fail with each change to come, and hold up all that the group waits for
   */
  #rulesFor(
    group: GroupIdentity,
    now: () => number,
    atHand: readonly Sighting[],
    onFailure?: Telling['onFailure'],
    suppressedBy = (match: Match) => group.suppressionId ?? match.suppressedBy,
  ): LifeRules {
    const { runbookBaseUrl, updateEveryMs } = this.#rules;
    const { windowMs, graceMs } = this.#life;
    const known = new Map(atHand.map(({ gid }) => [gid, this.detection]));
    const words = ({ gid, event }: Match): Detection => {
      const detection = known.get(gid) ?? this.#telling(event, onFailure);
      known.set(gid, detection);
      return detection;
    };
    const rules: LifeRules = {
      windowMs,
      graceMs,
      suppressedBy,
      ...this.#severities(words),
      open: (match, count) => {
        const options = { runbookBaseUrl, now: now() };
        return openAlert(words(match), group, match, options, count, suppressedBy(match));
      },
    };
    return updateEveryMs === undefined ? rules : { ...rules, pace: { updateEveryMs, now: now() } };
  }

  /** The detection, without its own words where those fail on the event. */
  #telling(event: AuditLogEvent, onFailure: Telling['onFailure']): Detection {
    const { detection } = this;
    const { lists = {}, title } = detection;
    try {
      detection.summary(event, { count: 1, lists });
      detection.severityOf?.(event, lists);
      return detection;
    } catch (cause) {
      onFailure?.(this.#failed(cause));
      const { severityOf: _, ...plain } = detection;
      return { ...plain, summary: () => `${title}. (What it says of the event failed.)` };
    }
  }

  #failed(cause: unknown): AuditBusError {
    return new AuditBusError(
      'detect.engine-failed',
      `The detection ${this.detection.id} failed: ${describeError(cause)}`,
      { cause },
    );
  }
}
