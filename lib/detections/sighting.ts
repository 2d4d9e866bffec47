// An event as the engines see it: what of a detection it is, in which group, and when. Pure; compiled once per detection.
// Whether it leads to an alert is the engines' business.
import type { Match } from '../alerts/life/finding.ts';
import { createdAtOf, gidOf } from '../asana/event.ts';
import type { Entity } from '../contract/alert.ts';
import type { AuditLogEvent, BusEvent } from '../contract/bus-event.ts';
import { AuditBusError } from '../errors.ts';
import type {
  Counterpart,
  Detection,
  DetectionPattern,
  GroupBy,
  Key,
  Lists,
  Way,
  When,
} from './define.ts';
import { labelOf, readGroup, readKey } from './keys.ts';
import { partMatcher, type RuleMatcher, ruleMatcher, typeMatcher } from './rule-matcher.ts';
import type { RulePatternOptions } from './rule-pattern.ts';
import { waysOf } from './ways.ts';

/** An event in one group. */
export interface Sighting extends Match {
  /**
   * What it is there, with the value it counts as: of `sequence` the ways of its steps as `waysOf` has them, then what
   * calls it off; of `absence` 0 the first and 1 the expected.
   */
  readonly roles: readonly Role[];
  /** Only to be learned from: history, while alerts on history are off. */
  readonly learnOnly: boolean;
}

export interface Role {
  readonly index: number;
  /** '' where events are counted. */
  readonly value: string;
}

export interface Seen {
  readonly entity: Entity;
  /** It alerts at once, for want of a key, in a group where nothing is counted. */
  readonly alone: boolean;
  readonly sighting: Sighting;
}

/** A detection ready to look at events. */
export interface Lookout {
  readonly detection: Detection;
  /** The whole rule's pattern, and the detection's own conditions, as EventBridge has them: true before anything is seen. */
  readonly matches: RuleMatcher['matches'];
  readonly takesType: RuleMatcher['takesType'];
  /** False for a type of which no event is a first step. */
  readonly opensWithType: RuleMatcher['takesType'];
  /**
   * The event in each group it belongs to; empty when it is not what the detection looks for.
   * @throws AuditBusError `detect.event-unusable` without a usable gid or time, or what the definition's functions threw
   */
  see(event: BusEvent): Seen[];
}

interface Look {
  readonly index: number;
  readonly matches: ((event: BusEvent) => boolean) | undefined;
  readonly when: When | undefined;
  readonly groupBy: GroupBy | undefined;
  readonly counts: Key | undefined;
  /** The entity's type, where the alerts are about the counted value. */
  readonly about?: string;
}

const NO_LISTS: Lists = {};

/** @throws EventPatternError for a pattern that EventBridge refuses */
export function lookoutFor(detection: Detection, options: RulePatternOptions): Lookout {
  const { matches, takesType } = ruleMatcher(detection, options);
  const looks = looksOf(detection);
  const lists = detection.lists ?? NO_LISTS;
  return {
    detection,
    matches,
    takesType,
    opensWithType: typeMatcher(firstPatternsOf(detection)),
    see(event) {
      const { data, metadata } = event.detail;
      const found: Seen[] = [];
      for (const look of looks) {
        if (look.matches !== undefined && !look.matches(event)) continue;
        if (look.when !== undefined && !look.when(data, lists)) continue;
        const learnOnly = metadata.origin !== 'live' && !options.alertOnHistory;
        addSeen(found, see(detection, look, event, learnOnly));
      }
      return found;
    },
  };
}

function firstPatternsOf(detection: Detection): readonly DetectionPattern[] {
  if (detection.kind !== 'sequence') return [detection.pattern];
  return waysOf(detection).flatMap(({ step, pattern }) => (step === 0 ? [pattern] : []));
}

