// The detect function: a batch of events that detections matched, to be raised as alerts.
import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { DynamoAlertStateStore } from '../lib/alerts/state/dynamo-store.ts';
import { DynamoActiveSuppressions } from '../lib/alerts/suppressions/active.ts';
import { clientConfig } from '../lib/aws-clients.ts';
import { PutEventsPublisher } from '../lib/bus/put-events-publisher.ts';
import { systemClock as clock } from '../lib/clock.ts';
import { CATALOGUE } from '../lib/detections/catalogue/index.ts';
import { loadDetectConfig, readOverridesFile } from '../lib/detections/config.ts';
import { detectBatch } from '../lib/detections/detect.ts';
import { DynamoDueNotes } from '../lib/detections/due/dynamo-due-notes.ts';
import { countDetectionFailure } from '../lib/detections/failures/metric.ts';
import { FailureReports } from '../lib/detections/failures/reports.ts';
import { switchedOff, tuned } from '../lib/detections/tuning/tuning.ts';

const log = new Logger();
const config = loadDetectConfig(process.env);
const overrides = readOverridesFile(config.detectionsFile, import.meta.url, CATALOGUE);
const catalogue = tuned(CATALOGUE, overrides);
const off = switchedOff(CATALOGUE, catalogue);
const table = {
  client: new DynamoDBClient(clientConfig(3_000)),
  tableName: config.stateTableName,
};
const store = new DynamoAlertStateStore({ ...table, clock });
const due = new DynamoDueNotes(table);
const suppressions = new DynamoActiveSuppressions({ ...table, clock, log });
const publisher = new PutEventsPublisher({
  client: new EventBridgeClient(clientConfig(3_000, 1)),
  eventBusName: config.eventBusName,
  clock,
  // What is left after these is retried by the queue, well within the function's 30 seconds.
  maxRounds: 3,
});
const failures = new FailureReports({ publisher, clock, log, count: countDetectionFailure });

export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  log.addContext(context);
  const result = await detectBatch(event.Records, {
    ...config,
    catalogue,
    off,
    store,
    due,
    suppressions,
    metrics: failures,
    publisher,
    clock,
    log,
  });
  await failures.publish();
  return result;
}
