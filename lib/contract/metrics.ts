// Names of the metrics the functions emit (EMF) and the alarms read. One place, so that no alarm watches a name nobody emits.

export const METRICS_NAMESPACE = 'AsanaAuditBus';
/** Dimension of every poller metric: the workspace's gid. Powertools adds `service`, the stack's name. */
export const WORKSPACE_DIMENSION = 'Workspace';
/** Dimension of what is counted by detection: its id. */
export const DETECTION_DIMENSION = 'Detection';

export const METRICS = {
  /** 1 for each run that polled successfully, events or none. Its absence means "not polled". */
  heartbeat: 'Heartbeat',
  eventsPublished: 'EventsPublished',
  /** Seconds; 0 only when the last answer was empty, else now minus the newest published created_at. */
  lagSeconds: 'LagSeconds',
  pages: 'Pages',
  duplicatesDropped: 'DuplicatesDropped',
  publishRetries: 'PublishRetries',
  quarantined: 'Quarantined',
  credentialRejections: 'CredentialRejections',
  offsetResets: 'OffsetResets',
  possibleGaps: 'PossibleGaps',
  unreadablePages: 'UnreadablePages',
  unknownTypes: 'UnknownTypes',
  /** Messages that failed because a detection's own code did, by detection. */
  detectionFailures: 'DetectionFailures',
} as const;
export type MetricName = (typeof METRICS)[keyof typeof METRICS];
