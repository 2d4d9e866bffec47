// The environment variables of each function: one list, used by the CDK app that sets them and by the code that reads them.
// Which function gets which, and what it is without one, is a table in docs/architecture.md.

export const ENVIRONMENT = {
  /** Name of the event bus. */
  eventBusName: 'EVENT_BUS_NAME',
  /** DynamoDB table of checkpoints. */
  checkpointTableName: 'CHECKPOINT_TABLE_NAME',
  /** S3 bucket for events that cannot travel whole. */
  quarantineBucketName: 'QUARANTINE_BUCKET_NAME',
  /** Asana's API, `https://app.asana.com/api/1.0` unless set; http for a loopback address only. */
  asanaBaseUrl: 'ASANA_BASE_URL',
  /** Page size asked for; absent leaves it to Asana. */
  asanaPageLimit: 'ASANA_PAGE_LIMIT',
  /** `now`, `oldest` or an ISO 8601 timestamp; read only while a workspace has no checkpoint. */
  startFrom: 'START_FROM',
  /** Seconds between polls; below 60 one invocation polls repeatedly. */
  pollIntervalSeconds: 'POLL_INTERVAL_SECONDS',
  /** JSON array of dotted paths below `data`, redacted besides `details.saml_response`. */
  redactPaths: 'REDACT_PATHS',
  /** Largest delivered form of an event in bytes before it goes to quarantine. */
  maxEventBytes: 'MAX_EVENT_BYTES',
  /** `true` to step over an event that cannot be read even alone. */
  skipUnreadable: 'SKIP_UNREADABLE',
  /** DynamoDB table of detection state, alerts and sink claims. */
  stateTableName: 'STATE_TABLE_NAME',
  /** `true` when events of origin `backfill` raise alerts too. */
  alertOnHistory: 'ALERT_ON_HISTORY',
  /** Minutes in which matches of one detection and entity are one alert. */
  alertWindowMinutes: 'ALERT_WINDOW_MINUTES',
  /** Address of the page that documents the detections; alerts link to its section. */
  runbookBaseUrl: 'RUNBOOK_BASE_URL',
  /** Name of the file beside the bundle that holds what configuration changes about detections; absent: nothing. */
  detectionsFile: 'DETECTIONS_FILE',
  /** ARN of the secret that holds the incoming webhook's address or the bot's token. */
  slackWebhookSecretArn: 'SLACK_WEBHOOK_SECRET_ARN',
  /** Slack's Web API, `https://slack.com/api/` unless set; http for a loopback address only. */
  slackApiUrl: 'SLACK_API_URL',
  /** JSON: least severities, channels, alerts a minute. */
  delivery: 'DELIVERY',
  /** The topic alerts go to. */
  alertTopicArn: 'ALERT_TOPIC_ARN',
  /** Gids of the workspaces, separated by commas. */
  workspaceGids: 'WORKSPACE_GIDS',
  /** IANA's name of the zone whose days get a digest each, `UTC` unless set. */
  digestTimeZone: 'DIGEST_TIME_ZONE',
  /** The notifier's own queue, where it defers a message. */
  queueUrl: 'QUEUE_URL',
  /** Where the notifier puts what a sink refuses for good. */
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
} as const;
