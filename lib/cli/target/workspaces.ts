// Which workspaces there are: those that have a checkpoint. The table holds two small items for each.
import { type AttributeValue, type DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';

/** Gids, in order. */
export async function watchedWorkspaces(
  client: DynamoDBClient,
  checkpointTableName: string,
): Promise<readonly string[]> {
  const gids = new Set<string>();
  let from: Record<string, AttributeValue> | undefined;
  do {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new ScanCommand({
        TableName: checkpointTableName,
        ProjectionExpression: 'pk',
        ...(from === undefined ? {} : { ExclusiveStartKey: from }),
      }),
    );
    for (const { pk } of Items) if (pk?.S !== undefined) gids.add(pk.S);
    from = LastEvaluatedKey;
  } while (from !== undefined);
  return [...gids].sort();
}
