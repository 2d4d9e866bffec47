// A tail of a deployed bus: a queue and a rule of its own, made when it begins and removed however it ends.
// Both names say whose they are and when the tail ends at the latest, so that the next one can remove what a killed one left.
import { randomBytes } from 'node:crypto';
import {
  DeleteRuleCommand,
  EventBridgeClient,
  ListRulesCommand,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  paginateListQueues,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { clientConfig } from '../../aws-clients.ts';
import type { Clock } from '../../clock.ts';
import type { AwsConfig } from '../target/aws-target.ts';
import type { Target } from '../target/target.ts';

const MARKER = 'audit-tail-';
const TARGET_ID = 'Tail';
const WAIT_SECONDS = 20;
const BATCH = 10;
/** A clock that is a little off must not take another's tail for dead. */
const GRACE_MS = 5 * 60_000;
/** Events that nobody takes are of no use for longer. */
const RETENTION_SECONDS = '3600';

/** Epoch milliseconds at which the tail of this name ends; undefined for what is none of a tail's. */
export function endOf(name: string): number | undefined {
  const seconds = /^audit-tail-(\d{10})-[0-9a-f]{8}$/.exec(name)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1_000;
}

export class AwsTail {
  readonly #sqs: SQSClient;
  readonly #bus: EventBridgeClient;
  readonly #busName: string;
  readonly #clock: Clock;
  readonly #name: string;
  readonly #endsAt: number;
  #queueUrl: string | undefined;
  #ruleMade = false;

  constructor(deployed: NonNullable<Target['deployed']>, clock: Clock, forMs: number) {
    this.#sqs = new SQSClient(waitingLong(deployed.config));
    this.#bus = new EventBridgeClient(deployed.config);
    this.#busName = deployed.outputs.get('EventBusName') ?? '';
    this.#clock = clock;
    this.#endsAt = clock.now() + forMs;
    this.#name = `${MARKER}${Math.ceil(this.#endsAt / 1_000)}-${randomBytes(4).toString('hex')}`;
  }

  /** @returns what was left by tails that are over, and is removed now */
  async removeLeftOvers(): Promise<readonly string[]> {
    const isOver = (name: string) => {
      const end = endOf(name);
      return end !== undefined && end + GRACE_MS < this.#clock.now();
    };
    const removed = new Set<string>();
    const { Rules = [] } = await this.#bus.send(
      new ListRulesCommand({ EventBusName: this.#busName, NamePrefix: MARKER }),
    );
    for (const { Name = '' } of Rules.filter(({ Name = '' }) => isOver(Name))) {
      await this.#removeRule(Name);
      removed.add(Name);
    }
    for await (const { QueueUrls = [] } of paginateListQueues(
      { client: this.#sqs },
      { QueueNamePrefix: MARKER },
    )) {
      for (const url of QueueUrls) {
        const name = url.split('/').at(-1) ?? '';
        if (!isOver(name)) continue;
        await this.#sqs.send(new DeleteQueueCommand({ QueueUrl: url }));
        removed.add(name);
      }
    }
    return [...removed];
  }

  /** Each event as the bus hands it to targets. Ends with the signal, or when the tail's time is over. */
  async *events(pattern: object, signal: AbortSignal): AsyncIterable<string> {
    if (signal.aborted) return;
    const url = await this.#open(pattern);
    while (!signal.aborted && this.#clock.now() < this.#endsAt) {
      const left = Math.ceil((this.#endsAt - this.#clock.now()) / 1_000);
      const { Messages = [] } = await this.#sqs
        .send(
          new ReceiveMessageCommand({
            QueueUrl: url,
            MaxNumberOfMessages: BATCH,
            WaitTimeSeconds: Math.min(WAIT_SECONDS, Math.max(0, left)),
          }),
          { abortSignal: signal },
        )
        .catch((error: unknown) => {
          if (signal.aborted) return { Messages: [] };
          throw error;
        });
      for (const { Body = '' } of Messages) yield Body;
      if (Messages.length === 0) continue;
      const Entries = Messages.map(({ MessageId: Id, ReceiptHandle }) => ({ Id, ReceiptHandle }));
      await this.#sqs.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
    }
  }

  /** Removes what was made. @returns what could not be, and why */
  async close(): Promise<readonly string[]> {
    const problems: string[] = [];
    const trying = async (what: string, work: () => Promise<unknown>) => {
      await work().catch((error: unknown) => {
        problems.push(
          `${what} could not be removed: ${error instanceof Error ? error.message : error}`,
        );
      });
    };
    if (this.#ruleMade) await trying(`rule ${this.#name}`, () => this.#removeRule(this.#name));
    const QueueUrl = this.#queueUrl;
    if (QueueUrl !== undefined) {
      await trying(`queue ${this.#name}`, () =>
        this.#sqs.send(new DeleteQueueCommand({ QueueUrl })),
      );
    }
    this.#sqs.destroy();
    this.#bus.destroy();
    return problems;
  }

  async #open(pattern: object): Promise<string> {
    const { QueueUrl = '' } = await this.#sqs.send(
      new CreateQueueCommand({
        QueueName: this.#name,
        Attributes: { MessageRetentionPeriod: RETENTION_SECONDS, SqsManagedSseEnabled: 'true' },
      }),
    );
    this.#queueUrl = QueueUrl;
    const { Attributes = {} } = await this.#sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    const arn = Attributes.QueueArn ?? '';
    // Before the answer is here: one that is lost may have made it.
    this.#ruleMade = true;
    const { RuleArn } = await this.#bus.send(
      new PutRuleCommand({
        Name: this.#name,
        EventBusName: this.#busName,
        Description: 'A tail that a person has open; removed when it ends',
        EventPattern: JSON.stringify(pattern),
      }),
    );
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Service: 'events.amazonaws.com' },
          Action: 'sqs:SendMessage',
          Resource: arn,
          Condition: { ArnEquals: { 'aws:SourceArn': RuleArn } },
        },
      ],
    });
    await this.#sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
    await this.#bus.send(
      new PutTargetsCommand({
        ...{ Rule: this.#name, EventBusName: this.#busName },
        Targets: [{ Id: TARGET_ID, Arn: arn }],
      }),
    );
    return QueueUrl;
  }

  async #removeRule(Rule: string): Promise<void> {
    const EventBusName = this.#busName;
    const isGone = (error: unknown) => {
      if ((error as Error).name !== 'ResourceNotFoundException') throw error;
    };
    await this.#bus
      .send(new RemoveTargetsCommand({ Rule, EventBusName, Ids: [TARGET_ID] }))
      .catch(isGone);
    await this.#bus.send(new DeleteRuleCommand({ Name: Rule, EventBusName })).catch(isGone);
  }
}

/** A receive that waits must not be taken for one that hangs. */
function waitingLong(config: AwsConfig): AwsConfig {
  return { ...config, ...clientConfig((WAIT_SECONDS + 10) * 1_000) };
}
