// The functions as functions/*.ts wire them: the same parts of lib with real SDK clients, here with the addresses of
// servers that misbehave, a faster clock, and time limits and back-off a hundred times shorter.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { type ClaimKey, type Claims, DynamoClaims } from '../../lib/alerts/delivery/claims.ts';
import { type QueueMessage, SqsNotifierQueue } from '../../lib/alerts/delivery/notifier-queue.ts';
import { type NotifyResult, notifyBatch } from '../../lib/alerts/delivery/notify.ts';
import type { Sink } from '../../lib/alerts/delivery/sink-port.ts';
import { DynamoStormGuard } from '../../lib/alerts/delivery/storm-guard.ts';
import { SlackSink } from '../../lib/alerts/slack/sink.ts';
import { SnsSink } from '../../lib/alerts/sns/sink.ts';
import { DynamoAlertStateStore } from '../../lib/alerts/state/dynamo-store.ts';
import { DynamoActiveSuppressions } from '../../lib/alerts/suppressions/active.ts';
import { AsanaClient } from '../../lib/asana/client.ts';
import { SecretToken } from '../../lib/asana/secret-token.ts';
import { clientConfig } from '../../lib/aws-clients.ts';
import type { BulkPublisher } from '../../lib/bus/publisher-port.ts';
import { PutEventsPublisher } from '../../lib/bus/put-events-publisher.ts';
import { DEFAULT_REDACT_PATHS, redactor } from '../../lib/bus/redaction.ts';
import { S3Quarantine } from '../../lib/bus/s3-quarantine.ts';
import { DEFAULT_RUNBOOK_BASE_URL } from '../../lib/contract/runbook.ts';
import { CATALOGUE } from '../../lib/detections/catalogue/index.ts';
import { type BatchResult, type DetectRecord, detectBatch } from '../../lib/detections/detect.ts';
import { DynamoDueIndex } from '../../lib/detections/due/dynamo-due-index.ts';
import { DynamoDueNotes } from '../../lib/detections/due/dynamo-due-notes.ts';
import { SETTLE_MS, type Swept, sweep, sweepAndStay } from '../../lib/detections/due/sweep.ts';
import { FailureReports } from '../../lib/detections/failures/reports.ts';
import { describeError } from '../../lib/errors.ts';
import { DynamoFeedStore } from '../../lib/feed/dynamo-feed-store.ts';
import { FeedWatch } from '../../lib/feed/feed-watch.ts';
import { probe } from '../../lib/feed/probe.ts';
import { Published } from '../../lib/feed/published.ts';
import type { Log } from '../../lib/log.ts';
import type { CheckpointStore } from '../../lib/poller/checkpoint-store.ts';
import { DynamoCheckpointStore } from '../../lib/poller/dynamo-checkpoint-store.ts';
import { DynamoFeedProgress } from '../../lib/poller/feed-progress.ts';
import { Poller } from '../../lib/poller/poll.ts';
import { budgetOf } from '../../lib/poller/tick.ts';

import { SecretText } from '../../lib/secret-text.ts';
import { type Break, broken } from './breaks.ts';
import { type ClockSetting, FastClock } from './clock.ts';

/** Base URLs of the servers. */
export interface Addresses {
  readonly bus: string;
  readonly dynamodb: string;
  readonly aws: string;
  readonly slackApi: string;
  readonly secrets: string;
}

/** All that differs from one seed to the next; plain data, so that it can be sent to another process. */
export interface Setting {
  readonly workspaceGid: string;
  readonly asanaUrl: string;
  readonly checkpointTable: string;
  readonly stateTable: string;
  readonly pageLimit?: number | undefined;
  readonly pollIntervalSeconds: number;
  /** PutEvents requests in flight: what a death may double depends on it. */
  readonly requestsInFlight: number;
  readonly newAlertsPerMinute: number;
  readonly skipUnreadable: boolean;
  /** Milliseconds of the fast clock for one page. @default - as in production: 0.9 s by the wall */
  readonly pageBudget?: number | undefined;
  /** Real milliseconds after which an answer counts as lost. */
  readonly timeout: number;
  /** The same for Asana's. */
  readonly asanaTimeout: number;
  readonly break?: Break | undefined;
}

export interface Polled {
  readonly outcome: string;
  readonly code?: string | undefined;
  readonly retryable?: boolean | undefined;
  /** What the SDK or anything else threw, in words. */
  readonly cause?: string | undefined;
  readonly published: number;
  readonly fetched: number;
  readonly pages: number;
}

export interface Calls {
  poll(remainingMs: number): Promise<Polled>;
  detect(records: readonly DetectRecord[]): Promise<BatchResult>;
  /** @param stays for what comes due within the minute, as the function does */
  sweep(remainingMs: number, stays?: boolean): Promise<Swept>;
  'notify-slack'(messages: readonly QueueMessage[]): Promise<NotifyResult>;
  'notify-sns'(messages: readonly QueueMessage[]): Promise<NotifyResult>;
}

