// The EventBridge patterns of the rules that hand alerts to sinks. The CDK app and the local bus share them.
// Whether a sink then delivers an alert, and where to, is rules.ts's.
import {
  ALERT_DETAIL_TYPES,
  ALERT_SOURCE,
  type AlertDetailType,
  NOT_REPLAYED,
} from '../../contract/sources.ts';

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
