// Which event types a workspace has had, as the poller remembers them, read by who must not write there.
import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { key, MEMORY } from './checkpoint-item.ts';

/** @returns each cut to 128 characters; those that no registry knows among them */
export async function rememberedTypes(
  client: DynamoDBClient,
  checkpointTableName: string,
  workspaceGid: string,
): Promise<string[]> {
  const { Item } = await client.send(
    new GetItemCommand({
      TableName: checkpointTableName,
      Key: key(workspaceGid, MEMORY),
      ProjectionExpression: 'seenTypes, reportedTypes',
    }),
  );
  const lists = [Item?.['seenTypes']?.S, Item?.['reportedTypes']?.S];
  return [...new Set(lists.flatMap((text) => (text ? (JSON.parse(text) as string[]) : [])))];
}
