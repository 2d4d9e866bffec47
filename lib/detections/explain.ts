// What each detection makes of one event, after the history a detector has seen: pattern, condition, group, state, alert.
// Reads what the engines say; decides nothing itself.
import type { Alert, Entity } from '../contract/alert.ts';
import type { AuditLogEvent, BusEvent } from '../contract/bus-event.ts';
import { describeError } from '../errors.ts';
import type { Detection, DetectionPattern, When } from './define.ts';
import { firstMismatch, type Mismatch } from './definition/mismatch.ts';
import { waysOf } from './definition/ways.ts';
import type { Detector } from './detector.ts';
import type { Placed } from './engines/sighting.ts';
import { compileEventPattern } from './event-pattern.ts';
import type { Watch } from './watch.ts';

/** One pattern of a detection: its only one, or a step's. */
export interface LookExplained {
  /** Of a sequence the step's name, or `unless`; of an absence `first` or `expected`. */
  readonly step?: string;
  readonly matched: boolean;
  /** The first condition of the pattern that does not hold. */
  readonly mismatch?: Mismatch;
  /** The pattern matches, and the detection's own condition `when` does not hold. */
  readonly refusedByWhen?: true;
}

export interface Explained {
  readonly detectionId: string;
  readonly detectionKind: Detection['kind'];
  readonly title: string;
  /** Those that take this type of event. */
  readonly looks: readonly LookExplained[];
  readonly groups: readonly GroupExplained[];
  /** Why nothing came of it, where no group says it. */
  readonly why?: string;
}

export interface GroupExplained {
  readonly entity: Entity;
  /** How far the group has come, with this event. */
  readonly state: string;
  readonly outcome: 'opened' | 'joined' | 'silent';
  readonly alert?: Alert;
}

/** The detections that look at the event's type, each with what it makes of the event. The detector has then seen it. */
export function explain(detector: Detector, event: BusEvent): Explained[] {
  const explained = detector
    .watchesOf(event)
    .map((watch) => ({ watch, seen: seenBy(watch, event) }));
  const alerts = detector.observe(event);
  return explained.flatMap(({ watch, seen }) => {
    const { detection } = watch;
    const looks = looksOf(detection).flatMap((look) => lookExplained(detection, look, event));
    if (looks.length === 0) return [];
    const { id: detectionId, kind: detectionKind, title } = detection;
    const base = { detectionId, detectionKind, title, looks };
    if ('failure' in seen) return { ...base, groups: [], why: `its code failed: ${seen.failure}` };
    const groups = seen.placed.map((placed) => {
      const state = watch.explain(detector.stateOf(placed.group).memory, placed);
      return { entity: placed.entity, state, ...outcomeOf(placed, alerts) };
    });
    const isWithoutKey = groups.length === 0 && looks.some(({ matched }) => matched);
    return {
      ...base,
      groups,
      ...(isWithoutKey ? { why: 'the event carries no field that it could be grouped by' } : {}),
    };
  });
}

function seenBy(
  watch: Watch,
  event: BusEvent,
): { readonly placed: readonly Placed[] } | { readonly failure: string } {
  try {
    return { placed: watch.see(event) };
  } catch (error) {
    return { failure: describeError(error) };
  }
}

function outcomeOf(
  { group, sighting }: Placed,
  alerts: readonly Alert[],
): Pick<GroupExplained, 'outcome' | 'alert'> {
  const about = sighting.about ?? group.entity;
  const alert = alerts.find(
    ({ detectionId, entity }) =>
      detectionId === group.detectionId && entity.type === about.type && entity.id === about.id,
  );
  if (alert === undefined) return { outcome: 'silent' };
  return { outcome: alert.revision === 1 ? 'opened' : 'joined', alert };
}

interface Look {
  readonly step?: string;
  readonly pattern: DetectionPattern;
  readonly when: When | undefined;
}

function looksOf(detection: Detection): Look[] {
  if (detection.kind === 'sequence') {
    const { steps, unless } = detection;
    const ways = waysOf(detection).map(({ step, pattern, when }) => ({
      step: steps[step]?.name ?? '',
      pattern,
      when,
    }));
    if (unless === undefined) return ways;
    return [...ways, { step: 'unless', pattern: unless.pattern, when: unless.when }];
  }
  const { pattern, when } = detection;
  if (detection.kind !== 'absence') return [{ pattern, when }];
  const { expected } = detection;
  return [
    { step: 'first', pattern, when },
    { step: 'expected', pattern: expected.pattern, when: expected.when },
  ];
}

/** None for a step that is about other types of events. */
function lookExplained(
  { lists = {} }: Detection,
  { step, pattern, when }: Look,
  event: BusEvent,
): LookExplained[] {
  if (!compileEventPattern({ 'detail-type': [...pattern['detail-type']] })(event)) return [];
  const named = step === undefined ? {} : { step };
  const data: AuditLogEvent = event.detail.data;
  const conditions = pattern.detail?.data;
  if (conditions !== undefined && !compileEventPattern(conditions)(data)) {
    const mismatch = firstMismatch(conditions, data);
    return [{ ...named, matched: false, ...(mismatch === undefined ? {} : { mismatch }) }];
  }
  if (when !== undefined && !holds(() => when(data, lists))) {
    return [{ ...named, matched: false, refusedByWhen: true }];
  }
  return [{ ...named, matched: true }];
}

/** What throws is told of with the detection. */
function holds(condition: () => boolean): boolean {
  try {
    return condition();
  } catch {
    return false;
  }
}
