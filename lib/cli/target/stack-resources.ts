// What CloudFormation has made for a stack, by type. Whether it is still there, the service that it is of knows.
import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import type { AwsConfig } from './aws-target.ts';

export interface StackResource {
  readonly logicalId: string;
  /** A queue's address, an alarm's name, `bus|rule`. */
  readonly physicalId: string;
}

/** @param types such as `AWS::SQS::Queue` */
export async function stackResources(
  config: AwsConfig,
  stackName: string,
  types: readonly string[],
): Promise<StackResource[]> {
  const client = new CloudFormationClient(config);
  try {
    const found: StackResource[] = [];
    for await (const page of paginateListStackResources({ client }, { StackName: stackName })) {
      for (const {
        ResourceType = '',
        LogicalResourceId: logicalId,
        PhysicalResourceId: physicalId,
      } of page.StackResourceSummaries ?? []) {
        if (types.includes(ResourceType) && logicalId && physicalId) {
          found.push({ logicalId, physicalId });
        }
      }
    }
    return found;
  } finally {
    client.destroy();
  }
}
