// Which alerts a sink delivers, and into which Slack channel. Pure; the settings are lib/contract/delivery.ts.
import { type Alert, SEVERITIES, type Severity } from '../../contract/alert.ts';
import type { SlackDelivery } from '../../contract/delivery.ts';
import { isNamed } from '../../detections/definition/named-ids.ts';

/** True when the severity is the sink's least one or above. */
export function isSevereEnough(severity: Severity, minimum: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(minimum);
}

/** The channel of the first route that fits, else the one for all others; undefined where none is set. */
export function channelOf(
  alert: Pick<Alert, 'severity' | 'detectionId'>,
  delivery: Pick<SlackDelivery, 'channel' | 'routes'>,
): string | undefined {
  const route = delivery.routes.find(
    ({ severities, detections }) =>
      (severities === undefined || severities.includes(alert.severity)) &&
      (detections === undefined || isNamed(detections, alert.detectionId)),
  );
  return route?.channel ?? delivery.channel;
}
