// Where a digest's facts lie: alerts in the state table, event types in what the poller remembers, and beside the alerts
// those types that a digest has told already. One read a day through all alerts of a year is cheaper than an index of them.
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { alertStatusSchema, severitySchema } from '../../contract/alert.ts';
import { rememberedTypes } from '../../poller/remembered-types.ts';
import { alertsPartition } from '../state/dynamo-store.ts';
import type { DigestAlert } from './digest.ts';

export interface DigestSource {
  /** Alerts of the workspace that were raised from `since` on and before `until`, milliseconds since the epoch. */
  alerts(workspaceGid: string, since: number, until: number): Promise<readonly DigestAlert[]>;
  /** All event types that the workspace is known to have had. */
  eventTypes(workspaceGid: string): Promise<readonly string[]>;
  /** Those that digests have told; undefined before the first digest. */
  toldTypes(workspaceGid: string): Promise<readonly string[] | undefined>;
  tellTypes(workspaceGid: string, types: readonly string[]): Promise<void>;
}

interface Options {
  readonly client: DynamoDBClient;
  readonly stateTableName: string;
  readonly checkpointTableName: string;
}

type Item = Record<string, AttributeValue>;

export class DynamoDigestSource implements DigestSource {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  async alerts(workspaceGid: string, since: number, until: number): Promise<DigestAlert[]> {
    const { client, stateTableName } = this.#options;
    const found: DigestAlert[] = [];
    let from: Item | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: stateTableName,
          KeyConditionExpression: 'pk = :pk',
          FilterExpression: 'detectedAt >= :since AND detectedAt < :until',
          ProjectionExpression: 'detectionId, title, severity, #status',
          ExpressionAttributeNames: { '#status': 'status' },
          ExpressionAttributeValues: {
            ':pk': { S: alertsPartition(workspaceGid) },
            ':since': { S: new Date(since).toISOString() },
            ':until': { S: new Date(until).toISOString() },
          },
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        }),
      );
      for (const item of Items) {
        found.push({
          detectionId: item['detectionId']?.S ?? 'unknown',
          title: item['title']?.S ?? '',
          severity: severitySchema.catch('info').parse(item['severity']?.S),
          status: alertStatusSchema.catch('active').parse(item['status']?.S),
        });
      }
      from = LastEvaluatedKey;
    } while (from !== undefined);
    return found;
  }

  async eventTypes(workspaceGid: string): Promise<readonly string[]> {
    const { client, checkpointTableName } = this.#options;
    return rememberedTypes(client, checkpointTableName, workspaceGid);
  }

  async toldTypes(workspaceGid: string): Promise<readonly string[] | undefined> {
    const { client, stateTableName } = this.#options;
    const { Item } = await client.send(
      new GetItemCommand({ TableName: stateTableName, Key: toldKey(workspaceGid) }),
    );
    const types = Item?.['types']?.S;
    return types === undefined ? undefined : (JSON.parse(types) as string[]);
  }

  async tellTypes(workspaceGid: string, types: readonly string[]): Promise<void> {
    const { client, stateTableName } = this.#options;
    await client.send(
      new PutItemCommand({
        TableName: stateTableName,
        // Without an expiry: what is forgotten would be told as new.
        Item: { ...toldKey(workspaceGid), types: { S: JSON.stringify(types) } },
      }),
    );
  }
}

function toldKey(workspaceGid: string): Record<'pk' | 'sk', AttributeValue> {
  return { pk: { S: `digest#${workspaceGid}` }, sk: { S: 'types' } };
}
