// The Slack notifier: a batch of opened alerts, to be posted to the webhook.
import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { DynamoClaims } from '../lib/alerts/claims.ts';
import { loadSlackConfig } from '../lib/alerts/config.ts';
import { SqsNotifierQueue } from '../lib/alerts/notifier-queue.ts';
import { notifyBatch } from '../lib/alerts/notify.ts';
import { SlackSink } from '../lib/alerts/slack-sink.ts';
import { clientConfig } from '../lib/aws-clients.ts';
import { systemClock as clock } from '../lib/clock.ts';
import { SecretText } from '../lib/secret-text.ts';

const log = new Logger();
const config = loadSlackConfig(process.env);
const webhook = new SecretText(
  new SecretsManagerClient(clientConfig(3_000)),
  config.webhookSecretArn,
);
const sink = new SlackSink({ webhook, clock });
const client = new DynamoDBClient(clientConfig(3_000));
const claims = new DynamoClaims({ client, tableName: config.stateTableName, clock });
const sqs = new SQSClient(clientConfig(3_000));
const queue = new SqsNotifierQueue(sqs, config.queueUrl, config.deadLetterQueueUrl);

export async function handler(event: SQSEvent, context: Context): Promise<SQSBatchResponse> {
  log.addContext(context);
  return notifyBatch(event.Records, { sink, claims, queue, clock, log });
}
