// The whole EventBridge pattern of a detection's rule.
// The CDK app, the local bus and the functions' own re-check share it, so that they cannot drift apart.
import type { Origin } from '../../contract/bus-event.ts';
import { AUDIT_LOG_SOURCE, NOT_REPLAYED } from '../../contract/sources.ts';
import type { Detection, DetectionPattern } from '../define.ts';
import { waysOf } from './ways.ts';

export interface RulePatternOptions {
  /** True when events created before a workspace's `liveFrom` raise alerts too. */
  readonly alertOnHistory: boolean;
}

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
