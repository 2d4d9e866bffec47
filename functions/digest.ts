// The digest function: once a day, what the day was like, to Slack and SNS.
import { Logger } from '@aws-lambda-powertools/logger';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import type { Context } from 'aws-lambda';
import { DynamoClaims } from '../lib/alerts/delivery/claims.ts';
import { loadDigestConfig } from '../lib/alerts/digest/config.ts';
import { expiringSuppressions } from '../lib/alerts/digest/expiring-suppressions.ts';
import { sendDigest } from '../lib/alerts/digest/send.ts';
import { DynamoDigestSource } from '../lib/alerts/digest/source.ts';
import { SlackSink } from '../lib/alerts/slack/sink.ts';
import { SnsSink } from '../lib/alerts/sns/sink.ts';
import { DynamoSuppressionStore } from '../lib/alerts/suppressions/store.ts';
import { clientConfig } from '../lib/aws-clients.ts';
import { systemClock as clock } from '../lib/clock.ts';
import { CATALOGUE } from '../lib/detections/catalogue/index.ts';
import { readOverridesFile } from '../lib/detections/config.ts';
import { tuned } from '../lib/detections/tuning/tuning.ts';
import { SecretText } from '../lib/secret-text.ts';

const log = new Logger();
const config = loadDigestConfig(process.env);
const overrides = readOverridesFile(config.detectionsFile, import.meta.url, CATALOGUE);
const catalogue = tuned(CATALOGUE, overrides);
const client = new DynamoDBClient(clientConfig(3_000));
const source = new DynamoDigestSource({ ...config, client });
const suppressions = new DynamoSuppressionStore({ client, tableName: config.stateTableName });
const expiring = (from: number, to: number) => expiringSuppressions(suppressions, from, to);
const claims = new DynamoClaims({ client, tableName: config.stateTableName, clock });
// One attempt each: a retry after a lost answer would send twice unseen; Lambda calls again.
const sns = new SnsSink(new SNSClient(clientConfig(5_000, 1)), config.topicArn);
const sinks = config.secretArn === undefined ? [sns] : [sns, slackSink(config.secretArn)];

function slackSink(secretArn: string): SlackSink {
  const credential = new SecretText(new SecretsManagerClient(clientConfig(3_000)), secretArn);
  const { apiUrl, delivery } = config;
  return new SlackSink({ credential, clock, delivery: delivery.slack, apiUrl });
}

/** @param input `{ "scheduledTime": "<ISO 8601>" }`; without it the digest is of now */
export async function handler(
  input: { readonly scheduledTime?: string } | undefined,
  context: Context,
): Promise<Readonly<Record<string, string>>> {
  log.addContext(context);
  const scheduled = Date.parse(input?.scheduledTime ?? '');
  const until = Number.isNaN(scheduled) ? clock.now() : scheduled;
  return sendDigest(until, { ...config, catalogue, source, sinks, claims, expiring, clock, log });
}