export const TOKEN_SECRET = 'arn:asana-token';
export const SLACK_SECRET = 'arn:slack';
export const TOKEN = 'marked-asana-token';
const BUCKET = 'quarantine';
const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:alerts';
/** In which a detection's matches for one entity are one alert, in whatever order: longer than any seed lasts. */
export const WINDOW_MS = 6 * 86_400_000;

/** Hears what no server sees. */
export interface Observer {
  /** A claim could not be written. */
  readonly unnoted?: (sink: string, claim: string) => void;
  /** A lease was taken, or given back; each has a version. */
  readonly taken?: (version: number) => void;
  readonly given?: (version: number) => void;
  /** The holder of that lease begins to read what is remembered, or has tried to write it. */
  readonly reads?: (version: number) => void;
  readonly remembered?: (version: number) => void;
}

/** @param log hears all that the functions log */
export function wire(
  addresses: Addresses,
  setting: Setting,
  time: ClockSetting | FastClock,
  log: Log,
  observer: Observer = {},
) {
  const clock = time instanceof FastClock ? time : new FastClock(time);
  const clients = clientsOf(addresses, setting.timeout);
  const publisher = (maxRounds?: number) =>
    broken(setting.break).publisher(
      new PutEventsPublisher({
        client: broken(setting.break).eventBridge(clients.eventBridge),
        eventBusName: 'audit',
        clock,
        concurrency: setting.requestsInFlight,
        ...(maxRounds === undefined ? {} : { maxRounds }),
      }),
    );
  const state = { client: clients.dynamodb, tableName: setting.stateTable, clock };
  const detection = {
    catalogue: CATALOGUE,
    alertOnHistory: true,
    windowMs: WINDOW_MS,
    graceMs: WINDOW_MS,
    runbookBaseUrl: DEFAULT_RUNBOOK_BASE_URL,
    store: broken(setting.break).alertStates(new DynamoAlertStateStore(state)),
    suppressions: new DynamoActiveSuppressions({ ...state, log }),
    clock,
    log,
  };
  /** Detecting and sweeping report what fails on a publisher of their own, once their work is done. */
  const reporting = async <T>(
    maxRounds: number | undefined,
    work: (deps: { publisher: BulkPublisher; metrics: FailureReports }) => Promise<T>,
  ): Promise<T> => {
    const own = publisher(maxRounds);
    const metrics = new FailureReports({ publisher: own, clock, log, count: () => {} });
    const done = await work({ publisher: own, metrics });
    await metrics.publish();
    return done;
  };
  const asana = new AsanaClient({
    baseUrl: setting.asanaUrl,
    version: '0.0.0',
    token: new SecretToken(new SecretText(clients.secrets, TOKEN_SECRET)),
    clock,
    log,
    limits: {
      connectTimeout: 2_000,
      headersTimeout: setting.asanaTimeout,
      bodyTimeout: setting.asanaTimeout,
      requestTimeout: setting.asanaTimeout,
      maxResponseBytes: 1_000_000,
    },
  });
  const feed = new FeedWatch({
    store: new DynamoFeedStore(clients.dynamodb, setting.checkpointTable),
    publisher: publisher(),
    clock,
    log,
  });
  const poller = (published: Published) =>
    new Poller(
      {
        asana,
        publisher: publisher(),
        quarantine: broken(setting.break).quarantine(new S3Quarantine(clients.s3, BUCKET)),
        checkpoints: broken(setting.break).checkpoints(
          watchedLeases(
            new DynamoCheckpointStore(clients.dynamodb, setting.checkpointTable),
            observer,
          ),
        ),
        clock,
        log,
        onPublished: published.add.bind(published),
      },
      {
        startFrom: 'oldest',
        redact: redactor(DEFAULT_REDACT_PATHS),
        maxEventBytes: 240 * 1024,
        pageLimit: setting.pageLimit,
        skipUnreadable: setting.skipUnreadable,
        ...(setting.pageBudget === undefined
          ? {}
          : { timings: { pageBudget: setting.pageBudget } }),
      },
    );
  const notifier = (sink: Sink) => (messages: readonly QueueMessage[]) =>
    notifyBatch(messages, {
      sink,
      claims: broken(setting.break).claims(
        watched(new DynamoClaims(state), (claim) => observer.unnoted?.(sink.name, claim)),
      ),
      storms: new DynamoStormGuard({
        ...state,
        sink: sink.name,
        newAlertsPerMinute: setting.newAlertsPerMinute,
      }),
      queue: new SqsNotifierQueue(clients.sqs, `${sink.name}`, `${sink.name}-dead`),
      clock,
      log,
    });
  const slack = new SlackSink({
    credential: new SecretText(clients.secrets, SLACK_SECRET),
    clock,
    delivery: { channel: 'C0000001', routes: [] },
    apiUrl: addresses.slackApi,
    timeoutMs: setting.timeout,
  });
  const calls: Calls = {
    async poll(remainingMs) {
      const { pollIntervalSeconds } = setting;
      const [now, monotonic] = [clock.now(), clock.monotonic()];
      const tick = { remainingMs, pollIntervalSeconds, scheduledTime: undefined, now, monotonic };
      const { workspaceGid } = setting;
      const news = new Published();
      const summary = await poller(news).run(workspaceGid, budgetOf(tick));
      const { outcome, failure, published, fetched, pages } = summary;
      news.tell(log, workspaceGid);
      await feed.after({
        workspaceGid,
        caughtUp: outcome === 'caught-up',
        slots: news.slots,
        probe: () => probe(asana, workspaceGid, clock),
      });
      const { code, retryable } = failure ?? {};
      const cause = failure?.cause === undefined ? undefined : describeError(failure.cause);
      return { outcome, code, retryable, cause, published, fetched, pages };
    },
    detect: (records) =>
      reporting(3, (own) =>
        detectBatch(records, { ...detection, ...own, due: new DynamoDueNotes(state) }),
      ),
    sweep: (remainingMs, stays = true) =>
      reporting(undefined, (own) =>
        (stays ? sweepAndStay : sweep)({
          ...detection,
          ...own,
          due: new DynamoDueIndex(state),
          feed: new DynamoFeedProgress(clients.dynamodb, setting.checkpointTable),
          settleMs: SETTLE_MS,
          endsAt: clock.monotonic() + remainingMs - 15_000,
        }),
      ),
    'notify-slack': notifier(slack),
    'notify-sns': notifier(new SnsSink(clients.sns, TOPIC)),
  };
  return { calls, close: () => asana.close() };
}

