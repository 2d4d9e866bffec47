// Delivers what the bus reports at level ERROR to a log group. The bus's log configuration alone delivers nothing:
// it takes a delivery source, a destination, a delivery between them, and a log group that admits the delivery service.
import { ArnFormat, Aws, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  CfnDelivery,
  CfnDeliveryDestination,
  CfnDeliverySource,
  LogGroup,
  type RetentionDays,
} from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface BusErrorLogProps {
  readonly eventBus: EventBus;
  readonly busName: string;
  readonly retention: RetentionDays;
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-logs.html */
export class BusErrorLog extends Construct {
  constructor(scope: Construct, id: string, props: BusErrorLogProps) {
    super(scope, id);
    const stack = Stack.of(this);
    const logGroup = new LogGroup(this, 'LogGroup', {
      // The prefix is the one AWS gives to vended logs.
      logGroupName: `/aws/vendedlogs/events/event-bus/${props.busName}`,
      retention: props.retention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Names are unique in an account and region, at most 60 characters, and derive from the stack's name.
    const sourceName = Names.uniqueResourceName(this, { maxLength: 53, separator: '-' });
    const source = new CfnDeliverySource(this, 'Source', {
      name: `${sourceName}-source`,
      resourceArn: props.eventBus.eventBusArn,
      logType: 'ERROR_LOGS',
    });
    // logGroup.logGroupArn ends in `:*`, which a destination does not take and a stream's ARN must not repeat.
    const logGroupArn = stack.formatArn({
      service: 'logs',
      resource: 'log-group',
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      resourceName: logGroup.logGroupName,
    });
    const destination = new CfnDeliveryDestination(this, 'Destination', {
      name: `${sourceName}-target`,
      destinationResourceArn: logGroupArn,
    });
    logGroup.addToResourcePolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('delivery.logs.amazonaws.com')],
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [`${logGroupArn}:log-stream:*`],
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnLike: {
            'aws:SourceArn': stack.formatArn({
              service: 'logs',
              resource: 'delivery-source',
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
              resourceName: source.name,
            }),
          },
        },
      }),
    );
    const delivery = new CfnDelivery(this, 'Delivery', {
      deliverySourceName: source.name,
      deliveryDestinationArn: destination.attrArn,
    });
    delivery.node.addDependency(source, logGroup);
  }
}
