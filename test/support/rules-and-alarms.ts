// Stands in for EventBridge with its rules and for CloudWatch's alarms on loopback. What a rule matches goes to its targets, which
// are queues of the SQS client given; a call that is named in `denied` is refused.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { GetQueueUrlCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { BusEvent } from '../../lib/contract/bus-event.ts';
import { compileEventPattern } from '../../lib/detections/event-pattern.ts';
import { judgeEntry, type RequestEntry } from '../../lib/local/bus-entry.ts';
import { closeServer } from './dynalite.ts';

export interface TestRule {
  state: 'ENABLED' | 'DISABLED';
  pattern: object;
  targets: { Id: string; Arn: string; InputTransformer?: { InputTemplate: string } }[];
}

export interface RulesAndAlarms {
  readonly url: string;
  readonly rules: Map<string, TestRule>;
  readonly alarms: object[];
  /** Entries that the bus has taken. */
  readonly entries: RequestEntry[];
  /** Names of calls, such as `ListRules`. */
  readonly denied: Set<string>;
  busName: string;
  close(): Promise<void>;
}

type Body = Record<string, unknown>;

export async function startRulesAndAlarms(
  busName: string,
  sqs: SQSClient,
): Promise<RulesAndAlarms> {
  const world = {
    rules: new Map<string, TestRule>(),
    alarms: [] as object[],
    entries: [] as RequestEntry[],
    denied: new Set<string>(),
    busName,
  };
  const refused = (type: string, message: string): [number, Body] => [
    400,
    { __type: type, message },
  ];
  const ruleArn = (name: string) =>
    `arn:aws:events:us-east-1:123456789012:rule/${world.busName}/${name}`;

  const calls: Record<string, (body: Body) => [number, Body] | Promise<[number, Body]>> = {
    DescribeEventBus: ({ Name }) => [200, { Name }],
    ListRules: ({ NamePrefix = '' }) => [
      200,
      {
        Rules: [...world.rules]
          .filter(([name]) => name.startsWith(String(NamePrefix)))
          .map(([Name, { state }]) => ({ Name, State: state, Arn: ruleArn(Name) })),
      },
    ],
    ListTargetsByRule: ({ Rule }) => [
      200,
      { Targets: world.rules.get(String(Rule))?.targets ?? [] },
    ],
    PutRule: ({ Name, EventPattern }) => {
      const pattern = JSON.parse(String(EventPattern)) as object;
      world.rules.set(String(Name), { state: 'ENABLED', pattern, targets: [] });
      return [200, { RuleArn: ruleArn(String(Name)) }];
    },
    PutTargets: ({ Rule, Targets }) => {
      world.rules.get(String(Rule))?.targets.push(...(Targets as TestRule['targets']));
      return [200, { FailedEntryCount: 0, FailedEntries: [] }];
    },
    RemoveTargets: ({ Rule }) => {
      const rule = world.rules.get(String(Rule));
      if (rule === undefined) return refused('ResourceNotFoundException', 'No such rule.');
      rule.targets = [];
      return [200, { FailedEntryCount: 0, FailedEntries: [] }];
    },
    DeleteRule: ({ Name }) => {
      if ((world.rules.get(String(Name))?.targets.length ?? 0) > 0) {
        return refused('ValidationException', "Rule can't be deleted since it has targets.");
      }
      world.rules.delete(String(Name));
      return [200, {}];
    },
    PutEvents: async ({ Entries }) => {
      const results: Body[] = [];
      for (const entry of Entries as RequestEntry[]) {
        const verdict = judgeEntry(entry, Date.now());
        if (!verdict.accepted) {
          results.push({ ErrorCode: verdict.code, ErrorMessage: verdict.message });
          continue;
        }
        world.entries.push(entry);
        results.push({ EventId: verdict.event.event.id });
        await deliver(verdict.event.event, verdict.event.text);
      }
      return [200, { FailedEntryCount: 0, Entries: results }];
    },
    DescribeAlarms: () => [200, { MetricAlarms: world.alarms }],
  };

  async function deliver(event: BusEvent<unknown>, text: string): Promise<void> {
    for (const { state, pattern, targets } of world.rules.values()) {
      if (state !== 'ENABLED' || !compileEventPattern(pattern)(event)) continue;
      for (const { Arn } of targets) {
        const QueueName = Arn.split(':').at(-1);
        const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: text }));
      }
    }
  }

  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = JSON.parse(Buffer.concat(parts).toString('utf8')) as Body;
    const name = String(request.headers['x-amz-target']).split('.').at(-1) ?? '';
    const bus = body['EventBusName'] ?? body['Name'];
    const isElsewhere = /Bus$|^ListRules$/.test(name) && bus !== world.busName;
    const [status, answer] = world.denied.has(name)
      ? refused('AccessDeniedException', `User is not authorized to perform: ${name}`)
      : isElsewhere
        ? refused('ResourceNotFoundException', 'Event bus does not exist.')
        : ((await calls[name]?.(body)) ?? refused('UnknownOperationException', name));
    response.writeHead(status, {
      'content-type': 'application/x-amz-json-1.1',
      ...(status === 400 ? { 'x-amzn-errortype': String(answer['__type']) } : {}),
    });
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(world, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => closeServer(server),
  });
}
