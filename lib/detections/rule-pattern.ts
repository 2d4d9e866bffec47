// The whole EventBridge patterns of our own rules: one per detection, and one for what the sinks deliver.
// The CDK app, the local bus and the functions' own re-check share these, so that they cannot drift apart.
import type { Origin } from '../contract/bus-event.ts';
import {
  ALERT_DETAIL_TYPES,
  ALERT_SOURCE,
  type AlertDetailType,
  AUDIT_LOG_SOURCE,
} from '../contract/sources.ts';
import type { Detection, DetectionPattern } from './define.ts';
import { waysOf } from './ways.ts';

export interface RulePatternOptions {
  /** True when events created before a workspace's `liveFrom` raise alerts too. */
  readonly alertOnHistory: boolean;
}

/** An event that an EventBridge replay sends carries `replay-name`: a replay pages nobody. */
const NOT_REPLAYED = [{ exists: false }] as const;

/** The origins whose events this detection is to see. A kind that learns sees history, and alerts on it no more for that. */
function originsOf(detection: Detection, options: RulePatternOptions): readonly Origin[] {
  return options.alertOnHistory || detection.kind === 'newValue' ? ['live', 'backfill'] : ['live'];
}

/** The patterns of all events that a detection looks at: one, or one for each way of each step and what calls it off. */
export function patternsOf(detection: Detection): readonly DetectionPattern[] {
  if (detection.kind === 'sequence') {
    const { unless } = detection;
    const steps = waysOf(detection).map(({ pattern }) => pattern);
    return unless === undefined ? steps : [...steps, unless.pattern];
  }
  if (detection.kind === 'absence') return [detection.pattern, detection.expected.pattern];
  return [detection.pattern];
}

/**
 * The event pattern of a detection's rule, ready for EventBridge. Steps that name event types only, or make the same
 * conditions, become one list of event types; else each is a branch of `$or`.
 */
export function rulePattern(detection: Detection, options: RulePatternOptions): object {
  const branches = mergedBranches(patternsOf(detection));
  const frame = { source: [AUDIT_LOG_SOURCE], 'replay-name': NOT_REPLAYED };
  const metadata = { origin: [...originsOf(detection, options)] };
  const [only, ...others] = branches;
  if (only !== undefined && others.length === 0) {
    return {
      source: frame.source,
      'detail-type': only.types,
      'replay-name': frame['replay-name'],
      detail: { metadata, ...(only.data === undefined ? {} : { data: only.data }) },
    };
  }
  return {
    ...frame,
    detail: { metadata },
    $or: branches.map(({ types, data }) => ({
      'detail-type': types,
      ...(data === undefined ? {} : { detail: { data } }),
    })),
  };
}

interface Branch {
  readonly types: readonly unknown[];
  readonly data?: Readonly<Record<string, unknown>>;
}

/** The same conditions become one branch, and an event type that a branch takes whatever it holds is in no other. */
function mergedBranches(patterns: readonly DetectionPattern[]): Branch[] {
  const branches = new Map<string, Branch>();
  for (const pattern of patterns) {
    const data = pattern.detail?.data;
    const key = JSON.stringify(data) ?? '';
    const types = unique([...(branches.get(key)?.types ?? []), ...pattern['detail-type']]);
    branches.set(key, data === undefined ? { types } : { types, data });
  }
  const free = new Set((branches.get('')?.types ?? []).map((type) => JSON.stringify(type)));
  return [...branches.values()].flatMap((branch) => {
    if (branch.data === undefined) return [branch];
    const types = branch.types.filter((type) => !free.has(JSON.stringify(type)));
    return types.length === 0 ? [] : [{ types, data: branch.data }];
  });
}

function unique(values: readonly unknown[]): unknown[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

/** What a sink is given: alerts that are neither staged nor suppressed, never from a replay. */
function activeAlerts(detailTypes: readonly AlertDetailType[]): object {
  return {
    source: [ALERT_SOURCE],
    'detail-type': [...detailTypes],
    'replay-name': NOT_REPLAYED,
    detail: { data: { status: ['active'] } },
  };
}

/** For a sink whose every notice is a message: alerts as they open and as they are over. */
export const openedAndClosedPattern: object = activeAlerts([
  ALERT_DETAIL_TYPES.opened,
  ALERT_DETAIL_TYPES.closed,
]);

/** For a sink that may edit what it has posted: every revision. */
export const everyRevisionPattern: object = activeAlerts(Object.values(ALERT_DETAIL_TYPES));
