// The stack's outputs: what a person does next, in order, and the names other teams and tools need.
// Holds no secret: the commands read one from the terminal, so that it reaches neither the shell's history nor `ps`.
import { CfnOutput, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { AuditLogConfig } from '../config.ts';
import type { Alerts } from './alerts.ts';
import type { Bus } from './bus.ts';
import type { Detections } from './detections.ts';
import type { Poller } from './poller.ts';
import type { WatchedDeadLetters } from './queue.ts';
import type { ServiceFunction } from './service-function.ts';

export interface NextStepsProps {
  readonly config: AuditLogConfig;
  readonly bus: Bus;
  readonly poller: Poller;
  readonly detections: Detections;
  readonly alerts: Alerts;
  readonly sweep: ServiceFunction;
  /** Every dead-letter queue that an alarm watches. */
  readonly deadLetters: readonly WatchedDeadLetters[];
}

export class NextSteps extends Construct {
  constructor(scope: Construct, id: string, props: NextStepsProps) {
    super(scope, id);
    const { bus, poller, detections, alerts } = props;
    const { region } = Stack.of(this);
    for (const { gid, tokenSecret } of poller.workspaces) {
      this.output(
        `TokenSecretArn${gid}`,
        `Holds the token of workspace ${gid}; retained`,
        tokenSecret.ref,
      );
      this.output(
        `Step1SetAsanaToken${gid}`,
        `Paste the Asana service account token of workspace ${gid}, then Enter (bash or zsh)`,
        setSecretCommand(tokenSecret.ref, region),
      );
    }
    if (alerts.slackWebhookSecret !== undefined) {
      this.output(
        'SlackWebhookSecretArn',
        "Holds Slack's webhook URL or bot token; retained",
        alerts.slackWebhookSecret.ref,
      );
      this.output(
        'Step2SetSlackWebhook',
        'Paste the incoming webhook URL of the Slack channel, or a bot token (xoxb-...), then Enter; leave it out to do without Slack',
        setSecretCommand(alerts.slackWebhookSecret.ref, region),
      );
    }
    if (props.config.alertEmail !== undefined) {
      this.output(
        'Step3ConfirmEmail',
        'Alerts and alarms reach this address once it has confirmed both; the second is for alarms about alerts that cannot be delivered',
        `Follow the links in the two mails from AWS Notifications to ${props.config.alertEmail}`,
      );
    }
    this.output(
      'Step4SeeFirstEvent',
      'A line for each poll with the number of events published; change something in Asana to see one',
      `aws logs tail ${poller.poll.logGroup.logGroupName} --follow --region ${region}`,
    );

    this.output('EventBusName', 'For rules of other teams', bus.eventBus.eventBusName);
    this.output('EventBusArn', 'For rules and policies of other teams', bus.eventBus.eventBusArn);
    this.output('AlertTopicArn', 'Subscribe here for alerts and alarms', alerts.topic.topicArn);
    this.output(
      'OtherTopicArn',
      'Subscribe here, best by something else than e-mail, for alarms about alerts that cannot be delivered',
      alerts.otherTopic.topicArn,
    );
    this.output(
      'CheckpointTableName',
      'Where polling stands; retained',
      poller.checkpointTable.tableName,
    );
    this.output('StateTableName', 'Alerts and their state', detections.stateTable.tableName);
    this.output(
      'QuarantineBucketName',
      'Events that could not travel whole; retained',
      poller.quarantineBucket.bucketName,
    );
    this.output('PollFunctionName', 'The poller', poller.poll.function.functionName);
    this.output('DetectFunctionName', 'Raises alerts', detections.detect.function.functionName);
    this.output(
      'SweepFunctionName',
      'Decides what only time decides',
      props.sweep.function.functionName,
    );
    for (const sink of alerts.sinks) {
      this.output(
        `Notify${sink.node.id}FunctionName`,
        `Delivers alerts to ${sink.node.id}`,
        sink.notifier.function.functionName,
      );
    }
    for (const { name, queue, meaning } of props.deadLetters) {
      this.output(`DeadLetterQueueUrl${pascalCase(name)}`, meaning, queue.queueUrl);
    }
  }

  private output(name: string, description: string, value: string): void {
    // Made directly below the stack, so that its name in the stack's outputs is this one.
    new CfnOutput(Stack.of(this), name, { description, value });
  }
}

/** `notify-slack` as `NotifySlack`: names of outputs are letters and digits. */
function pascalCase(name: string): string {
  return name.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** A line for bash or zsh that asks for the value without showing it. */
function setSecretCommand(secretArn: string, region: string): string {
  return (
    `read -rs VALUE && printf %s "$VALUE" | aws secretsmanager put-secret-value --secret-id ${secretArn} ` +
    `--secret-string file:///dev/stdin --region ${region}; unset VALUE`
  );
}
