// Finds the notes of due-index.ts in the state table again, and takes them away: the sweep's side of dynamo-due-notes.ts.
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import type { GroupIdentity } from '../../alerts/life/identity.ts';
import { timeKey } from '../../time-key.ts';
import type { DueBy, DueIndex, DueKind, FoundDue } from './due-index.ts';
import { DynamoDueNotes, keyOf, partitionsOf } from './dynamo-due-notes.ts';

const PAGE = 100;

export class DynamoDueIndex extends DynamoDueNotes implements DueIndex {
  notePassed(due: FoundDue, passedAt: number): Promise<void> {
    return this.write(due, due.putAt, passedAt);
  }

  async *list(by: DueBy, until: number): AsyncIterable<FoundDue> {
    for (const partition of partitionsOf(by)) {
      let from: Record<string, AttributeValue> | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await this.client.send(
          new QueryCommand({
            TableName: this.tableName,
            KeyConditionExpression: 'pk = :pk AND sk <= :until',
            ExpressionAttributeValues: {
              ':pk': { S: partition },
              // Above every note of this millisecond: '$' comes right after '#'.
              ':until': { S: `${timeKey(until)}$` },
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

  async remove(due: FoundDue): Promise<void> {
    try {
      await this.client.send(
        new DeleteItemCommand({
          TableName: this.tableName,
          Key: keyOf(due),
          ConditionExpression: 'putAt = :found',
          ExpressionAttributeValues: { ':found': { N: String(due.putAt) } },
        }),
      );
    } catch (error) {
      // Written again, or gone already: either is as it should be.
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }
}

function noteOf(item: Record<string, AttributeValue>): FoundDue {
  const passedAt = item['passedAt']?.N;
  return {
    kind: item['kind']?.S as DueKind,
    dueAt: Number(item['dueAt']?.N),
    group: JSON.parse(item['group']?.S ?? '') as GroupIdentity,
    putAt: Number(item['putAt']?.N),
    ...(passedAt === undefined ? {} : { passedAt: Number(passedAt) }),
  };
}
