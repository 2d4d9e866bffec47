// The poll function: one tick of one workspace's schedule.
import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Context } from 'aws-lambda';
import { TokenMissingError } from '../lib/asana/secret-token.ts';
import { clientConfig, s3PathStyle } from '../lib/aws-clients.ts';
import { PutEventsPublisher } from '../lib/bus/put-events-publisher.ts';
import { redactor } from '../lib/bus/redaction.ts';
import { S3Quarantine } from '../lib/bus/s3-quarantine.ts';
import { systemClock as clock } from '../lib/clock.ts';
import { METRICS_NAMESPACE } from '../lib/contract/metrics.ts';
import { DynamoFeedStore } from '../lib/feed/dynamo-feed-store.ts';
import { FeedWatch } from '../lib/feed/feed-watch.ts';
import { probe } from '../lib/feed/probe.ts';
import { Published } from '../lib/feed/published.ts';
import { loadPollConfig, parsePollTick } from '../lib/poller/config.ts';
import { DynamoCheckpointStore } from '../lib/poller/dynamo-checkpoint-store.ts';
import { Poller } from '../lib/poller/poll.ts';
import { emit } from '../lib/poller/poll-metrics.ts';
import { FEED_SILENT, measures, TOKEN_MISSING } from '../lib/poller/summary.ts';
import { budgetOf } from '../lib/poller/tick.ts';
import { WatchedWorkspaces } from '../lib/poller/watched-workspaces.ts';

const log = new Logger();
const metrics = new Metrics({ namespace: METRICS_NAMESPACE });
const config = loadPollConfig(process.env, clock.now());
const publisher = new PutEventsPublisher({
  client: new EventBridgeClient(clientConfig(3_000, 1)),
  eventBusName: config.eventBusName,
  clock,
});
const dynamodb = new DynamoDBClient(clientConfig(3_000));
const checkpoints = new DynamoCheckpointStore(dynamodb, config.checkpointTableName);
const feedStore = new DynamoFeedStore(dynamodb, config.checkpointTableName);
const feed = new FeedWatch({ store: feedStore, publisher, clock, log });
const s3 = new S3Client({ ...clientConfig(10_000), ...s3PathStyle(process.env) });
const quarantine = new S3Quarantine(s3, config.quarantineBucketName);
const secrets = new SecretsManagerClient(clientConfig(3_000));
const workspaces = new WatchedWorkspaces(secrets, config.asanaBaseUrl, clock, log);
const settings = { ...config, redact: redactor(config.redactPaths) };

export async function handler(input: unknown, context: Context): Promise<unknown> {
  log.addContext(context);
  const tick = parsePollTick(input);
  const { workspaceGid } = tick;
  const { token, asana } = workspaces.get(tick);
  try {
    await token.current();
  } catch (error) {
    if (!(error instanceof TokenMissingError)) throw error;
    log.warn(error.message, { workspaceGid, secret: tick.tokenSecretArn });
    emit(metrics, workspaceGid, [TOKEN_MISSING]);
    return { outcome: 'no-token', workspaceGid };
  }
  const published = new Published();
  const onPublished = published.add.bind(published);
  const deps = { asana, publisher, quarantine, checkpoints, clock, log, onPublished };
  const poller = new Poller(deps, settings);
  const [now, monotonic] = [clock.now(), clock.monotonic()];
  const remainingMs = context.getRemainingTimeInMillis();
  const budget = budgetOf({ ...config, ...tick, remainingMs, now, monotonic });
  const summary = await poller.run(workspaceGid, budget);

  published.tell(log, workspaceGid);
  const isSilent = await feed.after({
    workspaceGid,
    caughtUp: summary.outcome === 'caught-up',
    slots: published.slots,
    probe: () => probe(asana, workspaceGid, clock),
  });
  emit(metrics, workspaceGid, [...measures(summary), ...(isSilent ? [FEED_SILENT] : [])]);
  // The next tick is the retry; the error is what makes this one count as failed.
  if (summary.failure !== undefined) throw summary.failure;
  return summary;
}
