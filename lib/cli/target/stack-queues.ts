// The queues of a deployed stack: which are for dead letters, whose dead letters they take, and what lies in each.
// What becomes of messages is lib/cli/dlq's.
import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { isGone } from './aws-errors.ts';
import type { AwsConfig } from './aws-target.ts';
import { stackResources } from './stack-resources.ts';

export interface StackQueue {
  /** `detect`, `notify-slack`, `rules`, `email`, `poller-schedules`; a queue that feeds a function: `detect-work`. */
  readonly name: string;
  readonly url: string;
  readonly arn: string;
  /** Messages that nobody has taken. About so many, as all of SQS's counts. */
  readonly waiting: number;
  readonly dead: boolean;
  /** The stack does not show its address: the scheduler's own, short-lived and without an alarm. */
  readonly unwatched: boolean;
  /** The stack has made it, and it is not there any more. */
  readonly gone: boolean;
  /** Of queues whose dead letters it takes. */
  readonly sources: readonly { readonly url: string; readonly arn: string }[];
}

const OUTPUT = 'DeadLetterQueueUrl';

export async function stackQueues(
  config: AwsConfig,
  stackName: string,
  outputs: ReadonlyMap<string, string>,
  sqs: SQSClient,
): Promise<readonly StackQueue[]> {
  const named = new Map(
    [...outputs].flatMap(([output, url]) =>
      output.startsWith(OUTPUT) ? [[url, kebab(output.slice(OUTPUT.length))] as const] : [],
    ),
  );
  const found = await stackResources(config, stackName, ['AWS::SQS::Queue']);
  const all = await Promise.all(
    found.map(async ({ logicalId: id, physicalId: url }) => ({
      ...{ id, url },
      ...(await attributesOf(sqs, url)),
    })),
  );
  const queues = all.map(({ id, url, arn, waiting, deadLetterArn, gone }): StackQueue => {
    const sources = all.filter((each) => each.deadLetterArn === arn);
    const dead = gone ? named.has(url) : deadLetterArn === undefined;
    const target = all.find((each) => each.arn === deadLetterArn);
    const feeds = target === undefined ? undefined : named.get(target.url);
    const name =
      named.get(url) ?? (dead || feeds === undefined ? ofLogicalId(id) : `${feeds}-work`);
    const unwatched = dead && !named.has(url);
    return { name, url, arn, waiting, dead, unwatched, gone, sources };
  });
  return queues.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function attributesOf(sqs: SQSClient, url: string) {
  const command = new GetQueueAttributesCommand({
    QueueUrl: url,
    AttributeNames: ['QueueArn', 'ApproximateNumberOfMessages', 'RedrivePolicy'],
  });
  const answer = await sqs.send(command).catch((error: unknown) => {
    if (isGone(error)) return undefined;
    throw error;
  });
  const { Attributes = {} } = answer ?? {};
  const policy = Attributes.RedrivePolicy;
  const { deadLetterTargetArn } = (policy ? JSON.parse(policy) : {}) as {
    deadLetterTargetArn?: string;
  };
  return {
    arn: Attributes.QueueArn ?? '',
    waiting: Number(Attributes.ApproximateNumberOfMessages ?? 0),
    deadLetterArn: deadLetterTargetArn,
    gone: answer === undefined,
  };
}

/** `PollerSchedulesUndelivered0A1B2C3D` as `poller-schedules`. */
function ofLogicalId(id: string): string {
  return kebab(id.replace(/[0-9A-F]{8}$/, '').replace(/Undelivered$/, ''));
}

function kebab(name: string): string {
  return name.replace(/(?<!^)([A-Z])/g, '-$1').toLowerCase();
}
