// Writes the notes of due-index.ts to the state table: all that detecting does with them, so all that its role allows.
// Partitions in the order of time, so that one query each finds what is due; a group's key says which.
import { type AttributeValue, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { groupKey } from '../../alerts/life/identity.ts';
import { timeKey } from '../../time-key.ts';
import { type Due, type DueBy, type DueIndex, dueBy } from './due-index.ts';

/** Enough for thousands of notes a second, few enough to ask every minute. */
const SHARDS = 4;
/** A note that nobody could act on for so long is forgotten: the feed has been away longer than Asana keeps events. */
const KEPT_SECONDS = 120 * 86_400;

export class DynamoDueNotes implements Pick<DueIndex, 'put'> {
  protected readonly client: DynamoDBClient;
  protected readonly tableName: string;

  constructor(options: { readonly client: DynamoDBClient; readonly tableName: string }) {
    this.client = options.client;
    this.tableName = options.tableName;
  }

  put(due: Due, now: number): Promise<void> {
    return this.write(due, now, undefined);
  }

  /** Written anew it loses `passedAt`: a note that is put again is waited for again. */
  protected async write(due: Due, putAt: number, passedAt: number | undefined): Promise<void> {
    const { kind, dueAt, group } = due;
    await this.client.send(
      new PutItemCommand({
        TableName: this.tableName,
        Item: {
          ...keyOf(due),
          kind: { S: kind },
          dueAt: { N: String(dueAt) },
          group: { S: JSON.stringify(group) },
          putAt: { N: String(putAt) },
          ...(passedAt === undefined ? {} : { passedAt: { N: String(passedAt) } }),
          expiresAt: { N: String(Math.ceil(Math.max(dueAt, putAt) / 1_000) + KEPT_SECONDS) },
        },
      }),
    );
  }
}

/** One partition for what the clock decides, which is soon gone again and so never many; the rest is spread. */
export function partitionsOf(by: DueBy): readonly string[] {
  if (by === 'clock') return ['due#clock'];
  return Array.from({ length: SHARDS }, (_, shard) => `due#${shard}`);
}

export function keyOf({ kind, dueAt, group }: Due): Record<'pk' | 'sk', AttributeValue> {
  const key = groupKey(group);
  const partitions = partitionsOf(dueBy(kind));
  const pk = partitions[Number.parseInt(key.slice(0, 4), 16) % partitions.length] ?? '';
  return { pk: { S: pk }, sk: { S: `${timeKey(dueAt)}#${kind}#${key}` } };
}
