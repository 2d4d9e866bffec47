// Finds the notes of due-index.ts in the state table again, and takes them away: the sweep's side of dynamo-due-notes.ts.
import { type AttributeValue, DeleteItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { GroupIdentity } from '../alerts/identity.ts';
import type { Due, DueIndex, DueKind, FoundDue } from './due-index.ts';
import { DynamoDueNotes, instant, keyOf, SHARDS } from './dynamo-due-notes.ts';

const PAGE = 100;

export class DynamoDueIndex extends DynamoDueNotes implements DueIndex {
  notePassed(due: Due, passedAt: number): Promise<void> {
    return this.write(due, passedAt);
  }

  async *list(now: number): AsyncIterable<FoundDue> {
    for (let shard = 0; shard < SHARDS; shard++) {
      let from: Record<string, AttributeValue> | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await this.client.send(
          new QueryCommand({
            TableName: this.tableName,
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
    await this.client.send(new DeleteItemCommand({ TableName: this.tableName, Key: keyOf(due) }));
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
