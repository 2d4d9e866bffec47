// The clients that every loop of the benchmark shares, set up as the poll function sets them up.
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { clientConfig } from '../../../lib/aws-clients.ts';

export const BUS = 'bench';
export const TABLE = 'bench';
export const TOKEN = 'bench-token';

export interface BenchClients {
  readonly url: string;
  readonly dynamo: DynamoDBClient;
  readonly eventBridge: EventBridgeClient;
}

export function benchClients(url: string): BenchClients {
  const there = {
    endpoint: url,
    region: 'eu-west-1',
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  };
  return {
    url,
    dynamo: new DynamoDBClient({ ...clientConfig(3_000), ...there }),
    eventBridge: new EventBridgeClient({ ...clientConfig(3_000, 1), ...there }),
  };
}
