// The daily digest: a function that reads what the day was like and tells Slack and SNS, and the schedule that calls it.
import { Duration, TimeZone, Validations } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import {
  ContextAttribute,
  ScheduleExpression,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../../lib/contract/environment.ts';
import type { AuditLogConfig } from '../config.ts';
import type { Alerts } from './alerts.ts';
import type { Detections } from './detections.ts';
import { FunctionSchedules } from './function-schedules.ts';
import { ServiceFunction } from './service-function.ts';

export interface DigestProps {
  readonly config: AuditLogConfig;
  readonly serviceName: string;
  /** Whose alerts are told, and which of whose detections are staged. */
  readonly detections: Detections;
  /** Where it is told. */
  readonly alerts: Alerts;
  /** Read only. */
  readonly checkpointTable: Table;
}

export class Digest extends Construct {
  readonly digest: ServiceFunction;

  constructor(scope: Construct, id: string, props: DigestProps) {
    super(scope, id);
    const { config, detections, alerts, checkpointTable } = props;
    const { slackWebhookSecret: secret } = alerts;
    const { [ENVIRONMENT.detectionsFile]: detectionsFile } = detections.environment;
    this.digest = new ServiceFunction(this, 'Daily', {
      name: 'digest',
      files: detections.files,
      description: 'Tells Slack and SNS once a day what the day was like',
      memoryMegabytes: 256,
      timeout: Duration.seconds(60),
      environment: {
        [ENVIRONMENT.stateTableName]: detections.stateTable.tableName,
        [ENVIRONMENT.checkpointTableName]: checkpointTable.tableName,
        [ENVIRONMENT.workspaceGids]: config.workspaces.map(({ gid }) => gid).join(','),
        [ENVIRONMENT.alertTopicArn]: alerts.topic.topicArn,
        [ENVIRONMENT.delivery]: JSON.stringify(config.delivery),
        [ENVIRONMENT.digestTimeZone]: config.digest.timeZone,
        ...(secret === undefined ? {} : { [ENVIRONMENT.slackWebhookSecretArn]: secret.ref }),
        ...(detectionsFile === undefined ? {} : { [ENVIRONMENT.detectionsFile]: detectionsFile }),
      },
      logRetention: config.logRetentionDays,
      serviceName: props.serviceName,
    });
    this.digest.allow(
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
      [detections.stateTable.tableArn],
    );
    this.digest.allow(['dynamodb:GetItem'], [checkpointTable.tableArn]);
    this.digest.allow(['sns:Publish'], [alerts.topic.topicArn]);
    if (secret !== undefined) this.digest.allow(['secretsmanager:GetSecretValue'], [secret.ref]);
    this.digest.function.configureAsyncInvoke({
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
    });
    const reason =
      'Whatever a digest tells is on the bus and in the table; one missed is not sent late';
    Validations.of(this.digest).acknowledge(
      { id: 'Serverless::Serverless-LambdaAsyncFailureDestination', reason },
      { id: 'Serverless::Serverless-LambdaDLQ', reason },
    );
    new FunctionSchedules(this, 'Schedule', {
      target: this.digest.function,
      roleDescription: 'Lets the schedule of this deployment invoke the digest',
      retryPolicy: { maximumRetryAttempts: 5, maximumEventAgeInSeconds: 3_600 },
      schedules: {
        Schedule: {
          description: 'Tells what the day was like',
          expression: ScheduleExpression.cron({
            minute: '0',
            hour: String(config.digest.hour),
            timeZone: TimeZone.of(config.digest.timeZone),
          }),
          input: ScheduleTargetInput.fromObject({ scheduledTime: ContextAttribute.scheduledTime }),
        },
      },
    });
  }
}
