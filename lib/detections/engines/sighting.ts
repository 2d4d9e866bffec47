// An event as the engines see it: what of a detection it is, in which group, and when. Pure; compiled once per detection.
// Whether it leads to an alert is the engines' business.
import type { Match } from '../../alerts/life/finding.ts';
import type { GroupIdentity } from '../../alerts/life/identity.ts';
import type { Entity } from '../../contract/alert.ts';
import { AuditBusError } from '../../errors.ts';
import { shownText } from '../../text.ts';
import type { Arrival } from '../arrival.ts';
import type {
  Counterpart,
  Detection,
  DetectionPattern,
  GroupBy,
  Key,
  Lists,
  Way,
  When,
} from '../define.ts';
import {
  partMatcher,
  ruleMatcher,
  type TypedMatcher,
  typeTest,
} from '../definition/rule-matcher.ts';
import type { RulePatternOptions } from '../definition/rule-pattern.ts';
import { waysOf } from '../definition/ways.ts';
import type { Gate } from '../event-pattern.ts';
import {
  type GroupReader,
  groupReader,
  type KeyReader,
  keyReader,
  labelOf,
} from '../reading/keys.ts';

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

/** An event in a group of a detection. */
export interface Placed {
  readonly group: GroupIdentity;
  readonly entity: Entity;
  /** It alerts at once, for want of a key, in a group where nothing is counted. */
  readonly alone: boolean;
  readonly sighting: Sighting;
}

/** A detection ready to look at events of one type. */
export interface Lookout {
  /** False where no event of the type is a first step, or alerts by itself for want of a key. */
  readonly opens: boolean;
  /** Where an event of the type is in one group at most: which one. */
  readonly readGroup: GroupReader | undefined;
  /** Of the audit log event: where all are shut, `see` finds nothing. None: it may. */
  readonly gates: readonly Gate[];
  /**
   * The event in each group it belongs to; empty when it is not what the detection looks for: the whole rule's pattern is
   * asked first, as EventBridge has it, then the detection's own conditions.
   * @throws AuditBusError `detect.event-unusable` without a usable gid or time, or what the definition's functions threw
   */
  see(arrival: Arrival): readonly Placed[];
}

interface Look {
  readonly index: number;
  /** Undefined where the rule has no other pattern than this. */
  readonly ofType: TypedMatcher | undefined;
  readonly when: When | undefined;
  /** Undefined for `match`, which says itself whom an event is about. */
  readonly readGroup: GroupReader | undefined;
  readonly readValue: KeyReader | undefined;
  /** An event without a key alerts by itself. */
  readonly mayBeAlone: boolean;
  /** What an event is there, where no value is counted. */
  readonly roles: readonly Role[];
  /** The entity's type, where the alerts are about the counted value. */
  readonly about?: string;
}

const NO_LISTS: Lists = {};
/** As long as the text of a key may be. */
const MAX_ID = 200;
/** Of an event that a detection does not look for. */
export const NOWHERE: readonly Placed[] = [];

/**
 * Answers for each type of event; undefined for one that the detection never looks at.
 * @throws EventPatternError for a pattern that EventBridge refuses
 */
export function lookoutsFor(
  detection: Detection,
  options: RulePatternOptions,
): (type: string) => Lookout | undefined {
  const rule = ruleMatcher(detection, options);
  const looks = looksOf(detection);
  const opensWith = typeTest(firstPatternsOf(detection));
  const lists = detection.lists ?? NO_LISTS;
  return (type) => {
    const matchesRule = rule.ofType(type);
    if (matchesRule === undefined) return undefined;
    const taking = looks.flatMap((look) => {
      const matches = look.ofType === undefined ? () => true : look.ofType(type);
      return matches === undefined ? [] : [{ look, matches }];
    });
    const [readGroup, ...others] = new Set(taking.map(({ look }) => look.readGroup));
    return {
      opens: opensWith(type) || taking.some(({ look }) => look.mayBeAlone),
      readGroup: others.length === 0 ? readGroup : undefined,
      gates: rule.gates,
      see(arrival) {
        const { event, isOdd } = arrival;
        if (!matchesRule(event, isOdd)) return NOWHERE;
        const { data, metadata } = event.detail;
        const learnOnly = metadata.origin !== 'live' && !options.alertOnHistory;
        if (learnOnly && detection.kind !== 'newValue') return NOWHERE;
        let found: Placed[] | undefined;
        for (const { look, matches } of taking) {
          if (!matches(event, isOdd)) continue;
          if (look.when !== undefined && !look.when(data, lists)) continue;
          const seen = see(detection, look, arrival, learnOnly);
          if (seen === undefined) continue;
          if (found === undefined) found = [seen];
          else addSeen(found, seen);
        }
        return found ?? NOWHERE;
      },
    };
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
    return looked.map((each, index) =>
      lookOf(
        index,
        partMatcher(each.pattern),
        each.when,
        each.groupBy ?? groupBy,
        'distinct' in each ? each.distinct : undefined,
      ),
    );
  }
  const { when } = detection;
  if (detection.kind === 'match') return [lookOf(0, undefined, when, undefined)];
  const { groupBy } = detection;
  if (detection.kind === 'threshold') {
    return [lookOf(0, undefined, when, groupBy, detection.distinct)];
  }
  if (detection.kind === 'newValue') {
    const look = lookOf(0, undefined, when, groupBy, detection.value);
    return [
      detection.entity === 'value' ? { ...look, about: detection.valueType ?? 'value' } : look,
    ];
  }
  const { pattern, expected } = detection;
  const other = partMatcher(expected.pattern);
  return [
    lookOf(0, partMatcher(pattern), when, groupBy),
    lookOf(1, other, expected.when, expected.groupBy ?? groupBy),
  ];
}

