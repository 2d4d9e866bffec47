// Everything a poller touches, real clients against loopback servers: dynalite, S3 (fauxqs), a PutEvents recorder. The
// Asana side is the test's own. Waits are skipped by the clock.

import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { startFauxqs } from 'fauxqs';
import { AsanaClient } from '../../lib/asana/client.ts';
import { fixedToken } from '../../lib/asana/token.ts';
import { PutEventsPublisher } from '../../lib/bus/put-events-publisher.ts';
import { DEFAULT_REDACT_PATHS, redactor } from '../../lib/bus/redaction.ts';
import { S3Quarantine } from '../../lib/bus/s3-quarantine.ts';
import type { Log } from '../../lib/log.ts';
import type { RunBudget } from '../../lib/poller/budget.ts';
import { DynamoCheckpointStore } from '../../lib/poller/dynamo-checkpoint-store.ts';
import { Poller } from '../../lib/poller/poll.ts';
import type { PollerDependencies, PollerSettings } from '../../lib/poller/settings.ts';
import type { RunSummary } from '../../lib/poller/summary.ts';
import { startDynalite, TEST_CREDENTIALS } from './dynalite.ts';
import { type PutEntry, startEventBus, type TestEventBusOptions } from './event-bus.ts';
import { type SkippingClock, skippingClock } from './skipping-clock.ts';

const REGION = 'eu-west-1';
const BUCKET = 'quarantine';

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

/** What all tests of a file share. */
export async function startAwsWorld() {
  const [dynamo, faux] = await Promise.all([
    startDynalite(),
    startFauxqs({ port: 0, logger: false, defaultRegion: REGION }),
  ]);
  const tableName = await dynamo.createTable('checkpoints');
  const s3 = new S3Client({
    endpoint: faux.address,
    region: REGION,
    credentials: TEST_CREDENTIALS,
    forcePathStyle: true,
  });
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  return {
    dynamo,
    s3,
    bucket: BUCKET,
    store: new DynamoCheckpointStore(dynamo.client, tableName),
    quarantine: new S3Quarantine(s3, BUCKET),
    tableName,
    async close() {
      s3.destroy();
      await Promise.all([dynamo.close(), faux.stop()]);
    },
  };
}

export type AwsWorld = Awaited<ReturnType<typeof startAwsWorld>>;

export interface WorldOptions {
  readonly asanaUrl: string;
  readonly workspaceGid: string;
  readonly bus?: TestEventBusOptions;
  readonly settings?: Partial<PollerSettings>;
  readonly deps?: Partial<PollerDependencies>;
  /** Milliseconds that a PutEvents call may take. @default 10 s */
  readonly putTimeout?: number;
  readonly clock?: SkippingClock;
  readonly token?: string;
}

/** One workspace's poller. @param aws its table may serve many at once, each under a gid of its own */
export async function startPollerWorld(aws: AwsWorld, options: WorldOptions) {
  const { workspaceGid } = options;
  const clock = options.clock ?? skippingClock();
  const bus = await startEventBus(options.bus);
  const lines: LogLine[] = [];
  const write =
    (level: string) =>
    (message: string, ...fields: Record<string, unknown>[]) => {
      lines.push({ level, message, fields: Object.assign({}, ...fields) });
    };
  const log: Log = {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
  };
  const eventBridge = new EventBridgeClient({
    endpoint: bus.url,
    region: REGION,
    credentials: TEST_CREDENTIALS,
    maxAttempts: 1,
    requestHandler: { requestTimeout: options.putTimeout ?? 10_000, throwOnRequestTimeout: true },
  });
  const asana = new AsanaClient({
    baseUrl: options.asanaUrl,
    version: '0.0.0',
    token: fixedToken(options.token ?? 'a-token'),
    clock,
    log,
    limits: { maxResponseBytes: 1_000_000 },
  });
  const settings: PollerSettings = {
    startFrom: 'oldest',
    redact: redactor(DEFAULT_REDACT_PATHS),
    maxEventBytes: 240 * 1024,
    skipUnreadable: false,
    ...options.settings,
  };
  const deps: PollerDependencies = {
    asana,
    publisher: new PutEventsPublisher({ client: eventBridge, eventBusName: 'audit', clock }),
    quarantine: aws.quarantine,
    checkpoints: aws.store,
    clock,
    log,
    ...options.deps,
  };
  const run = (budget: Partial<RunBudget> = {}, more: Partial<PollerSettings> = {}) =>
    new Poller(deps, { ...settings, ...more }).run(workspaceGid, {
      deadline: clock.monotonic() + 280_000,
      leaseMs: 305_000,
      ...budget,
    });
  return {
    bus,
    clock,
    deps,
    lines,
    settings,
    run,
    /** Runs until caught up. @throws Error when it never is, with what it said instead */
    async runToTheEnd(atMost = 40): Promise<RunSummary[]> {
      const summaries: RunSummary[] = [];
      for (let count = 0; count < atMost; count++) {
        const summary = await run();
        summaries.push(summary);
        if (summary.outcome === 'caught-up') return summaries;
        clock.advance(60_000);
      }
      throw new Error(`never caught up: ${JSON.stringify(summaries.slice(-2))}`);
    },
    events: () => bus.entries.filter(({ Source }) => Source === 'asana.audit-log'),
    operational: () => bus.entries.filter(({ Source }) => Source === 'asana.audit-log.poller'),
    /** How often each gid is on the bus. */
    gids(): Map<string, number> {
      const counts = new Map<string, number>();
      for (const entry of this.events()) {
        const gid = String(dataOf(entry)['gid']);
        counts.set(gid, (counts.get(gid) ?? 0) + 1);
      }
      return counts;
    },
    async quarantined(): Promise<string[]> {
      const Prefix = `quarantine/${workspaceGid}/`;
      const { Contents = [] } = await aws.s3.send(
        new ListObjectsV2Command({ Bucket: BUCKET, Prefix }),
      );
      return Promise.all(
        Contents.map(async ({ Key }) => {
          const { Body } = await aws.s3.send(new GetObjectCommand({ Bucket: BUCKET, Key }));
          return (await Body?.transformToString()) ?? '';
        }),
      );
    },
    async close() {
      eventBridge.destroy();
      await asana.close();
      await bus.close();
    },
  };
}

export type PollerWorld = Awaited<ReturnType<typeof startPollerWorld>>;

export function dataOf(entry: PutEntry): Record<string, unknown> {
  return (JSON.parse(entry.Detail) as { data: Record<string, unknown> }).data;
}

export function codesOf(entries: readonly PutEntry[]): string[] {
  return entries.map((entry) => String(dataOf(entry)['code']));
}
