// DynamoDB for one machine: dynalite over loopback, persisted in the data folder, spoken to by the real SDK client.
// Makes the tables the poller and the detections expect; what they put there is theirs.
import { existsSync, renameSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { systemClock } from '../clock.ts';
import { AuditBusError } from '../errors.ts';
import { LOCAL_REGION } from './bus-entry.ts';
import { damagedData } from './damaged-data.ts';
import { listenOnLoopback } from './loopback.ts';

export const CHECKPOINT_TABLE = 'checkpoints';
export const STATE_TABLE = 'detection-state';
const TABLES = [CHECKPOINT_TABLE, STATE_TABLE];
const LOOK_MS = 20;
const MAX_LOOKS = 100;

/** What the SDK signs with; nobody on loopback checks it, and without it the SDK would look for the user's own. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };

export interface LocalDynamoDb {
  /** `http://127.0.0.1:<port>`, for other processes' clients. */
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  close(): Promise<void>;
}

/**
 * Starts on a free port, with both tables there and active. A folder is only ever seen with all its tables: they are
 * made beside it and moved into place, since dynalite leaves a table that was being created when it died unusable.
 * @throws AuditBusError `local.data-damaged` when what is in the folder cannot be used.
 */
export async function startDynamoDb(dataFolder: string): Promise<LocalDynamoDb> {
  const folder = join(dataFolder, 'dynamodb');
  if (!existsSync(folder)) {
    const draft = join(dataFolder, 'dynamodb.new');
    rmSync(draft, { recursive: true, force: true });
    const fresh = await open(draft);
    for (const table of TABLES) await createTable(fresh.client, table);
    for (const table of TABLES) await untilActive(fresh.client, table);
    await fresh.close();
    renameSync(draft, folder);
  }
  const database = await open(folder);
  try {
    for (const table of TABLES) await untilActive(database.client, table);
  } catch (cause) {
    // What LevelDB could not open it cannot close either.
    await database.close().catch(() => {});
    throw damagedData(folder, cause);
  }
  return database;
}

async function open(path: string): Promise<LocalDynamoDb> {
  const server = dynalite({ path, createTableMs: 0 });
  await listenOnLoopback(server);
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const client = new DynamoDBClient({
    endpoint,
    region: LOCAL_REGION,
    credentials: LOCAL_CREDENTIALS,
  });
  return {
    endpoint,
    client,
    close() {
      client.destroy();
      return new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      });
    },
  };
}

/** The keys of both tables, as the CDK app makes them. */
function createTable(client: DynamoDBClient, table: string): Promise<unknown> {
  return client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
    }),
  );
}

async function untilActive(client: DynamoDBClient, table: string): Promise<void> {
  for (let look = 0; look < MAX_LOOKS; look++) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
    if (Table?.TableStatus === 'ACTIVE') return;
    await systemClock.sleep(LOOK_MS);
  }
  throw new AuditBusError('local.data-damaged', `table ${table} does not become active`);
}