function looksOf(detection: Detection): Look[] {
  if (detection.kind === 'sequence') {
    const { groupBy, unless } = detection;
    const looked: ReadonlyArray<Way | Counterpart> = [
      ...waysOf(detection),
      ...(unless === undefined ? [] : [unless]),
    ];
    return looked.map((each, index) => ({
      index,
      matches: partMatcher(each.pattern),
      when: each.when,
      groupBy: each.groupBy ?? groupBy,
      counts: 'distinct' in each ? each.distinct : undefined,
    }));
  }
  const first = { index: 0, matches: undefined, when: detection.when, counts: undefined };
  if (detection.kind === 'match') return [{ ...first, groupBy: undefined }];
  const { groupBy } = detection;
  if (detection.kind === 'threshold') return [{ ...first, groupBy, counts: detection.distinct }];
  if (detection.kind === 'newValue') {
    const look = { ...first, groupBy, counts: detection.value };
    return [
      detection.entity === 'value' ? { ...look, about: detection.valueType ?? 'value' } : look,
    ];
  }
  const { pattern, expected } = detection;
  return [
    { ...first, matches: partMatcher(pattern), groupBy },
    {
      index: 1,
      matches: partMatcher(expected.pattern),
      when: expected.when,
      groupBy: expected.groupBy ?? groupBy,
      counts: undefined,
    },
  ];
}

function see(
  detection: Detection,
  look: Look,
  event: BusEvent,
  learnOnly: boolean,
): Seen | undefined {
  const { data, metadata } = event.detail;
  const sighting = { ...placeOf(event), event: data, learnOnly };
  if (look.groupBy === undefined) {
    if (detection.kind !== 'match') return undefined;
    const entity = detection.entity(data, metadata.workspaceGid);
    return { entity, alone: false, sighting: { ...sighting, roles: [{ index: 0, value: '' }] } };
  }
  const group = readGroup(data, look.groupBy, metadata.workspaceGid);
  if (group === undefined) return undefined;
  if (look.counts === undefined) {
    return { ...group, sighting: { ...sighting, roles: [{ index: look.index, value: '' }] } };
  }
  const value = readKey(data, look.counts);
  if (value.missing === 'skip') return undefined;
  const alone = group.alone || value.missing === 'alert';
  const entity = alone ? aloneEntity(group.entity, group.alone) : group.entity;
  const roles = [{ index: look.index, value: value.text }];
  if (look.about === undefined || alone) return { entity, alone, sighting: { ...sighting, roles } };
  const label = labelOf(data, value.path, value.text, look.about);
  const about = { type: look.about, id: value.text, label };
  return { entity, alone, sighting: { ...sighting, roles, about } };
}

/** What alerts by itself is kept apart from what is counted. */
function aloneEntity(entity: Entity, isAlready: boolean): Entity {
  return isAlready ? entity : { ...entity, id: `${entity.id} (alone)` };
}

/** One event is one sighting in each group, whichever of the steps it is there. */
function addSeen(found: Seen[], seen: Seen | undefined): void {
  if (seen === undefined) return;
  const index = found.findIndex(
    ({ entity }) => entity.id === seen.entity.id && entity.type === seen.entity.type,
  );
  const known = found[index];
  if (known === undefined) {
    found.push(seen);
    return;
  }
  const roles = [...known.sighting.roles, ...seen.sighting.roles];
  found[index] = { ...known, sighting: { ...known.sighting, roles } };
}

/** An event without a readable `created_at` counts at the time of its envelope. */
function placeOf(event: BusEvent): { readonly gid: string; readonly at: number } {
  const data: AuditLogEvent = event.detail.data;
  const gid = gidOf(data);
  if (gid === undefined) {
    throw new AuditBusError('detect.event-unusable', 'The event has no usable gid.');
  }
  const at = createdAtOf(data) ?? Date.parse(event.time);
  if (Number.isNaN(at)) {
    throw new AuditBusError('detect.event-unusable', 'The event has no readable time.');
  }
  return { gid, at };
}
