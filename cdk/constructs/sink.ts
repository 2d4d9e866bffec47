// One sink of alerts: the rule that picks what it delivers, its queue, and the function that delivers.
// What differs between sinks comes in as props from alerts.ts.
import type { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../../lib/contract/environment.ts';
import type { Bus } from './bus.ts';
import { BusRule } from './bus-rule.ts';
import { allowRulesToSend, type WatchedDeadLetters, WorkQueue } from './queue.ts';
import { ServiceFunction } from './service-function.ts';

export interface SinkProps {
  /** In the names of its alarms. */
  readonly name: 'slack' | 'sns';
  readonly functionName: 'notify-slack' | 'notify-sns';
  readonly ruleName: string;
  /** The sink's name for people. */
  readonly title: string;
  readonly bus: Bus;
  readonly stateTable: Table;
  readonly timeout: Duration;
  /** Which alerts of the bus it is given. */
  readonly pattern: object;
  /** Besides the table and the queues. */
  readonly environment: Readonly<Record<string, string>>;
  readonly logRetention: RetentionDays;
  readonly serviceName: string;
}

export class Sink extends Construct {
  readonly name: 'slack' | 'sns';
  readonly title: string;
  readonly notifier: ServiceFunction;
  /** Alerts on their way. */
  readonly queue: Queue;
  readonly deadLetters: WatchedDeadLetters;

  constructor(scope: Construct, id: string, props: SinkProps) {
    super(scope, id);
    // The notifier backs off to an hour, so an outage of the sink is waited out for about half a day; a notifier that
    // fails itself is tried each three minutes and rings the alarm within the hour.
    const { queue, deadLetters } = new WorkQueue(this, 'Alerts', {
      consumerTimeout: props.timeout,
      maxReceiveCount: 20,
    });
    this.name = props.name;
    this.title = props.title;
    this.queue = queue;
    this.deadLetters = {
      name: props.functionName,
      queue: deadLetters,
      meaning: `An alert did not reach ${props.title}.`,
      throughTopic: props.name === 'sns',
    };
    this.notifier = new ServiceFunction(this, 'Notify', {
      name: props.functionName,
      description: `Delivers alerts to ${props.title}`,
      memoryMegabytes: 256,
      timeout: props.timeout,
      environment: {
        ...props.environment,
        [ENVIRONMENT.stateTableName]: props.stateTable.tableName,
        [ENVIRONMENT.queueUrl]: queue.queueUrl,
        [ENVIRONMENT.deadLetterQueueUrl]: deadLetters.queueUrl,
      },
      logRetention: props.logRetention,
      serviceName: props.serviceName,
    });
    this.notifier.allow(
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
      [props.stateTable.tableArn],
    );
    this.notifier.allow(['sqs:ChangeMessageVisibility'], [queue.queueArn]);
    this.notifier.allow(['sqs:SendMessage'], [deadLetters.queueArn]);
    // Few at once: Slack takes about one message a second for a webhook.
    this.notifier.consume(queue, 2);
    allowRulesToSend(queue, props.bus.eventBus);
    new BusRule(this, 'Rule', {
      bus: props.bus,
      ruleName: props.ruleName,
      description: `Alerts that are neither staged nor suppressed, for ${props.title}`,
      pattern: props.pattern,
      target: queue,
    });
  }
}
