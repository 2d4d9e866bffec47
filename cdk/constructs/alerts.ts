// From alert to people: the topic, and for Slack and for SNS a rule, a queue and a notifier each.
// Alerts are delivered by lib/alerts; a Slack outage delays nothing of SNS, nor the other way round.
import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Subscription, SubscriptionProtocol, type Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import {
  everyRevisionPattern,
  openedAndClosedPattern,
} from '../../lib/alerts/delivery/sink-patterns.ts';
import { ENVIRONMENT } from '../../lib/contract/environment.ts';
import type { AuditLogConfig } from '../config.ts';
import { AlertTopic } from './alert-topic.ts';
import type { Bus } from './bus.ts';
import type { WatchedDeadLetters } from './queue.ts';
import { valuelessSecret } from './secret.ts';
import { Sink } from './sink.ts';

export interface AlertsProps {
  readonly config: AuditLogConfig;
  readonly serviceName: string;
  readonly bus: Bus;
  /** Where notifiers claim what they send. */
  readonly stateTable: Table;
}

export class Alerts extends Construct {
  readonly topic: Topic;
  /** For alarms about deliveries of the other one: it leads to Slack as well as to the same address. */
  readonly otherTopic: Topic;
  /** Absent when Slack is switched off. */
  readonly slackWebhookSecret: CfnSecret | undefined;
  readonly sinks: readonly Sink[];
  readonly deadLetters: readonly WatchedDeadLetters[];

  constructor(scope: Construct, id: string, props: AlertsProps) {
    super(scope, id);
    const { config } = props;
    const alertTopic = new AlertTopic(this, 'Topic', {
      displayName: 'Asana audit log alerts',
      email: config.alertEmail,
    });
    this.topic = alertTopic.topic;
    this.otherTopic = new AlertTopic(this, 'OtherTopic', {
      displayName: 'Asana audit log: alerts fail',
      email: config.alertEmail,
      undelivered: alertTopic.undelivered,
    }).topic;
    const common = {
      bus: props.bus,
      stateTable: props.stateTable,
      logRetention: config.logRetentionDays,
      serviceName: props.serviceName,
      timeout: Duration.seconds(30),
    };
    const delivery = { [ENVIRONMENT.delivery]: JSON.stringify(config.delivery) };
    const sns = new Sink(this, 'Sns', {
      ...common,
      name: 'sns',
      functionName: 'notify-sns',
      ruleName: 'alerts-to-sns',
      title: 'SNS',
      pattern: openedAndClosedPattern,
      environment: { [ENVIRONMENT.alertTopicArn]: this.topic.topicArn, ...delivery },
    });
    sns.notifier.allow(['sns:Publish'], [this.topic.topicArn]);
    const sinks = [sns];
    if (config.slack) {
      const secret = valuelessSecret(
        this,
        'SlackWebhook',
        "Slack's incoming webhook URL for alerts, or a bot token with chat:write",
      );
      this.slackWebhookSecret = secret;
      const slack = new Sink(this, 'Slack', {
        ...common,
        name: 'slack',
        functionName: 'notify-slack',
        ruleName: 'alerts-to-slack',
        title: 'Slack',
        pattern: everyRevisionPattern,
        environment: { [ENVIRONMENT.slackWebhookSecretArn]: secret.ref, ...delivery },
      });
      slack.notifier.allow(['secretsmanager:GetSecretValue'], [secret.ref]);
      sinks.push(slack);
      this.sendAlarmsTo(slack);
    }
    this.sinks = sinks;
    this.deadLetters = [
      ...sinks.map(({ deadLetters }) => deadLetters),
      ...(alertTopic.undelivered === undefined ? [] : [alertTopic.undelivered]),
    ];
  }

  /** The CDK's SqsSubscription would name the topic in the policy of a key that the topic itself is under. */
  private sendAlarmsTo({ queue, deadLetters }: Sink): void {
    const { topicArn } = this.otherTopic;
    queue.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsAboutDeliveries',
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('sns.amazonaws.com')],
        actions: ['sqs:SendMessage'],
        resources: [queue.queueArn],
        conditions: { ArnEquals: { 'aws:SourceArn': topicArn } },
      }),
    );
    new Subscription(this, 'AlarmsToSlack', {
      topic: this.otherTopic,
      protocol: SubscriptionProtocol.SQS,
      endpoint: queue.queueArn,
      // So that the notifier finds the alarm as CloudWatch wrote it. What cannot be delivered ends where alerts do.
      rawMessageDelivery: true,
      deadLetterQueue: deadLetters.queue,
    });
  }
}
