// An embedded DynamoDB on a free loopback port, with real SDK clients to talk to it.

import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';

// dynalite is CommonJS without types.
const dynalite = createRequire(import.meta.url)('dynalite') as (options: {
  createTableMs: number;
  path?: string;
}) => Server;

export const TEST_CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

export interface Dynalite {
  readonly server: Server;
  readonly url: string;
  readonly client: DynamoDBClient;
  /** A table with string keys: `pk`, and `sk` unless `range` is false. */
  createTable(name: string, options?: { range?: boolean }): Promise<string>;
  close(): Promise<void>;
}

export async function startDynalite(): Promise<Dynalite> {
  const server = dynalite({ createTableMs: 0 });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new DynamoDBClient({
    endpoint: url,
    region: 'eu-west-1',
    credentials: TEST_CREDENTIALS,
  });
  return {
    server,
    url,
    client,
    async createTable(name, { range = true } = {}) {
      const keys = range ? ['pk', 'sk'] : ['pk'];
      await client.send(
        new CreateTableCommand({
          TableName: name,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: keys.map((key) => ({ AttributeName: key, AttributeType: 'S' })),
          KeySchema: keys.map((key, index) => ({
            AttributeName: key,
            KeyType: index === 0 ? 'HASH' : 'RANGE',
          })),
        }),
      );
      // It answers before the table can be written to.
      const describe = new DescribeTableCommand({ TableName: name });
      for (;;) {
        const { Table } = await client.send(describe);
        if (Table?.TableStatus === 'ACTIVE') return name;
      }
    },
    async close() {
      client.destroy();
      await closeServer(server);
    },
  };
}

/** Closes a server and the connections that clients keep alive. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
