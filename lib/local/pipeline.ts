// The whole path on one machine: database, queues, bus, workers, and the poller in front, each speaking to the next
// through the SDK clients and ports the functions use. What is said about it is output.ts's, when to poll poll-loop.ts's.
import { join } from 'node:path';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { openedAndClosedPattern } from '../alerts/delivery/sink-patterns.ts';
import type { Sink } from '../alerts/delivery/sink-port.ts';
import { UPDATE_EVERY_MS } from '../alerts/life/rules.ts';
import { fixedCredential, SlackSink } from '../alerts/slack/sink.ts';
import { DynamoAlertStateStore } from '../alerts/state/dynamo-store.ts';
import { DynamoActiveSuppressions } from '../alerts/suppressions/active.ts';
import { AsanaClient } from '../asana/client.ts';
import { fixedToken } from '../asana/token.ts';
import { PutEventsPublisher } from '../bus/put-events-publisher.ts';
import { redactor } from '../bus/redaction.ts';
import type { Clock } from '../clock.ts';
import { CATALOGUE } from '../detections/catalogue/index.ts';
import { DynamoDueIndex } from '../detections/due/dynamo-due-index.ts';
import { type Swept, sweep } from '../detections/due/sweep.ts';
import type { Tuning } from '../detections/tuning/file.ts';
import { switchedOff, tuned } from '../detections/tuning/tuning.ts';
import { DynamoFeedStore } from '../feed/dynamo-feed-store.ts';
import { FeedWatch } from '../feed/feed-watch.ts';
import { probe } from '../feed/probe.ts';
import type { Log } from '../log.ts';
import { DynamoCheckpointStore } from '../poller/dynamo-checkpoint-store.ts';
import { DynamoFeedProgress } from '../poller/feed-progress.ts';
import { Poller } from '../poller/poll.ts';
import type { Timings } from '../poller/settings.ts';
import { startLocalBus } from './bus.ts';
import { LOCAL_BUS_NAME, LOCAL_REGION } from './bus-entry.ts';
import { CHECKPOINT_TABLE, LOCAL_CREDENTIALS, STATE_TABLE, startDynamoDb } from './dynamodb.ts';
import { FileQuarantine } from './file-quarantine.ts';
import { LocalGroupStore } from './group-store.ts';
import { detectHandler, type Handle, notifyHandler } from './handlers.ts';
import { LocalClaims } from './local-claims.ts';
import type { RunEndpoints } from './lock.ts';
import { OUTBOX_QUEUE, outboxHandler } from './outbox.ts';
import type { RunOutput } from './output.ts';
import { LOCAL_POLL_SETTINGS } from './poll-settings.ts';
import { DurableQueues } from './queue.ts';
import { DETECT_QUEUE, detectionRules, sinkQueue, sinkRule } from './rules.ts';
import type { OpenSource } from './source.ts';
import { Sweeper } from './sweeper.ts';
import { takeOver } from './take-over.ts';
import { TerminalSink } from './terminal-sink.ts';
import { troubleOf, watchedPoller } from './watched-poller.ts';
import { Worker } from './worker.ts';

/** Fewer than the deployed queue has: nothing throttles here, so what fails five times fails for good. */
const DETECT_RECEIVES = 5;
/** Many events of a group become one write of its state; few enough that the poller and Ctrl-C need not wait for them. */
const DETECT_BATCH = 1_000;
/** A person who has just added one waits for it to count. */
const SUPPRESSIONS_FRESH_MS = 1_000;
/** As the deployed queues have it: the notifier waits up to an hour between them. */
const SINK_RECEIVES = 100;
/** Shorter than the function's: a person waits here, and the next poll is the better retry. */
const TIMINGS: Partial<Timings> = { pageBudget: 45_000 };
/** So that a request whose answer drips leaves time within the page's for another. */
const REQUEST_MS = 20_000;

