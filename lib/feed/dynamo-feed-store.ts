// A workspace's habit in DynamoDB, in an item of its own beside the checkpoint: 1.4 KB, so two write units, written for a
// five minutes' first events and when a silence is reported or over. An idle poll neither reads nor writes it.
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { FeedStore, StoredFeed } from './feed-store.ts';
import { Habit, RING_BYTES } from './habit.ts';
import type { Feed } from './silence.ts';

const SORT_KEY = 'feed';

export class DynamoFeedStore implements FeedStore {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async read(workspaceGid: string): Promise<StoredFeed | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({
        TableName: this.#tableName,
        Key: { pk: { S: workspaceGid }, sk: { S: SORT_KEY } },
        ConsistentRead: true,
      }),
    );
    const bits = Item?.['slots']?.B;
    // A ring of another length is another version's: it is learned anew.
    if (Item === undefined || bits?.length !== RING_BYTES) return undefined;
    const number = (name: string) => Number(Item[name]?.N);
    return {
      feed: {
        habit: new Habit(Uint8Array.from(bits), number('newestSlot')),
        knownSince: number('knownSince'),
        watchedSince: number('watchedSince'),
        silentFrom: Item['silentFrom'] === undefined ? undefined : number('silentFrom'),
      },
      version: number('version'),
    };
  }

  async write(workspaceGid: string, feed: Feed, version: number): Promise<boolean> {
    const { habit, knownSince, watchedSince, silentFrom } = feed;
    const number = (value: number) => ({ N: String(value) });
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#tableName,
          Item: {
            pk: { S: workspaceGid },
            sk: { S: SORT_KEY },
            slots: { B: habit.bits },
            newestSlot: number(habit.newest),
            knownSince: number(knownSince),
            watchedSince: number(watchedSince),
            ...(silentFrom === undefined ? {} : { silentFrom: number(silentFrom) }),
            version: number(version + 1),
          },
          ConditionExpression: 'attribute_not_exists(version) OR version = :version',
          ExpressionAttributeValues: { ':version': number(version) },
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}
