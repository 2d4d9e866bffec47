// What a notifier does with the messages of its own SQS queue besides reading them: put one off, bury one.
import {
  ChangeMessageVisibilityCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';

export interface QueueMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes?: { readonly ApproximateReceiveCount?: string };
}

export interface NotifierQueue {
  /** The message comes again after this time and not before; the caller must also report it as failed. */
  defer(message: QueueMessage, seconds: number): Promise<void>;
  /** Puts the message into the dead-letter queue with these attributes; the caller then reports it as done. */
  bury(message: QueueMessage, attributes: Readonly<Record<string, string>>): Promise<void>;
}

/** SQS hides a message for 12 hours at most, counted from its receipt, hence two minutes less. */
const MAX_DEFER_SECONDS = 12 * 3_600 - 120;

export class SqsNotifierQueue implements NotifierQueue {
  readonly #client: SQSClient;
  readonly #queueUrl: string;
  readonly #deadLetterQueueUrl: string;

  constructor(client: SQSClient, queueUrl: string, deadLetterQueueUrl: string) {
    this.#client = client;
    this.#queueUrl = queueUrl;
    this.#deadLetterQueueUrl = deadLetterQueueUrl;
  }

  async defer(message: QueueMessage, seconds: number): Promise<void> {
    await this.#client.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: this.#queueUrl,
        ReceiptHandle: message.receiptHandle,
        VisibilityTimeout: Math.min(MAX_DEFER_SECONDS, Math.max(0, Math.ceil(seconds))),
      }),
    );
  }

  async bury(message: QueueMessage, attributes: Readonly<Record<string, string>>): Promise<void> {
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.#deadLetterQueueUrl,
        MessageBody: message.body,
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes)
            // SQS takes neither empty values nor more than ten attributes.
            .filter(([, value]) => value !== '')
            .slice(0, 10)
            .map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
        ),
      }),
    );
  }
}
