// Suppressions in the state table, as operators see them: added and removed by conditional writes, with what each matched.
// What detecting reads of them is active.ts's; the order of writing and publishing manage.ts's.
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Suppression } from '../../contract/operator.ts';
import { timeKey } from '../../time-key.ts';
import { suppressedPartition } from '../state/dynamo-store.ts';
import { type IN_FORCE, SUPPRESSIONS, suppressionOf } from './active.ts';

/**
 * `adding` and `removing`: the bus has not taken the event that says so, or its answer was lost. A suppression is in force
 * in the one state between them, so none is that the bus does not know of.
 */
export type SuppressionState = 'adding' | typeof IN_FORCE | 'removing' | 'removed';

export interface Removal {
  readonly by: string;
  readonly reason: string;
  /** ISO 8601 UTC. */
  readonly at: string;
}

export interface StoredSuppression {
  readonly suppression: Suppression;
  readonly state: SuppressionState;
  readonly removal?: Removal;
}

/** What a suppression has done. */
export interface SuppressionUse {
  readonly alerts: number;
  /** Events in those alerts. */
  readonly matches: number;
  /** ISO 8601 UTC: the newest of those events. */
  readonly lastMatchAt?: string;
}

export interface SuppressionStore {
  put(suppression: Suppression): Promise<void>;
  /** False when it is in none of the states `from` any more. */
  move(
    suppression: Suppression,
    from: readonly SuppressionState[],
    to: SuppressionState,
    removal?: Removal,
  ): Promise<boolean>;
  /** All that are remembered, in the order of their expiry: removed ones too, and expired ones for 400 days. */
  list(): Promise<readonly StoredSuppression[]>;
  use(suppressionId: string): Promise<SuppressionUse>;
}

/** Longer than the alerts that name it can be listed. */
const KEPT_SECONDS = 400 * 86_400;

export class DynamoSuppressionStore implements SuppressionStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(options: { readonly client: DynamoDBClient; readonly tableName: string }) {
    this.#client = options.client;
    this.#table = options.tableName;
  }

  async put(suppression: Suppression): Promise<void> {
    const end = Math.floor(Date.parse(suppression.expiresAt) / 1_000);
    await this.#client.send(
      new PutItemCommand({
        TableName: this.#table,
        Item: {
          ...keyOf(suppression),
          state: { S: 'adding' satisfies SuppressionState },
          suppression: { S: JSON.stringify(suppression) },
          expiresAt: { N: String(end + KEPT_SECONDS) },
        },
      }),
    );
  }

  async move(
    suppression: Suppression,
    from: readonly SuppressionState[],
    to: SuppressionState,
    removal?: Removal,
  ): Promise<boolean> {
    const states = from.map((state, index) => [`:from${index}`, { S: state }] as const);
    try {
      await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: keyOf(suppression),
          UpdateExpression: `SET #state = :to${removal === undefined ? '' : ', removal = :removal'}`,
          ConditionExpression: `#state IN (${states.map(([name]) => name).join(', ')})`,
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: {
            ...Object.fromEntries(states),
            ':to': { S: to },
            ...(removal === undefined ? {} : { ':removal': { S: JSON.stringify(removal) } }),
          },
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  async list(): Promise<readonly StoredSuppression[]> {
    const found: StoredSuppression[] = [];
    for await (const item of this.#items(SUPPRESSIONS)) {
      const suppression = suppressionOf(item);
      if (suppression === undefined) continue;
      const removal = item['removal']?.S;
      found.push({
        suppression,
        state: item['state']?.S as SuppressionState,
        ...(removal === undefined ? {} : { removal: JSON.parse(removal) as Removal }),
      });
    }
    return found;
  }

  async use(suppressionId: string): Promise<SuppressionUse> {
    let [alerts, matches, last] = [0, 0, ''];
    for await (const item of this.#items(suppressedPartition(suppressionId))) {
      alerts += 1;
      matches += Number(item['count']?.N ?? 0);
      // All of one form, so text sorts as time does.
      const seen = item['lastSeen']?.S ?? '';
      if (seen > last) last = seen;
    }
    return { alerts, matches, ...(last === '' ? {} : { lastMatchAt: last }) };
  }

  async *#items(partition: string): AsyncIterable<Record<string, AttributeValue>> {
    let from: Record<string, AttributeValue> | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: partition } },
          ConsistentRead: true,
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        }),
      );
      yield* Items;
      from = LastEvaluatedKey;
    } while (from !== undefined);
  }
}

function keyOf({ id, expiresAt }: Suppression): Record<'pk' | 'sk', AttributeValue> {
  return { pk: { S: SUPPRESSIONS }, sk: { S: `${timeKey(Date.parse(expiresAt))}#${id}` } };
}