function lookOf(
  index: number,
  ofType: Look['ofType'],
  when: When | undefined,
  groupBy: GroupBy | undefined,
  counts?: Key,
): Look {
  const keys =
    groupBy === undefined || groupBy === 'workspace' ? [] : [groupBy, ...(groupBy.and ?? [])];
  return {
    index,
    mayBeAlone: [...keys, counts].some((key) => key?.missing === 'alert'),
    ofType,
    when,
    readGroup: groupBy === undefined ? undefined : groupReader(groupBy),
    readValue: counts === undefined ? undefined : keyReader(counts),
    roles: [{ index, value: '' }],
  };
}

function see(
  detection: Detection,
  { index, readGroup, readValue, roles, about: aboutType }: Look,
  { event, gid, at }: Arrival,
  learnOnly: boolean,
): Placed | undefined {
  const { data, metadata } = event.detail;
  if (gid === undefined) throw unusable('usable gid');
  if (Number.isNaN(at)) throw unusable('readable time');
  if (readGroup === undefined) {
    if (detection.kind !== 'match') return undefined;
    const entity = detection.entity(data, metadata.workspaceGid);
    const sighting = { gid, at, event: data, learnOnly, roles };
    return placed(detection, metadata.workspaceGid, entity, false, sighting);
  }
  const group = readGroup(data, metadata.workspaceGid);
  if (group === undefined) return undefined;
  const { workspaceGid } = metadata;
  const { entity } = group;
  if (readValue === undefined) {
    const sighting = { gid, at, event: data, learnOnly, roles };
    return placed(detection, workspaceGid, entity, group.alone, sighting);
  }
  const value = readValue(data);
  if (value.missing === 'skip') return undefined;
  const sighting = { gid, at, event: data, learnOnly, roles: [{ index, value: value.text }] };
  if (group.alone) return placed(detection, workspaceGid, entity, true, sighting);
  if (value.missing === 'alert') {
    return placed(detection, workspaceGid, aloneEntity(entity), true, sighting);
  }
  if (aboutType === undefined) return placed(detection, workspaceGid, entity, false, sighting);
  const label = labelOf(data, value.path, value.text, aboutType);
  const about = { type: aboutType, id: shownText(value.text, MAX_ID) || aboutType, label };
  return placed(detection, workspaceGid, entity, false, { ...sighting, about });
}

function placed(
  { id: detectionId, kind }: Detection,
  workspaceGid: string,
  entity: Entity,
  alone: boolean,
  sighting: Sighting,
): Placed {
  const group = { detectionId, workspaceGid, entity };
  // One event may be several steps, each about someone else.
  const isShared = kind === 'sequence' || kind === 'absence';
  return { group: isShared ? { ...group, shared: true } : group, entity, alone, sighting };
}

/** What alerts by itself is kept apart from what is counted. */
function aloneEntity({ type, id, label }: Entity): Entity {
  return { type, id: `${id} (alone)`, label };
}

/** One event is one sighting in each group, whichever of the steps it is there. */
function addSeen(found: Placed[], seen: Placed): void {
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

function unusable(lacking: string): AuditBusError {
  return new AuditBusError('detect.event-unusable', `The event has no ${lacking}.`);
}
