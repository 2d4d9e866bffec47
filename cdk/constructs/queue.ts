// Queues the way all of ours are: encrypted, TLS only, with dead letters kept for 14 days; and rules' permission to fill them.
// Which function reads a queue is the business of detections.ts and alerts.ts.
import { Aws, Duration, Stack, Validations } from 'aws-cdk-lib';
import type { EventBus } from 'aws-cdk-lib/aws-events';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption, type QueueProps, RedrivePermission } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DataKey } from './data-key.ts';

// AWS's own floor for a queue that feeds a function, so that a batch being worked on is not handed out again.
const VISIBILITY_PER_TIMEOUT = 6;

/** A dead-letter queue with what an alarm on it says. */
export interface WatchedDeadLetters {
  /** Ends the alarm's name. */
  readonly name: string;
  readonly queue: Queue;
  /** What a message in it means, as a sentence. */
  readonly meaning: string;
  /** What lies in it did not get through the topic that alarms go to: its alarm takes the other way too. @default false */
  readonly throughTopic?: boolean;
}

/** Where messages end that nobody could take. Kept for 14 days, SQS's longest. */
export function deadLetterQueue(
  scope: Construct,
  id: string,
  options: { readonly redriveSource: boolean },
): Queue {
  const queue = new Queue(scope, id, {
    ...encryptionIn(scope),
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    // A queue that services write to directly is no other queue's dead-letter queue.
    ...(options.redriveSource
      ? {}
      : { redriveAllowPolicy: { redrivePermission: RedrivePermission.DENY_ALL } }),
  });
  Validations.of(queue).acknowledge(
    { id: 'AwsSolutions::AwsSolutions-SQS3', reason: 'This queue is itself the end of the line' },
    {
      id: 'Serverless::Serverless-SQSRedrivePolicy',
      reason: 'This queue is itself the end of the line',
    },
  );
  return queue;
}

function encryptionIn(scope: Construct): Pick<QueueProps, 'encryption' | 'encryptionMasterKey'> {
  const key = DataKey.of(scope)?.key;
  if (key === undefined) return { encryption: QueueEncryption.SQS_MANAGED };
  return { encryption: QueueEncryption.KMS, encryptionMasterKey: key };
}

export interface WorkQueueProps {
  /** Timeout of the function that reads the queue. */
  readonly consumerTimeout: Duration;
  /** Deliveries before a message goes to the dead letters. */
  readonly maxReceiveCount: number;
}

/** A queue between rules and a function, and its dead-letter queue. */
export class WorkQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: WorkQueueProps) {
    super(scope, id);
    this.deadLetters = deadLetterQueue(this, 'DeadLetters', { redriveSource: true });
    this.queue = new Queue(this, 'Queue', {
      ...encryptionIn(this),
      enforceSSL: true,
      visibilityTimeout: Duration.seconds(
        props.consumerTimeout.toSeconds() * VISIBILITY_PER_TIMEOUT,
      ),
      // Shorter than the 15 days for which detect remembers what it has handled.
      retentionPeriod: Duration.days(4),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: props.maxReceiveCount },
    });
  }
}

/**
 * Lets every rule of the bus send to the queue, with one statement however many rules there are: SQS takes at most 20
 * statements and 8,192 bytes of policy, and the CDK's own queue target adds one for each rule.
 * The ARN of a rule on a custom bus is `rule/BUS/NAME`.
 */
export function allowRulesToSend(queue: Queue, eventBus: EventBus): void {
  allowEventsToSend(queue, 'RulesOfTheBus', 'rule', `${eventBus.eventBusName}/*`);
}

/** Lets the bus itself send to the queue, which is its dead-letter queue. By name, since the bus names the queue too. */
export function allowBusToSend(queue: Queue, busName: string): void {
  allowEventsToSend(queue, 'TheBus', 'event-bus', busName);
}

function allowEventsToSend(
  queue: Queue,
  sid: string,
  resource: string,
  resourceName: string,
): void {
  queue.addToResourcePolicy(
    new PolicyStatement({
      sid,
      effect: Effect.ALLOW,
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: {
        ArnLike: {
          'aws:SourceArn': Stack.of(queue).formatArn({ service: 'events', resource, resourceName }),
        },
        StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
      },
    }),
  );
}
