// The environment variables of each function: one list, used by the CDK app that sets them and by the code that reads them.
// docs/architecture.md shows this as a table.

export const ENVIRONMENT = {
  /** Name of the event bus (poll, detect). */
  eventBusName: 'EVENT_BUS_NAME',
  /** DynamoDB table of checkpoints (poll). */
  checkpointTableName: 'CHECKPOINT_TABLE_NAME',
  /** S3 bucket for events that cannot travel whole (poll). */
  quarantineBucketName: 'QUARANTINE_BUCKET_NAME',
  /** Asana's API, `https://app.asana.com/api/1.0` unless set; http for a loopback address only (poll). */
  asanaBaseUrl: 'ASANA_BASE_URL',
  /** Page size asked for; absent leaves it to Asana (poll). */
  asanaPageLimit: 'ASANA_PAGE_LIMIT',
  /** `now`, `oldest` or an ISO 8601 timestamp; read only while a workspace has no checkpoint (poll). */
  startFrom: 'START_FROM',
  /** Seconds between polls; below 60 one invocation polls repeatedly (poll). */
  pollIntervalSeconds: 'POLL_INTERVAL_SECONDS',
  /** JSON array of dotted paths below `data`, redacted besides `details.saml_response` (poll). */
  redactPaths: 'REDACT_PATHS',
  /** Largest delivered form of an event in bytes before it goes to quarantine (poll). */
  maxEventBytes: 'MAX_EVENT_BYTES',
  /** `true` to step over an event that cannot be read even alone (poll). */
  skipUnreadable: 'SKIP_UNREADABLE',
  /** DynamoDB table of detection state, alerts and sink claims (detect, notify-slack, notify-sns). */
  stateTableName: 'STATE_TABLE_NAME',
  /** `true` when events of origin `backfill` raise alerts too (detect). */
  alertOnHistory: 'ALERT_ON_HISTORY',
  /** Minutes in which matches of one detection and entity are one alert (detect). */
  alertWindowMinutes: 'ALERT_WINDOW_MINUTES',
  /** Address of the page that documents the detections; alerts link to its section (detect). */
  runbookBaseUrl: 'RUNBOOK_BASE_URL',
  /** Name of the file beside the bundle that holds what configuration changes about detections; absent: nothing (detect). */
  detectionsFile: 'DETECTIONS_FILE',
  /** ARN of the secret that holds the incoming webhook's address or the bot's token (notify-slack, digest). */
  slackWebhookSecretArn: 'SLACK_WEBHOOK_SECRET_ARN',
  /** Slack's Web API, `https://slack.com/api/` unless set; http for a loopback address only (notify-slack). */
  slackApiUrl: 'SLACK_API_URL',
  /** JSON: least severities, channels, alerts a minute (notify-slack, notify-sns). */
  delivery: 'DELIVERY',
  /** The topic alerts go to (notify-sns, digest). */
  alertTopicArn: 'ALERT_TOPIC_ARN',
  /** Gids of the workspaces, separated by commas (digest). */
  workspaceGids: 'WORKSPACE_GIDS',
  /** IANA's name of the zone whose days get a digest each, `UTC` unless set (digest). */
  digestTimeZone: 'DIGEST_TIME_ZONE',
  /** The notifier's own queue, where it defers a message (notify-slack, notify-sns). */
  queueUrl: 'QUEUE_URL',
  /** Where the notifier puts what a sink refuses for good (notify-slack, notify-sns). */
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
} as const;
