// The Slack notifier: a batch of alerts, to be posted or edited with a bot's token, or posted to a webhook.
import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { DynamoClaims } from '../lib/alerts/delivery/claims.ts';
import { loadSlackConfig } from '../lib/alerts/delivery/config.ts';
import { SqsNotifierQueue } from '../lib/alerts/delivery/notifier-queue.ts';
import { notifyBatch } from '../lib/alerts/delivery/notify.ts';
import { DynamoStormGuard } from '../lib/alerts/delivery/storm-guard.ts';
import { SlackSink } from '../lib/alerts/slack/sink.ts';
import { clientConfig } from '../lib/aws-clients.ts';
import { systemClock as clock } from '../lib/clock.ts';
import { SecretText } from '../lib/secret-text.ts';

const log = new Logger();
const config = loadSlackConfig(process.env);
const credential = new SecretText(new SecretsManagerClient(clientConfig(3_000)), config.secretArn);
const { apiUrl, delivery } = config;
const sink = new SlackSink({ credential, clock, delivery: delivery.slack, apiUrl });
const client = new DynamoDBClient(clientConfig(3_000));
const table = { client, tableName: config.stateTableName, clock };
const claims = new DynamoClaims(table);
const { minimumSeverity, newAlertsPerMinute } = config.delivery.slack;
const storms = new DynamoStormGuard({ ...table, sink: sink.name, newAlertsPerMinute });
const sqs = new SQSClient(clientConfig(3_000));
const queue = new SqsNotifierQueue(sqs, config.queueUrl, config.deadLetterQueueUrl);

export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  log.addContext(context);
  const deps = { sink, claims, storms, minimumSeverity, queue, clock, log };
  return notifyBatch(event.Records, deps);
}
