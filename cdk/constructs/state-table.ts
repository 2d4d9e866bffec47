// DynamoDB tables the way ours are: `pk` and `sk`, paid per request, restorable to any second of the last 35 days.
// What the items hold is the business of lib/poller and lib/alerts.
import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { DataKey } from './data-key.ts';

export interface StateTableProps {
  /** True for what must outlive the stack. */
  readonly retained: boolean;
  /** Attribute that holds an item's end in epoch seconds. @default - items do not end */
  readonly timeToLiveAttribute?: string;
}

export function stateTable(scope: Construct, id: string, props: StateTableProps): Table {
  const key = DataKey.of(scope)?.key;
  return new Table(scope, id, {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    // By default the key AWS owns, which costs nothing.
    ...(key === undefined
      ? { encryption: TableEncryption.DEFAULT }
      : { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key }),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: props.retained,
    removalPolicy: props.retained ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    ...(props.timeToLiveAttribute === undefined
      ? {}
      : { timeToLiveAttribute: props.timeToLiveAttribute }),
  });
}
