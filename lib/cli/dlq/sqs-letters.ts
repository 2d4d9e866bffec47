// Dead letters of a deployed stack: received, and sent, deleted or shown again one by one. SQS itself moves only what came by a
// redrive policy, not what a rule, the scheduler or a function has put there.
import { EventBridgeClient, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge';
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { stringifyLossless } from '../../asana/lossless-json.ts';
import { AuditBusError } from '../../errors.ts';
import { PUT_BACK } from '../target/aws-errors.ts';
import { type StackQueue, stackQueues } from '../target/stack-queues.ts';
import type { PollSettings, Target } from '../target/target.ts';
import { type DeadLetterStore, type Letter, objectIn } from './letter.ts';
import { holdsAuditLogEvent, redactedBody } from './redacted-body.ts';

/** While the command has them in hand; given back before it ends, by SQS itself where it is killed. */
const IN_HAND_SECONDS = 120;
const BATCH = 10;
/** SQS asks a part of its servers: one empty answer proves nothing. */
const EMPTY_ANSWERS = 2;

interface Taken extends Letter {
  readonly receipt: string;
  readonly from: StackQueue;
}

export class SqsLetters implements DeadLetterStore {
  readonly #deployed: NonNullable<Target['deployed']>;
  readonly #target: Pick<Target, 'publisher' | 'pollSettings'>;
  readonly #sqs: SQSClient;
  readonly #bus: EventBridgeClient;
  readonly #taken = new Map<string, Taken>();
  readonly #templates = new Map<string, Promise<string | undefined>>();
  #queues: Promise<readonly StackQueue[]> | undefined;
  #settings: Promise<PollSettings> | undefined;

  constructor(
    deployed: NonNullable<Target['deployed']>,
    target: Pick<Target, 'publisher' | 'pollSettings'>,
  ) {
    this.#deployed = deployed;
    this.#target = target;
    this.#sqs = new SQSClient(deployed.config);
    this.#bus = new EventBridgeClient(deployed.config);
  }

  async names(): Promise<readonly string[]> {
    return (await this.#all()).filter(({ dead }) => dead).map(({ name }) => name);
  }

  async take(queue: string, limit: number): Promise<readonly Letter[]> {
    const from = (await this.#all()).find(({ name, dead }) => dead && name === queue);
    if (from === undefined) return [];
    if (from.gone) {
      throw new AuditBusError(
        'target.gone',
        `The queue ${queue} is gone: ${PUT_BACK} puts it back.`,
      );
    }
    const letters: Taken[] = [];
    for (let empty = 0; empty < EMPTY_ANSWERS && letters.length < limit; ) {
      const { Messages = [] } = await this.#sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: from.url,
          MaxNumberOfMessages: Math.min(BATCH, limit - letters.length),
          VisibilityTimeout: IN_HAND_SECONDS,
          MessageSystemAttributeNames: ['SentTimestamp', 'ApproximateReceiveCount'],
          MessageAttributeNames: ['All'],
        }),
      );
      empty = Messages.length === 0 ? empty + 1 : 0;
      for (const message of Messages) {
        const letter = taken(message, from);
        this.#taken.set(letter.id, letter);
        letters.push(letter);
      }
    }
    return letters;
  }

  noWayBack(letter: Letter): string | undefined {
    const { from } = this.#of(letter);
    if (from.unwatched)
      return 'A tick of the scheduler is worth nothing once the next one has come: drop it.';
    if (from.name === 'email') {
      return 'SNS could not deliver this mail and takes none back: read it here, mend the subscription, drop it.';
    }
    const { RULE_ARN, TARGET_ARN } = letter.attributes;
    if (from.sources.length > 0 || (RULE_ARN && TARGET_ARN)) return undefined;
    if (typeof objectIn(letter.body)['detail-type'] === 'string') return undefined;
    return 'It does not say where it came from: read it (show), deal with it by hand, drop it.';
  }

  async redrive(letter: Letter): Promise<string> {
    const problem = this.noWayBack(letter);
    if (problem !== undefined) throw noWay(problem);
    const where = await this.#send(letter);
    // At least once: were this to fail, the letter would be here again, and consumers know what they have handled.
    await this.drop(letter);
    return where;
  }

  async drop(letter: Letter): Promise<void> {
    const { from, receipt } = this.#of(letter);
    await this.#sqs.send(new DeleteMessageCommand({ QueueUrl: from.url, ReceiptHandle: receipt }));
    this.#taken.delete(letter.id);
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.#taken.values()].map(({ from, receipt }) =>
        this.#sqs
          .send(
            new ChangeMessageVisibilityCommand({
              ...{ QueueUrl: from.url, ReceiptHandle: receipt, VisibilityTimeout: 0 },
            }),
          )
          // SQS shows it again by itself, two minutes later.
          .catch(() => {}),
      ),
    );
    this.#sqs.destroy();
    this.#bus.destroy();
  }

  /** @returns where it went */
  async #send(letter: Letter): Promise<string> {
    const { RULE_ARN, TARGET_ARN } = letter.attributes;
    const { from } = this.#of(letter);
    const [source] = from.sources;
    const body = await this.#redacted(letter.body);
    if (source !== undefined) {
      await this.#put(source.url, body);
      return nameIn(source.arn);
    }
    if (RULE_ARN === undefined || TARGET_ARN === undefined) return this.#publish(body);
    const target = (await this.#all()).find(({ arn }) => arn === TARGET_ARN);
    if (target === undefined) {
      throw noWay(`Its rule's target ${nameIn(TARGET_ARN)} is no queue of this stack any more.`);
    }
    await this.#put(target.url, transformed(body, await this.#templateOf(RULE_ARN, TARGET_ARN)));
    return target.name;
  }

  /** As polling redacts now. */
  async #redacted(body: string): Promise<string> {
    if (!holdsAuditLogEvent(body)) return body;
    this.#settings ??= this.#target.pollSettings();
    return redactedBody(body, (await this.#settings).redactPaths);
  }

  async #put(QueueUrl: string, MessageBody: string): Promise<void> {
    await this.#sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  }

  /** What failed before any rule saw it goes on the bus itself. */
  async #publish(body: string): Promise<string> {
    const event = objectIn(body);
    const { published, failure, poison } = await this.#target.publisher.publish([
      {
        source: String(event['source']),
        detailType: String(event['detail-type']),
        time: Date.parse(String(event['time'])) || undefined,
        detail: stringifyLossless(event['detail'] ?? {}),
      },
    ]);
    const why = failure ?? poison[0];
    if (!published[0])
      throw new AuditBusError(
        'dlq.not-taken',
        `The bus did not take it: ${why?.code} ${why?.message}`,
      );
    return 'the bus';
  }

  /** What the rule makes of an event for this target; undefined where it hands on the event itself. */
  #templateOf(ruleArn: string, targetArn: string): Promise<string | undefined> {
    const known = this.#templates.get(ruleArn);
    if (known !== undefined) return known;
    const read = this.#bus
      .send(
        new ListTargetsByRuleCommand({
          Rule: nameIn(ruleArn),
          EventBusName: this.#deployed.outputs.get('EventBusName'),
        }),
      )
      .then(({ Targets = [] }) => {
        const target = Targets.find(({ Arn }) => Arn === targetArn);
        if (target !== undefined) return target.InputTransformer?.InputTemplate;
        throw noWay(`Its rule ${nameIn(ruleArn)} has no such target any more.`);
      });
    this.#templates.set(ruleArn, read);
    return read;
  }

  #all(): Promise<readonly StackQueue[]> {
    const { config, stackName, outputs } = this.#deployed;
    this.#queues ??= stackQueues(config, stackName, outputs, this.#sqs);
    return this.#queues;
  }

  #of({ id }: Letter): Taken {
    const letter = this.#taken.get(id);
    if (letter === undefined) throw new AuditBusError('dlq.not-in-hand', `${id} is not in hand.`);
    return letter;
  }
}

/** As EventBridge would have: our templates hold this one placeholder, where the event goes as an object. */
function transformed(body: string, template: string | undefined): string {
  const isEvent = objectIn(body)['detail-type'] !== undefined;
  return template === undefined || !isEvent
    ? body
    : template.replace('<aws.events.event.json>', () => body);
}

function taken(message: Message, from: StackQueue): Taken {
  const { MessageId = '', ReceiptHandle = '', Body = '', Attributes = {} } = message;
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(
    ([name, { StringValue = '' }]) => [name, StringValue] as const,
  );
  return {
    queue: from.name,
    id: MessageId,
    body: Body,
    sentAt: Number(Attributes.SentTimestamp ?? 0),
    receives: Number(Attributes.ApproximateReceiveCount ?? 0),
    attributes: Object.fromEntries(attributes),
    receipt: ReceiptHandle,
    from,
  };
}

/** The last part of an ARN, whose parts a colon or a slash ends. */
function nameIn(arn: string): string {
  return arn.split(/[:/]/).at(-1) ?? arn;
}

function noWay(words: string): AuditBusError {
  return new AuditBusError('dlq.no-way-back', words);
}