/** Claims that tell what could not be written. */
function watched(claims: DynamoClaims, failed: (claim: string) => void): Claims {
  const tell = (key: ClaimKey) => (error: unknown) => {
    failed(`${key.scope} ${key.name}`);
    throw error;
  };
  return {
    claim: (key) => claims.claim(key),
    read: (key) => claims.read(key),
    confirm: (key, memory) => claims.confirm(key, memory).catch(tell(key)),
    release: (key, token, memory) => claims.release(key, token, memory).catch(tell(key)),
  };
}

function watchedLeases(store: DynamoCheckpointStore, observer: Observer): CheckpointStore {
  const { taken, given, reads, remembered } = observer;
  if (taken === undefined || given === undefined) return store;
  let version = 0;
  return {
    async takeLease(...asked) {
      const answer = await store.takeLease(...asked);
      if (answer.taken) {
        version = answer.lease.version;
        taken(version);
      }
      return answer;
    },
    async save(lease, checkpoint, expectedPage, options) {
      await store.save(lease, checkpoint, expectedPage, options);
      if (options?.release) given(lease.version);
    },
    async release(lease) {
      await store.release(lease);
      given(lease.version);
    },
    renewLease: (...asked) => store.renewLease(...asked),
    loadMemory(...asked) {
      reads?.(version);
      return store.loadMemory(...asked);
    },
    saveMemory: (lease, memory) =>
      store.saveMemory(lease, memory).finally(() => remembered?.(lease.version)),
  };
}

const REGION = 'eu-west-1';
const built = new Map<string, ReturnType<typeof buildClients>>();

function clientsOf(addresses: Addresses, timeout: number) {
  const key = JSON.stringify([addresses, timeout]);
  const known = built.get(key);
  if (known !== undefined) return known;
  const clients = buildClients(addresses, timeout);
  built.set(key, clients);
  return clients;
}

function buildClients(addresses: Addresses, timeout: number) {
  const at = (endpoint: string, attempts = 3) => ({
    ...clientConfig(timeout, attempts),
    endpoint,
    region: REGION,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    retryStrategy: soon(attempts),
  });
  return {
    eventBridge: new EventBridgeClient(at(addresses.bus, 1)),
    dynamodb: new DynamoDBClient(at(addresses.dynamodb)),
    s3: new S3Client({ ...at(addresses.aws), forcePathStyle: true }),
    sqs: new SQSClient(at(addresses.aws)),
    sns: new SNSClient(at(addresses.aws, 1)),
    secrets: new SecretsManagerClient(at(addresses.secrets)),
  };
}

/** The SDK's standard retries, with waits of a millisecond instead of its hundred and more. */
function soon(attempts: number) {
  const token = (count: number) => ({ getRetryCount: () => count, getRetryDelay: () => 1 });
  return {
    mode: 'standard',
    acquireInitialRetryToken: async () => ({ ...token(0), getRetryDelay: () => 0 }),
    async refreshRetryTokenForRetry(
      before: { getRetryCount(): number },
      error: { errorType: string },
    ) {
      const count = before.getRetryCount() + 1;
      if (count >= attempts || error.errorType === 'CLIENT_ERROR') throw new Error('no retry');
      return token(count);
    },
    recordSuccess() {},
  };
}
