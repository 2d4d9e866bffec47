// Names of the metrics that alarms and dashboard read: those the functions emit (EMF), and those that AWS's services do. One
// place, so that nothing watches a name nobody emits.

export const METRICS_NAMESPACE = 'AsanaAuditBus';
/** Dimension of the poller's metrics but DEPLOYMENT_METRICS: the workspace's gid. Powertools adds `service`, the stack's name. */
export const WORKSPACE_DIMENSION = 'Workspace';
/** Dimension of what is counted by detection: its id. */
export const DETECTION_DIMENSION = 'Detection';

export const METRICS = {
  /** 1 for each run that polled, events or none, and 0 for one that failed. Its absence means "not polled". */
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
  /** Seconds since the instant up to which all live events are published; absent once the log is read to its end. */
  unpublishedAge: 'UnpublishedAgeSeconds',
  /** Runs that ended because the bus did not take an event, retries included. */
  publishFailures: 'PublishFailures',
  /** 1 for each run in a silence that is longer than usual and has been reported. */
  feedSilent: 'FeedSilent',
  /** 1 for each run that found the token's secret without a value. */
  tokenMissing: 'TokenMissing',
} as const;
export type MetricName = (typeof METRICS)[keyof typeof METRICS];

/**
 * Counted for the deployment as a whole, with no dimension but `service`, so that one alarm watches every workspace: which
 * one it is stands in the log and in the operational event. All are absent while all is well.
 */
export const DEPLOYMENT_METRICS: ReadonlySet<MetricName> = new Set([
  METRICS.unpublishedAge,
  METRICS.quarantined,
  METRICS.credentialRejections,
  METRICS.offsetResets,
  METRICS.possibleGaps,
  METRICS.publishFailures,
  METRICS.feedSilent,
  METRICS.tokenMissing,
]);

const metric = (namespace: string, metricName: string) => ({ namespace, metricName }) as const;

/** Of the services themselves; they cost nothing. Names as in each service's CloudWatch page, November 2026. */
export const AWS_METRICS = {
  queueVisible: metric('AWS/SQS', 'ApproximateNumberOfMessagesVisible'),
  queueInFlight: metric('AWS/SQS', 'ApproximateNumberOfMessagesNotVisible'),
  queueOldest: metric('AWS/SQS', 'ApproximateAgeOfOldestMessage'),
  queueEmptyReceives: metric('AWS/SQS', 'NumberOfEmptyReceives'),
  objects: metric('AWS/S3', 'NumberOfObjects'),
  invocations: metric('AWS/Lambda', 'Invocations'),
  duration: metric('AWS/Lambda', 'Duration'),
  errors: metric('AWS/Lambda', 'Errors'),
  tableWrites: metric('AWS/DynamoDB', 'ConsumedWriteCapacityUnits'),
  tableReads: metric('AWS/DynamoDB', 'ConsumedReadCapacityUnits'),
  logBytes: metric('AWS/Logs', 'IncomingBytes'),
  matchedEvents: metric('AWS/Events', 'MatchedEvents'),
} as const;
