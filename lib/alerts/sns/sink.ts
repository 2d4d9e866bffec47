// Publishes alerts on an SNS topic and says what SNS's refusals mean.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors
import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { RollUp } from '../delivery/roll-up.ts';
import type { Delivery, Notice, Prepared, Sink } from '../delivery/sink-port.ts';
import type { Digest } from '../digest/digest.ts';
import { type SnsMessage, snsDigest, snsMessage, snsRollUp } from './message.ts';

/** Names with and without "Exception": the SDK and the service differ. */
const PERMANENT =
  /^(InvalidParameter|InvalidParameterValue|Validation|NotFound|AuthorizationError|AccessDenied|InvalidSecurity|KMSAccessDenied|KMSDisabled|KMSNotFound)(Exception|Error)?$/;

export class SnsSink implements Sink {
  readonly name = 'sns';
  readonly #client: SNSClient;
  readonly #topicArn: string;

  constructor(client: SNSClient, topicArn: string) {
    this.#client = client;
    this.#topicArn = topicArn;
  }

  async prepare(): Promise<Prepared> {
    return { ready: true, edits: false };
  }

  destination(): string {
    return '';
  }

  deliver(notice: Notice): Promise<Delivery> {
    return this.#publish(snsMessage(notice));
  }

  deliverRollUp(rollUp: RollUp): Promise<Delivery> {
    return this.#publish(snsRollUp(rollUp));
  }

  deliverDigest(digest: Digest): Promise<Delivery> {
    return this.#publish(snsDigest(digest));
  }

  async #publish({ subject, message, attributes }: SnsMessage): Promise<Delivery> {
    try {
      await this.#client.send(
        new PublishCommand({
          TopicArn: this.#topicArn,
          Subject: subject,
          Message: message,
          MessageStructure: 'json',
          MessageAttributes: Object.fromEntries(
            Object.entries(attributes).map(([name, value]) => [
              name,
              { DataType: 'String', StringValue: value },
            ]),
          ),
        }),
      );
      return { outcome: 'delivered' };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // The name only: the service's message can quote the alert.
      const reason = `sns.${error.name}`;
      return PERMANENT.test(error.name)
        ? { outcome: 'refused', reason }
        : { outcome: 'retry', reason };
    }
  }
}
