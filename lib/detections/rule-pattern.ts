// The whole EventBridge patterns of our own rules: one per detection, and one for what the sinks deliver.
// The CDK app, the local bus and the functions' own re-check share these, so that they cannot drift apart.
import type { Origin } from '../contract/bus-event.ts';
import { ALERT_DETAIL_TYPES, ALERT_SOURCE, AUDIT_LOG_SOURCE } from '../contract/sources.ts';
import type { Detection } from './define.ts';

export interface RulePatternOptions {
  /** True when events created before a workspace's `liveFrom` raise alerts too. */
  readonly alertOnHistory: boolean;
}

/** An event that an EventBridge replay sends carries `replay-name`: a replay pages nobody. */
const NOT_REPLAYED = [{ exists: false }] as const;

/** The origins whose events this detection is to see. */
function originsOf(_detection: Detection, options: RulePatternOptions): readonly Origin[] {
  return options.alertOnHistory ? ['live', 'backfill'] : ['live'];
}

/** The event pattern of a detection's rule, ready for EventBridge. */
export function rulePattern(detection: Detection, options: RulePatternOptions): object {
  return {
    source: [AUDIT_LOG_SOURCE],
    'detail-type': [...detection.pattern['detail-type']],
    'replay-name': NOT_REPLAYED,
    detail: {
      metadata: { origin: [...originsOf(detection, options)] },
      ...(detection.pattern.detail === undefined ? {} : { data: detection.pattern.detail.data }),
    },
  };
}

/** What Slack and SNS deliver: alerts as they open, neither staged nor suppressed, never from a replay. */
export const activeOpenedAlertPattern: object = {
  source: [ALERT_SOURCE],
  'detail-type': [ALERT_DETAIL_TYPES.opened],
  'replay-name': NOT_REPLAYED,
  detail: { data: { status: ['active'] } },
};
