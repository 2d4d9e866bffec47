// The topic for alerts and alarms, and the optional e-mail subscription to it.
// Who publishes alerts there is alerts.ts; which alarms do is monitoring.ts.
import { ArnFormat, Aws, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { DataKey } from './data-key.ts';
import { deadLetterQueue, type WatchedDeadLetters } from './queue.ts';

export interface AlertTopicProps {
  /** The sender's name in mails. */
  readonly displayName: string;
  /** @default - nobody is subscribed */
  readonly email: string | undefined;
  /** Where goes what the e-mail subscription could not deliver. @default - a queue of its own */
  readonly undelivered?: WatchedDeadLetters | undefined;
}

/**
 * By default no key of KMS is set. CloudWatch alarms cannot publish to a topic under the AWS managed key
 * `alias/aws/sns`, whose policy nobody can change, and a key of one's own costs a dollar a month; SNS keeps a message
 * only until it is delivered. https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
 */
export class AlertTopic extends Construct {
  readonly topic: Topic;
  /** Takes what the e-mail subscription could not deliver; absent without one. */
  readonly undelivered: WatchedDeadLetters | undefined;

  constructor(scope: Construct, id: string, props: AlertTopicProps) {
    super(scope, id);
    const key = DataKey.of(this)?.key;
    this.topic = new Topic(this, 'Topic', {
      ...(key === undefined ? {} : { masterKey: key }),
      displayName: props.displayName,
      enforceSSL: true,
    });
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'AlarmsOfThisAccount',
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        conditions: {
          StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
          ArnLike: {
            'aws:SourceArn': Stack.of(this).formatArn({
              service: 'cloudwatch',
              resource: 'alarm',
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
              resourceName: '*',
            }),
          },
        },
      }),
    );
    if (props.email === undefined) return;
    this.undelivered = props.undelivered ?? {
      name: 'email',
      queue: deadLetterQueue(this, 'Undelivered', { redriveSource: false }),
      meaning: 'A mail with an alert or an alarm could not be delivered.',
      throughTopic: true,
    };
    // Grants the topic the right to send to the queue.
    const deadLetters = { deadLetterQueue: this.undelivered.queue };
    this.topic.addSubscription(new EmailSubscription(props.email, deadLetters));
  }
}
