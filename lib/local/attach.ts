// How a command comes to a data folder: through the run that holds it, else alone, holding it for as long as it takes.
// Gives DynamoDB and a way onto the bus; what a command does with them is its own business.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { Publisher } from '../bus/publisher-port.ts';
import { PutEventsPublisher } from '../bus/put-events-publisher.ts';
import type { Clock } from '../clock.ts';
import { AuditBusError } from '../errors.ts';
import { cleanText } from '../text.ts';
import { LOCAL_BUS_NAME, LOCAL_REGION } from './bus-entry.ts';
import { LOCAL_CREDENTIALS, STATE_TABLE, startDynamoDb } from './dynamodb.ts';
import { acquireLock, type DataFolderLock, type LockHolder, type RunEndpoints } from './lock.ts';
import { OutboxPublisher } from './outbox.ts';
import { DurableQueues } from './queue.ts';

export interface Attached {
  readonly client: DynamoDBClient;
  /** Onto the running bus; where none runs, into the outbox, which the next run publishes. */
  readonly publisher: Publisher;
  /** True when a run holds the folder. */
  readonly running: boolean;
  /** Of the run that holds it: lib/local/run-client.ts speaks to it. */
  readonly busEndpoint?: string;
  /** Address of Asana's API where that run polls it. */
  readonly asanaBaseUrl?: string;
  close(): Promise<void>;
}

/** A run that starts or ends, or another command: done with it well before. */
const LONGEST_WAIT_MS = 15_000;
const RETRY_MS = 100;

/**
 * @param create makes the folder where there is none; else that is an error, since a path is easily mistyped
 * @throws AuditBusError `local.no-data`, `local.data-folder`, `local.data-damaged`, `local.held`
 */
export async function attach(
  dataFolder: string,
  clock: Clock,
  { create }: { readonly create: boolean },
): Promise<Attached> {
  if (!create && !existsSync(join(dataFolder, 'dynamodb'))) {
    throw new AuditBusError(
      'local.no-data',
      `${cleanText(dataFolder)} holds no data of a run: give --data the folder that npm start was given (.local unless it was told otherwise).`,
    );
  }
  const deadline = clock.monotonic() + LONGEST_WAIT_MS;
  let holder: LockHolder | undefined;
  do {
    const result = await acquireLock(dataFolder, clock);
    if (result.acquired) return holding(dataFolder, result.lock, clock);
    holder = result.holder;
    const joined = holder?.endpoints && (await joining(holder.endpoints, clock));
    if (joined) return joined;
    await clock.sleep(RETRY_MS);
  } while (clock.monotonic() < deadline);
  const who = holder === undefined ? 'another process' : `process ${holder.pid}`;
  throw new AuditBusError(
    'local.held',
    `${cleanText(dataFolder)} is held by ${who}, which cannot be reached: try again once it has started or ended.`,
  );
}

async function holding(dataFolder: string, lock: DataFolderLock, clock: Clock): Promise<Attached> {
  try {
    const database = await startDynamoDb(dataFolder);
    const queues = new DurableQueues(join(dataFolder, 'queues.db'), clock);
    return {
      client: database.client,
      publisher: new OutboxPublisher(queues, clock),
      running: false,
      async close() {
        queues.close();
        await database.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Undefined when nobody answers there: the run has ended, or died and left its addresses behind. */
async function joining(endpoints: RunEndpoints, clock: Clock): Promise<Attached | undefined> {
  const common = { region: LOCAL_REGION, credentials: LOCAL_CREDENTIALS };
  const client = new DynamoDBClient({ ...common, endpoint: endpoints.dynamodb, maxAttempts: 1 });
  try {
    await client.send(new DescribeTableCommand({ TableName: STATE_TABLE }));
  } catch {
    // Whatever the reason: the lock decides, and it is asked again.
    client.destroy();
    return undefined;
  }
  const eventBridge = new EventBridgeClient({
    ...common,
    endpoint: endpoints.bus,
    maxAttempts: 1,
  });
  return {
    client,
    publisher: new PutEventsPublisher({
      client: eventBridge,
      eventBusName: LOCAL_BUS_NAME,
      clock,
    }),
    running: true,
    busEndpoint: endpoints.bus,
    ...(endpoints.asana === undefined ? {} : { asanaBaseUrl: endpoints.asana }),
    async close() {
      client.destroy();
      eventBridge.destroy();
    },
  };
}
