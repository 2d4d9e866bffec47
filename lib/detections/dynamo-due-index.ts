// The notes of due-index.ts in the state table: a few partitions, each in the order of time, so that one query finds what
// is due. Which partition a group's notes are in follows from its key.
import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { type GroupIdentity, groupKey } from '../alerts/identity.ts';
import type { Due, DueIndex, DueKind, FoundDue } from './due-index.ts';

/** Enough for thousands of notes a second, few enough to ask every minute. */
const SHARDS = 4;
/** A note that nobody could act on for so long is forgotten: the feed has been away longer than Asana keeps events. */
const KEPT_SECONDS = 120 * 86_400;
const PAGE = 100;

export class DynamoDueIndex implements DueIndex {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(options: { readonly client: DynamoDBClient; readonly tableName: string }) {
    this.#client = options.client;
    this.#table = options.tableName;
  }

  put(due: Due): Promise<void> {
    return this.#write(due, undefined);
  }

  notePassed(due: Due, passedAt: number): Promise<void> {
    return this.#write(due, passedAt);
  }

  async *list(now: number): AsyncIterable<FoundDue> {
    for (let shard = 0; shard < SHARDS; shard++) {
      let from: Record<string, AttributeValue> | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await this.#client.send(
          new QueryCommand({
            TableName: this.#table,
            KeyConditionExpression: 'pk = :pk AND sk <= :until',
            ExpressionAttributeValues: {
              ':pk': { S: `due#${shard}` },
              // Above every note of this millisecond: '$' comes right after '#'.
              ':until': { S: `${instant(now)}$` },
            },
            Limit: PAGE,
            ConsistentRead: true,
            ...(from === undefined ? {} : { ExclusiveStartKey: from }),
          }),
        );
        for (const item of Items) yield noteOf(item);
        from = LastEvaluatedKey;
      } while (from !== undefined);
    }
  }

  async remove(due: Due): Promise<void> {
    await this.#client.send(new DeleteItemCommand({ TableName: this.#table, Key: keyOf(due) }));
  }

  /** Written anew it loses `passedAt`: a note that is written again is waited for again. */
  async #write(due: Due, passedAt: number | undefined): Promise<void> {
    const { kind, dueAt, group } = due;
    await this.#client.send(
      new PutItemCommand({
        TableName: this.#table,
        Item: {
          ...keyOf(due),
          kind: { S: kind },
          dueAt: { N: String(dueAt) },
          group: { S: JSON.stringify(group) },
          ...(passedAt === undefined ? {} : { passedAt: { N: String(passedAt) } }),
          expiresAt: { N: String(Math.ceil(dueAt / 1_000) + KEPT_SECONDS) },
        },
      }),
    );
  }
}

function noteOf(item: Record<string, AttributeValue>): FoundDue {
  const passedAt = item['passedAt']?.N;
  return {
    kind: item['kind']?.S as DueKind,
    dueAt: Number(item['dueAt']?.N),
    group: JSON.parse(item['group']?.S ?? '') as GroupIdentity,
    ...(passedAt === undefined ? {} : { passedAt: Number(passedAt) }),
  };
}

function keyOf({ kind, dueAt, group }: Due): { pk: { S: string }; sk: { S: string } } {
  const key = groupKey(group);
  const shard = Number.parseInt(key.slice(0, 4), 16) % SHARDS;
  return { pk: { S: `due#${shard}` }, sk: { S: `${instant(dueAt)}#${kind}#${key}` } };
}

/** Fixed width, so that text sorts as time does. */
function instant(ms: number): string {
  return String(Math.max(0, Math.floor(ms))).padStart(15, '0');
}
