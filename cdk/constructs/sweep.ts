// What only time decides: a function that looks, once a minute, at what is due, and the schedule that calls it.
// What is due is left by the detect function in the state table; how far the feed has come is the poller's checkpoint.
import { Duration, Stack, Validations } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Schedule,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../../lib/contract/environment.ts';
import { ALERT_SOURCE, POLLER_SOURCE } from '../../lib/contract/sources.ts';
import type { AuditLogConfig } from '../config.ts';
import type { Bus } from './bus.ts';
import { DataKey } from './data-key.ts';
import type { Detections } from './detections.ts';
import { deadLetterQueue } from './queue.ts';
import { ServiceFunction } from './service-function.ts';

export interface SweepProps {
  readonly config: AuditLogConfig;
  readonly serviceName: string;
  readonly bus: Bus;
  /** Whose state is looked at, under the same settings. */
  readonly detections: Detections;
  /** Read only. */
  readonly checkpointTable: Table;
}

export class Sweep extends Construct {
  readonly sweep: ServiceFunction;

  constructor(scope: Construct, id: string, props: SweepProps) {
    super(scope, id);
    const { detections, checkpointTable } = props;
    this.sweep = new ServiceFunction(this, 'Due', {
      name: 'sweep',
      files: detections.files,
      description:
        'Decides what only time decides: alerts that go on or are over, events that did not come',
      memoryMegabytes: 512,
      // A little more than a minute: while an alert has something to say there is always a sweep that waits for it.
      timeout: Duration.seconds(75),
      environment: {
        ...detections.environment,
        [ENVIRONMENT.checkpointTableName]: checkpointTable.tableName,
      },
      logRetention: props.config.logRetentionDays,
      serviceName: props.serviceName,
    });
    this.sweep.allow(
      ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
      [detections.stateTable.tableArn],
    );
    this.sweep.allow(['dynamodb:GetItem'], [checkpointTable.tableArn]);
    props.bus.allowPutEvents(this.sweep, [ALERT_SOURCE, POLLER_SOURCE]);
    // What is due stays due: the next minute is the retry.
    this.sweep.function.configureAsyncInvoke({
      retryAttempts: 0,
      maxEventAge: Duration.seconds(60),
    });
    this.schedule();
    Validations.of(this.sweep).acknowledge(
      {
        id: 'Serverless::Serverless-LambdaAsyncFailureDestination',
        reason: 'What a failed sweep left undecided is still due, and the next one looks at it',
      },
      {
        id: 'Serverless::Serverless-LambdaDLQ',
        reason: 'A call that failed is worth nothing once the next one has run',
      },
    );
  }

  private schedule(): void {
    const undelivered = deadLetterQueue(this, 'Undelivered', { redriveSource: false });
    const group = new ScheduleGroup(this, 'Group');
    const { functionArn } = this.sweep.function;
    const role = new Role(this, 'ScheduleRole', {
      description: 'Lets the schedule of this deployment invoke the sweep',
      // No other schedule of the account can use this role.
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': Stack.of(this).account,
            'aws:SourceArn': group.scheduleGroupArn,
          },
        },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] }),
    );
    role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [undelivered.queueArn] }),
    );
    DataKey.of(this)?.allowThrough(role, ['sqs']);
    // The L2 target would grant the invocation of every version and alias as well.
    new Schedule(this, 'EveryMinute', {
      description: 'Decides what only time decides',
      scheduleGroup: group,
      schedule: ScheduleExpression.rate(Duration.minutes(1)),
      target: {
        bind: () => ({
          arn: functionArn,
          role,
          input: ScheduleTargetInput.fromObject({}),
          retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
          deadLetterConfig: { arn: undelivered.queueArn },
        }),
      },
    });
  }
}
