// A queue of another team: fed by a rule of theirs on the deployed bus, or by their subscription to the topic.
// Takes messages off the queue and keeps them as text; what they should hold is the test's business.
import { PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge';
import { SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import type { Clients } from './clients.ts';
import { waitFor } from './wait.ts';

export class Subscriber {
  #bodies: string[] = [];
  readonly arn: string;
  readonly #url: string;
  readonly #clients: Clients;

  private constructor(clients: Clients, url: string, arn: string) {
    this.#clients = clients;
    this.#url = url;
    this.arn = arn;
  }

  /** Bodies of all messages so far, in order of receipt. */
  get bodies(): readonly string[] {
    return this.#bodies;
  }

  /** Removes the bodies that fit, and answers with them. */
  take(fits: (body: string) => boolean): string[] {
    const taken = this.#bodies.filter(fits);
    this.#bodies = this.#bodies.filter((body) => !fits(body));
    return taken;
  }

  static async create(clients: Clients, name: string): Promise<Subscriber> {
    const { QueueUrl = '' } = await clients.sqs.send(new CreateQueueCommand({ QueueName: name }));
    const { Attributes } = await clients.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    return new Subscriber(clients, QueueUrl, Attributes?.['QueueArn'] ?? '');
  }

  /** A rule on the bus with this queue as its target, and the queue's permission for it. */
  async subscribeToBus(busName: string, ruleName: string, pattern: object): Promise<void> {
    const rule = { Name: ruleName, EventBusName: busName, EventPattern: JSON.stringify(pattern) };
    const { RuleArn } = await this.#clients.eventBridge.send(new PutRuleCommand(rule));
    await this.#allow('events.amazonaws.com', RuleArn ?? '');
    const targets = {
      Rule: ruleName,
      EventBusName: busName,
      Targets: [{ Id: '1', Arn: this.arn }],
    };
    await this.#clients.eventBridge.send(new PutTargetsCommand(targets));
  }

  async subscribeToTopic(topicArn: string, attributes: Record<string, string>): Promise<void> {
    await this.#allow('sns.amazonaws.com', topicArn);
    await this.#clients.sns.send(
      new SubscribeCommand({
        TopicArn: topicArn,
        Protocol: 'sqs',
        Endpoint: this.arn,
        Attributes: attributes,
      }),
    );
  }

  /** Takes all that is there now. */
  async drain(): Promise<void> {
    for (;;) {
      const { Messages = [] } = await this.#clients.sqs.send(
        new ReceiveMessageCommand({ QueueUrl: this.#url, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) return;
      this.#bodies.push(...Messages.map(({ Body = '' }) => Body));
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({
        Id: String(index),
        ReceiptHandle,
      }));
      await this.#clients.sqs.send(new DeleteMessageBatchCommand({ QueueUrl: this.#url, Entries }));
    }
  }

  /** Waits until there are that many messages in all, or more. */
  async waitForMessages(what: string, count: number, atMostSeconds: number): Promise<void> {
    const enough = async () => {
      await this.drain();
      return this.bodies.length >= count;
    };
    const soFar = () => `${this.bodies.length} of ${count}`;
    await waitFor(what, enough, { atMostSeconds, everyMilliseconds: 500, soFar });
  }

  async #allow(service: string, sourceArn: string): Promise<void> {
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: service },
          Action: 'sqs:SendMessage',
          Resource: this.arn,
          Condition: { ArnEquals: { 'aws:SourceArn': sourceArn } },
        },
      ],
    });
    await this.#clients.sqs.send(
      new SetQueueAttributesCommand({ QueueUrl: this.#url, Attributes: { Policy } }),
    );
  }
}
