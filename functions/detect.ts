// The detect function: a batch of events that detections matched, to be raised as alerts.
import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { DynamoAlertStateStore } from '../lib/alerts/state-store.ts';
import { clientConfig } from '../lib/aws-clients.ts';
import { PutEventsPublisher } from '../lib/bus/put-events-publisher.ts';
import { systemClock as clock } from '../lib/clock.ts';
import { CATALOGUE } from '../lib/detections/catalogue/index.ts';
import { loadDetectConfig } from '../lib/detections/config.ts';
import { detectBatch } from '../lib/detections/detect.ts';

const log = new Logger();
const config = loadDetectConfig(process.env);
const store = new DynamoAlertStateStore({
  client: new DynamoDBClient(clientConfig(3_000)),
  tableName: config.stateTableName,
  clock,
});
const publisher = new PutEventsPublisher({
  client: new EventBridgeClient(clientConfig(3_000, 1)),
  eventBusName: config.eventBusName,
  clock,
  // What is left after these is retried by the queue, well within the function's 30 seconds.
  maxRounds: 3,
});

export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  log.addContext(context);
  return detectBatch(event.Records, {
    ...config,
    catalogue: CATALOGUE,
    store,
    publisher,
    clock,
    log,
  });
}
