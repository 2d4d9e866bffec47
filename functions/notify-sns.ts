// The SNS notifier: a batch of alerts, to be published on the topic.
import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { DynamoClaims } from '../lib/alerts/delivery/claims.ts';
import { loadSnsConfig } from '../lib/alerts/delivery/config.ts';
import { SqsNotifierQueue } from '../lib/alerts/delivery/notifier-queue.ts';
import { notifyBatch } from '../lib/alerts/delivery/notify.ts';
import { DynamoStormGuard } from '../lib/alerts/delivery/storm-guard.ts';
import { SnsSink } from '../lib/alerts/sns/sink.ts';
import { clientConfig } from '../lib/aws-clients.ts';
import { systemClock as clock } from '../lib/clock.ts';

const log = new Logger();
const config = loadSnsConfig(process.env);
// One attempt: the SDK's own retry after a lost answer would publish twice unseen; the queue is the retry.
const sink = new SnsSink(new SNSClient(clientConfig(5_000, 1)), config.topicArn);
const client = new DynamoDBClient(clientConfig(3_000));
const table = { client, tableName: config.stateTableName, clock };
const claims = new DynamoClaims(table);
const { minimumSeverity, newAlertsPerMinute } = config.delivery.sns;
const storms = new DynamoStormGuard({ ...table, sink: sink.name, newAlertsPerMinute });
const sqs = new SQSClient(clientConfig(3_000));
const queue = new SqsNotifierQueue(sqs, config.queueUrl, config.deadLetterQueueUrl);

export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  log.addContext(context);
  const deps = { sink, claims, storms, minimumSeverity, queue, clock, log };
  return notifyBatch(event.Records, deps);
}
