// DynamoDB tables the way ours are: `pk` and `sk`, paid per request, restorable to any second of the last 35 days.
// What the items hold is the business of lib/poller and lib/alerts.
import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';

export interface StateTableProps {
  /** True for what must outlive the stack. */
  readonly retained: boolean;
  /** Attribute that holds an item's end in epoch seconds. @default - items do not end */
  readonly timeToLiveAttribute?: string;
}

export function stateTable(scope: Construct, id: string, props: StateTableProps): Table {
  return new Table(scope, id, {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    // The key AWS owns: a key of one's own costs a dollar a month and more for each request.
    encryption: TableEncryption.DEFAULT,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: props.retained,
    removalPolicy: props.retained ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    ...(props.timeToLiveAttribute === undefined
      ? {}
      : { timeToLiveAttribute: props.timeToLiveAttribute }),
  });
}
