// One Lambda function the way all of ours are: Node 24 on arm64, own role, own log group, JSON logs, active tracing.
// Grants nothing beyond logs and traces; each construct grants what its function needs.
import { fileURLToPath } from 'node:url';
import { type Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { Effect, Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  CfnFunction,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DataKey } from './data-key.ts';
import type { Egress } from './egress.ts';
import { bundledCode } from './function-bundle.ts';

const NETWORK_ACTIONS = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
];

export type FunctionName = 'poll' | 'detect' | 'sweep' | 'digest' | 'notify-slack' | 'notify-sns';

/** Absolute path of a function's entry file. */
export function functionEntry(name: FunctionName): string {
  return fileURLToPath(new URL(`../../functions/${name}.ts`, import.meta.url));
}

export interface ServiceFunctionProps {
  /** The file under `functions/`, without its extension. */
  readonly name: FunctionName;
  readonly description: string;
  /** Text files that lie beside the bundle, by name. @default - none */
  readonly files?: Readonly<Record<string, string>>;
  readonly memoryMegabytes: number;
  readonly timeout: Duration;
  readonly environment: Readonly<Record<string, string>>;
  readonly logRetention: RetentionDays;
  /** Powertools' `service`: in every log line, and a dimension of every metric, so that two deployments keep apart. */
  readonly serviceName: string;
  /** The network it leaves by. @default - Lambda's own */
  readonly egress?: Egress;
}

export class ServiceFunction extends Construct {
  readonly function: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `What the function ${props.name} may do`,
    });
    // Instead of the managed AWSLambdaBasicExecutionRole, which may write to every log group of the account.
    this.logGroup.grantWrite(this.role);
    this.function = new LambdaFunction(this, 'Function', {
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: bundledCode(this, functionEntry(props.name), props.files),
      handler: 'index.handler',
      memorySize: props.memoryMegabytes,
      timeout: props.timeout,
      role: this.role,
      tracing: Tracing.ACTIVE,
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      environment: {
        ...props.environment,
        POWERTOOLS_SERVICE_NAME: props.serviceName,
      },
    });
    Validations.of(this.role).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason:
        'Tracing calls (xray:PutTraceSegments, xray:PutTelemetryRecords) know no resource, nor do the calls by which Lambda attaches a function to a network; nothing else of this role is granted on *',
    });
    if (props.egress !== undefined) this.leaveBy(props.egress);
  }

  /**
   * Feeds the function from a queue, with failures reported per message, so that one message delays no other.
   * @param maxConcurrency how many copies may work at once, at least 2. @default - the account's limit
   */
  consume(queue: Queue, maxConcurrency?: number): void {
    // SqsEventSource would grant more, the use of the queue's key for anything else included.
    this.allow(
      ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
      [queue.queueArn],
    );
    this.function.addEventSourceMapping('Queue', {
      eventSourceArn: queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
      ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
    });
    const reason = 'What fails stays on the queue, whose redrive policy has the dead-letter queue';
    Validations.of(this.function).acknowledge(
      { id: 'Serverless::Serverless-LambdaEventSourceMappingDestination', reason },
      { id: 'Serverless::Serverless-LambdaDLQ', reason },
    );
  }

  /** Lets the function do exactly `actions` on exactly `resources`. */
  allow(
    actions: readonly string[],
    resources: readonly string[],
    conditions?: Readonly<Record<string, unknown>>,
  ): void {
    this.role.addToPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: [...actions],
        resources: [...resources],
        ...(conditions === undefined ? {} : { conditions: { ...conditions } }),
      }),
    );
    const services = new Set(actions.map((action) => action.replace(/:.*/, '')));
    DataKey.of(this)?.allowThrough(this.role, [...services]);
  }

  /**
   * Lambda attaches the function in the role's name; the function's own code may not.
   * https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
   */
  private leaveBy({ subnetIds, securityGroupIds }: Egress): void {
    this.allow(NETWORK_ACTIONS, ['*']);
    const { defaultChild } = this.function.node;
    if (!(defaultChild instanceof CfnFunction)) throw new Error('The function has no resource');
    defaultChild.vpcConfig = {
      subnetIds: [...subnetIds],
      securityGroupIds: [...securityGroupIds],
    };
    // Apart from the role's own policy, which the function waits for.
    new Policy(this, 'NotByItsOwnCode', {
      roles: [this.role],
      statements: [
        new PolicyStatement({
          effect: Effect.DENY,
          actions: NETWORK_ACTIONS,
          resources: ['*'],
          conditions: { ArnEquals: { 'lambda:SourceFunctionArn': this.function.functionArn } },
        }),
      ],
    });
  }
}