export interface PipelineOptions {
  readonly dataFolder: string;
  readonly source: OpenSource;
  readonly startFrom: string;
  /** The run ends once caught up: what came more of an alert is said once, by the last sweep. */
  readonly once: boolean;
  readonly slackWebhookUrl: string | undefined;
  readonly version: string;
  readonly tuning: Tuning;
  readonly output: RunOutput;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Pipeline {
  readonly poller: Pick<Poller, 'run'>;
  /** Where commands reach this run. */
  readonly endpoints: RunEndpoints;
  /** Messages that an earlier run could not deliver and that are tried again. */
  readonly redriven: number;
  /** Messages handled so far: grows as long as there is progress. */
  handled(): number;
  /** Nothing waits in any queue. */
  isDrained(): boolean;
  /** Says what alerts hold unsaid and decides what only time decides. `last`: nothing of it is left for later. */
  sweep(options?: { readonly last: boolean }): Promise<Swept>;
  counts(): { readonly waiting: number; readonly dead: number };
  /** Finishes what is in hand and stops everything; what is left in the queues is the next run's. */
  close(): Promise<void>;
}

export async function openPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { dataFolder, source, output, clock, log, tuning } = options;
  const catalogue = tuned(CATALOGUE, tuning.overrides);
  const queues = new DurableQueues(join(dataFolder, 'queues.db'), clock);
  const redriven = queues.redrive();
  const database = await startDynamoDb(dataFolder);
  const sinks: Sink[] = [
    new TerminalSink(output),
    ...(options.slackWebhookUrl === undefined
      ? []
      : [new SlackSink({ credential: fixedCredential(options.slackWebhookUrl), clock })]),
  ];
  const bus = await startLocalBus({
    busName: LOCAL_BUS_NAME,
    rules: [
      ...detectionRules(catalogue, { alertOnHistory: true }),
      ...sinks.map(({ name }) => sinkRule(sinkQueue(name), openedAndClosedPattern)),
    ],
    clock,
    send: (messages) => queues.send(messages),
    observe: (events) => output.observe(events),
    lookAgain: () => queues.lookAgain(),
  });
  const eventBridge = new EventBridgeClient({
    endpoint: bus.endpoint,
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
    maxAttempts: 1,
  });
  const publisher = new PutEventsPublisher({
    client: eventBridge,
    eventBusName: LOCAL_BUS_NAME,
    clock,
  });
  const state = { client: database.client, tableName: STATE_TABLE, clock };
  const claims = new LocalClaims(state);
  const groups = new LocalGroupStore({
    file: join(dataFolder, 'groups.db'),
    store: new DynamoAlertStateStore(state),
    clock,
  });
  const worker = (queue: string, maxReceives: number, handle: Handle, maxBatch?: number) =>
    new Worker({ queues, queue, maxReceives, clock, log, handle, ...(maxBatch && { maxBatch }) });
  const detection = {
    catalogue,
    off: switchedOff(CATALOGUE, catalogue),
    alertOnHistory: true,
    windowMs: tuning.windowMs,
    updateEveryMs: options.once ? Number.POSITIVE_INFINITY : UPDATE_EVERY_MS,
    runbookBaseUrl: tuning.runbookBaseUrl,
    store: groups,
    due: new DynamoDueIndex(state),
    suppressions: new DynamoActiveSuppressions({ ...state, log, freshMs: SUPPRESSIONS_FRESH_MS }),
    publisher,
    clock,
  };
  const feed = new DynamoFeedProgress(database.client, CHECKPOINT_TABLE);
  const sweepNow = async ({ last } = { last: false }) => {
    // In this order: what the feed had passed by now has been looked at by detections once their queue is empty.
    const passedUntil = await feed.passedUntil(source.workspaceGid);
    const isLookedAt = queues.nextVisibleAt(DETECT_QUEUE) === undefined;
    return sweep({
      ...detection,
      // At the end an alert that is over says so, and nothing before it.
      by: isLookedAt ? (last ? ['feed', 'clock'] : ['clock', 'feed']) : ['clock'],
      feed: {
        passedUntil: async (gid) =>
          gid === source.workspaceGid ? passedUntil : feed.passedUntil(gid),
      },
      settleMs: 0,
      ...(last ? { early: true, updateEveryMs: 0 } : {}),
      log,
    });
  };
  const sweeper = new Sweeper({ clock, log, sweep: sweepNow });
  const workers = [
    worker(OUTBOX_QUEUE, SINK_RECEIVES, outboxHandler(publisher)),
    worker(DETECT_QUEUE, DETECT_RECEIVES, detectHandler(detection), DETECT_BATCH),
    ...sinks.map((sink) =>
      worker(
        sinkQueue(sink.name),
        SINK_RECEIVES,
        notifyHandler({ queues, claims, sink, clock, log }),
      ),
    ),
  ];
  for (const each of workers) each.start();
  sweeper.start();

  const asana = new AsanaClient({
    baseUrl: source.baseUrl,
    version: options.version,
    token: fixedToken(source.token),
    clock,
    log,
    limits: { requestTimeout: REQUEST_MS },
  });
  const checkpoints = new DynamoCheckpointStore(database.client, CHECKPOINT_TABLE);
  const { workspaceGid, rewritten } = source;
  const { startFrom } = options;
  const warning = await takeOver(checkpoints, { workspaceGid, startFrom, rewritten, clock });
  if (warning !== undefined) log.warn(warning);
  source.remember();
  const settings = {
    startFrom,
    redact: redactor(LOCAL_POLL_SETTINGS.redactPaths),
    maxEventBytes: LOCAL_POLL_SETTINGS.maxEventBytes,
    skipUnreadable: false,
    timings: TIMINGS,
  };
  const quarantine = new FileQuarantine(dataFolder);
  const deps = { asana, publisher, quarantine, checkpoints, clock, log };
  const store = new DynamoFeedStore(database.client, CHECKPOINT_TABLE);
  const poller = source.goesOn
    ? watchedPoller(
        (onPublished) => new Poller({ ...deps, onPublished }, settings),
        new FeedWatch({ store, publisher, clock, log: troubleOf(log) }),
        () => probe(asana, workspaceGid, clock),
      )
    : new Poller(deps, settings);

  return {
    poller,
    endpoints: { dynamodb: database.endpoint, bus: bus.endpoint },
    redriven,
    handled: () => workers.reduce((sum, each) => sum + each.handled, 0),
    isDrained: () => queues.isDrained(),
    counts: () => queues.counts(),
    sweep: sweepNow,
    async close() {
      await sweeper.stop();
      await Promise.all(workers.map((each) => each.stop()));
      await asana.close();
      eventBridge.destroy();
      await bus.close();
      await database.close();
      groups.close();
      queues.close();
    },
  };
}
