// The sweep function: decides, once a minute, what only time can decide.
import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { Context } from 'aws-lambda';
import { DynamoAlertStateStore } from '../lib/alerts/state/dynamo-store.ts';
import { DynamoActiveSuppressions } from '../lib/alerts/suppressions/active.ts';
import { clientConfig } from '../lib/aws-clients.ts';
import { PutEventsPublisher } from '../lib/bus/put-events-publisher.ts';
import { systemClock as clock } from '../lib/clock.ts';
import { CATALOGUE } from '../lib/detections/catalogue/index.ts';
import { loadSweepConfig, readOverridesFile } from '../lib/detections/config.ts';
import { DynamoDueIndex } from '../lib/detections/due/dynamo-due-index.ts';
import { SETTLE_MS, type Swept, sweepAndStay } from '../lib/detections/due/sweep.ts';
import { countDetectionFailure } from '../lib/detections/failures/metric.ts';
import { FailureReports } from '../lib/detections/failures/reports.ts';
import { tuned } from '../lib/detections/tuning/tuning.ts';
import { DynamoFeedProgress } from '../lib/poller/feed-progress.ts';

const log = new Logger();
const config = loadSweepConfig(process.env);
const overrides = readOverridesFile(config.detectionsFile, import.meta.url, CATALOGUE);
const catalogue = tuned(CATALOGUE, overrides);
const client = new DynamoDBClient(clientConfig(3_000));
const table = { client, tableName: config.stateTableName };
const store = new DynamoAlertStateStore({ ...table, clock });
const due = new DynamoDueIndex(table);
const feed = new DynamoFeedProgress(client, config.checkpointTableName);
const suppressions = new DynamoActiveSuppressions({ ...table, clock, log });
const publisher = new PutEventsPublisher({
  client: new EventBridgeClient(clientConfig(3_000, 1)),
  eventBusName: config.eventBusName,
  clock,
  // What is left after these is the next sweep's, well within what is kept of the time for one note.
  maxRounds: 3,
});
const failures = new FailureReports({ publisher, clock, log, count: countDetectionFailure });
/** Left of an invocation when nothing new is begun: longer than one note takes. */
const RESERVE_MS = 15_000;

export async function handler(_input: unknown, context: Context): Promise<Swept> {
  log.addContext(context);
  const endsAt = clock.monotonic() + context.getRemainingTimeInMillis() - RESERVE_MS;
  const deps = { ...config, catalogue, store, due, suppressions, feed, publisher, clock, log };
  const swept = await sweepAndStay({
    ...deps,
    metrics: failures,
    settleMs: SETTLE_MS,
    endsAt,
  });
  await failures.publish();
  log.info('Swept.', { ...swept });
  return swept;
}
