// The EventBridge `source` of everything this project puts on its bus, and the detail types of what is not Asana's own.
// Subscribers write these into their rules: changing one is a breaking change.

export const AUDIT_LOG_SOURCE = 'asana.audit-log';
export const ALERT_SOURCE = 'asana.audit-log.alerts';
export const POLLER_SOURCE = 'asana.audit-log.poller';
export const OPERATOR_SOURCE = 'asana.audit-log.operator';

export const ALERT_DETAIL_TYPES = {
  opened: 'Alert Opened',
  updated: 'Alert Updated',
  /** The window of an alert that more came to is over: its last revision, with the final count. */
  closed: 'Alert Closed',
} as const;
export type AlertDetailType = (typeof ALERT_DETAIL_TYPES)[keyof typeof ALERT_DETAIL_TYPES];

/** Detail types of operational events (`POLLER_SOURCE`): what is noticed about the feed itself, and about detections. */
export const OPERATIONAL_DETAIL_TYPES = {
  offsetExpired: 'Offset Expired',
  possibleGap: 'Possible Gap',
  credentialRejected: 'Credential Rejected',
  requestRefused: 'Request Refused',
  unknownEventType: 'Unknown Event Type',
  eventQuarantined: 'Event Quarantined',
  feedSilent: 'Feed Silent',
  feedResumed: 'Feed Resumed',
  detectionFailing: 'Detection Failing',
} as const;
export type OperationalDetailType =
  (typeof OPERATIONAL_DETAIL_TYPES)[keyof typeof OPERATIONAL_DETAIL_TYPES];

/** Detail types of operator events (`OPERATOR_SOURCE`): what people did with the commands of this deployment. */
export const OPERATOR_DETAIL_TYPES = {
  suppressionAdded: 'Suppression Added',
  suppressionRemoved: 'Suppression Removed',
  checkpointMoved: 'Checkpoint Moved',
  /** A message of a dead-letter queue, or an event in quarantine: removed for good. */
  deadLetterDropped: 'Dead Letter Dropped',
  /** An event that was in quarantine is on the bus, repaired by hand. */
  quarantineRedriven: 'Quarantine Redriven',
} as const;
export type OperatorDetailType = (typeof OPERATOR_DETAIL_TYPES)[keyof typeof OPERATOR_DETAIL_TYPES];

/**
 * For `replay-name` in a rule's pattern: an event that an EventBridge replay sends carries that field, and a replay pages
 * nobody.
 */
export const NOT_REPLAYED = [{ exists: false }] as const;

/** What an event without `event_type` is called on the bus. */
export const UNKNOWN_DETAIL_TYPE = 'unknown';
/** EventBridge's limit on `DetailType`, in characters (AWS API reference, PutEventsRequestEntry). */
export const MAX_DETAIL_TYPE_CHARACTERS = 128;
export const SCHEMA_VERSION = '1';
