// How far the poller has come in a workspace's log, read from its checkpoint by who must not write there.
// The checkpoint itself is dynamo-checkpoint-store.ts's.
import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { CHECKPOINT, key } from './checkpoint-item.ts';

export class DynamoFeedProgress {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  /**
   * Everything created up to this instant has been fetched and published: the last empty answer, or the newest event of
   * the finished pages where that is later. Milliseconds since the epoch; undefined before either.
   */
  async passedUntil(workspaceGid: string): Promise<number | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({
        TableName: this.#tableName,
        Key: key(workspaceGid, CHECKPOINT),
        ProjectionExpression: 'lastPolledAt, lastCreatedAt',
        ConsistentRead: true,
      }),
    );
    const instants = [Item?.['lastPolledAt']?.S, Item?.['lastCreatedAt']?.S]
      .map((text) => Date.parse(text ?? ''))
      .filter((instant) => !Number.isNaN(instant));
    return instants.length === 0 ? undefined : Math.max(...instants);
  }
}
