// What only time decides: a function that looks, once a minute, at what is due, and the schedule that calls it.
// What is due is left by the detect function in the state table; how far the feed has come is the poller's checkpoint.
import { Duration, Validations } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../../lib/contract/environment.ts';
import { ALERT_SOURCE, POLLER_SOURCE } from '../../lib/contract/sources.ts';
import type { AuditLogConfig } from '../config.ts';
import type { Bus } from './bus.ts';
import type { Detections } from './detections.ts';
import { FunctionSchedules } from './function-schedules.ts';
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
    new FunctionSchedules(this, 'Schedule', {
      target: this.sweep.function,
      roleDescription: 'Lets the schedule of this deployment invoke the sweep',
      retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
      schedules: {
        Schedule: {
          description: 'Decides what only time decides',
          expression: ScheduleExpression.rate(Duration.minutes(1)),
          input: ScheduleTargetInput.fromObject({}),
        },
      },
    });
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
}
