// The whole path on one machine: database, queues, bus, workers, and the poller in front, each speaking to the next
// through the SDK clients and ports the functions use. What is said about it is output.ts's, when to poll poll-loop.ts's.
import { join } from 'node:path';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { DEFAULT_ALERT_WINDOW_MINUTES } from '../alerts/life.ts';
import { DynamoAlertStateStore } from '../alerts/state-store.ts';
import { AsanaClient } from '../asana/client.ts';
import { fixedToken } from '../asana/token.ts';
import { DEFAULT_MAX_EVENT_BYTES } from '../bus/envelope.ts';
import { PutEventsPublisher } from '../bus/put-events-publisher.ts';
import { DEFAULT_REDACT_PATHS, redactor } from '../bus/redaction.ts';
import type { Clock } from '../clock.ts';
import { alertDetailSchema } from '../contract/alert.ts';
import { DEFAULT_RUNBOOK_BASE_URL } from '../contract/runbook.ts';
import { CATALOGUE } from '../detections/catalogue/index.ts';
import { type DetectDeps, detectBatch } from '../detections/detect.ts';
import { type Log, silentLog } from '../log.ts';
import { DynamoCheckpointStore } from '../poller/dynamo-checkpoint-store.ts';
import { Poller } from '../poller/poll.ts';
import type { Timings } from '../poller/settings.ts';
import { startLocalBus } from './bus.ts';
import { LOCAL_REGION } from './bus-entry.ts';
import { CHECKPOINT_TABLE, LOCAL_CREDENTIALS, STATE_TABLE, startDynamoDb } from './dynamodb.ts';
import { FileQuarantine } from './file-quarantine.ts';
import type { RunOutput } from './output.ts';
import { DurableQueues, type ReceivedMessage } from './queue.ts';
import { DETECT_QUEUE, detectionRules, sinkRule } from './rules.ts';
import type { OpenSource } from './source.ts';
import { takeOver } from './take-over.ts';
import { type BatchOutcome, Worker } from './worker.ts';

const BUS_NAME = 'asana-audit-log';
const TERMINAL_QUEUE = 'notify-terminal';
/** As the deployed detection queue has it. */
const DETECT_RECEIVES = 5;
/** With waits of up to five minutes between them: half an hour of a sink that is away. */
const SINK_RECEIVES = 12;
/** Shorter than the function's: a person waits here, and the next poll is the better retry. */
const TIMINGS: Partial<Timings> = { pageBudget: 45_000 };

export interface PipelineOptions {
  readonly dataFolder: string;
  readonly source: OpenSource;
  readonly startFrom: string;
  readonly version: string;
  readonly output: RunOutput;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Pipeline {
  readonly poller: Poller;
  readonly busEndpoint: string;
  /** Messages that an earlier run could not deliver and that are tried again. */
  readonly redriven: number;
  /** Messages handled so far: grows as long as there is progress. */
  handled(): number;
  /** Nothing waits in any queue. */
  isDrained(): boolean;
  counts(): { readonly waiting: number; readonly dead: number };
  /** Finishes what is in hand and stops everything; what is left in the queues is the next run's. */
  close(): Promise<void>;
}

export async function openPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { dataFolder, source, output, clock, log } = options;
  const queues = new DurableQueues(join(dataFolder, 'queues.db'), clock);
  const redriven = queues.redrive();
  const database = await startDynamoDb(dataFolder);
  const bus = await startLocalBus({
    busName: BUS_NAME,
    rules: [...detectionRules(CATALOGUE, { alertOnHistory: true }), sinkRule(TERMINAL_QUEUE)],
    clock,
    send: (messages) => queues.send(messages),
    observe: (events) => output.observe(events),
  });
  const eventBridge = new EventBridgeClient({
    endpoint: bus.endpoint,
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
    maxAttempts: 1,
  });
  const publisher = new PutEventsPublisher({ client: eventBridge, eventBusName: BUS_NAME, clock });
  const detect: DetectDeps = {
    catalogue: CATALOGUE,
    alertOnHistory: true,
    windowMs: DEFAULT_ALERT_WINDOW_MINUTES * 60_000,
    runbookBaseUrl: DEFAULT_RUNBOOK_BASE_URL,
    store: new DynamoAlertStateStore({ client: database.client, tableName: STATE_TABLE, clock }),
    publisher,
    clock,
    log,
  };
  const worker = (queue: string, maxReceives: number, handle: Handle) =>
    new Worker({ queues, queue, maxReceives, clock, log, handle });
  const workers = [
    worker(DETECT_QUEUE, DETECT_RECEIVES, (batch) => detectMessages(batch, detect)),
    worker(TERMINAL_QUEUE, SINK_RECEIVES, (batch) => showAlerts(batch, output)),
  ];
  for (const each of workers) each.start();

  const asana = new AsanaClient({
    baseUrl: source.baseUrl,
    version: options.version,
    token: fixedToken(source.token),
    clock,
    log,
  });
  const checkpoints = new DynamoCheckpointStore(database.client, CHECKPOINT_TABLE);
  const { workspaceGid, rewritten } = source;
  const { startFrom } = options;
  const warning = await takeOver(checkpoints, { workspaceGid, startFrom, rewritten, clock });
  if (warning !== undefined) log.warn(warning);
  source.remember();
  const poller = new Poller(
    { asana, publisher, quarantine: new FileQuarantine(dataFolder), checkpoints, clock, log },
    {
      startFrom,
      redact: redactor(DEFAULT_REDACT_PATHS),
      maxEventBytes: DEFAULT_MAX_EVENT_BYTES,
      skipUnreadable: false,
      timings: TIMINGS,
    },
  );

  return {
    poller,
    busEndpoint: bus.endpoint,
    redriven,
    handled: () => workers.reduce((sum, each) => sum + each.handled, 0),
    isDrained: () => queues.isDrained(),
    counts: () => queues.counts(),
    async close() {
      await Promise.all(workers.map((each) => each.stop()));
      await asana.close();
      eventBridge.destroy();
      await bus.close();
      await database.close();
      queues.close();
    },
  };
}

type Handle = (batch: readonly ReceivedMessage[]) => Promise<BatchOutcome>;

/** As the detect function does with a batch from SQS. Its reasons for a failure go to its log alone, so they are kept. */
async function detectMessages(
  batch: readonly ReceivedMessage[],
  deps: DetectDeps,
): Promise<BatchOutcome> {
  const reasons = new Map<string, string>();
  const error: Log['error'] = (message, fields = {}) => {
    const { messageIds, reason } = fields as { messageIds?: string[]; reason?: string };
    for (const id of messageIds ?? []) reasons.set(id, reason ?? message);
  };
  const records = batch.map(({ id, body }) => ({ messageId: id, body }));
  const { batchItemFailures } = await detectBatch(records, {
    ...deps,
    log: { ...silentLog, error },
  });
  const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
  return {
    failed: new Map(
      batch
        .filter(({ id }) => failed.has(id))
        .map(({ id, receipt }) => [receipt, reasons.get(id) ?? 'detecting failed']),
    ),
  };
}

async function showAlerts(
  batch: readonly ReceivedMessage[],
  output: RunOutput,
): Promise<BatchOutcome> {
  for (const { body } of batch) {
    const { detail } = JSON.parse(body) as { detail: unknown };
    await output.showAlert(alertDetailSchema.parse(detail).data);
  }
  return {};
}
