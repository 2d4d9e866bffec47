// What doctor looks at in a deployed stack: each check reads one thing and leaves the judging to judge.ts.
import { CloudWatchClient, paginateDescribeAlarms } from '@aws-sdk/client-cloudwatch';
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import {
  DescribeEventBusCommand,
  EventBridgeClient,
  ListRulesCommand,
} from '@aws-sdk/client-eventbridge';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetTopicAttributesCommand, SNSClient } from '@aws-sdk/client-sns';
import { SQSClient } from '@aws-sdk/client-sqs';
import { parseSlackSecret } from '../../alerts/slack/secret.ts';
import { ASANA_API_URL } from '../../asana/base-url.ts';
import { SecretToken, TokenMissingError } from '../../asana/secret-token.ts';
import { s3PathStyle } from '../../aws-clients.ts';
import type { Clock } from '../../clock.ts';
import { AuditBusError } from '../../errors.ts';
import { SecretText } from '../../secret-text.ts';
import { isGone, PUT_BACK } from '../target/aws-errors.ts';
import { type AwsConfig, workspacesIn } from '../target/aws-target.ts';
import { stackQueues } from '../target/stack-queues.ts';
import { stackResources } from '../target/stack-resources.ts';
import type { Target } from '../target/target.ts';
import { type Check, type Finding, failure, notMade, ok } from './finding.ts';
import {
  type AlarmState,
  judgeAlarms,
  judgeQuarantine,
  judgeQueue,
  judgeRules,
  judgeSlack,
  judgeTopic,
} from './judge.ts';
import { pollingCheck } from './polling-check.ts';
import { checkToken } from './token-check.ts';

export interface Surroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
}

export function deploymentChecks(
  target: Target & { readonly deployed: NonNullable<Target['deployed']> },
  surroundings: Surroundings,
): Check[] {
  const { outputs, config, stackName } = target.deployed;
  const { env } = surroundings;
  const output = (name: string) => outputs.get(name) ?? '';
  const tokens = workspacesIn(outputs).map((gid) => ({ gid, arn: output(`TokenSecretArn${gid}`) }));
  return [
    {
      name: 'poller',
      async find() {
        try {
          const { asanaBaseUrl = ASANA_API_URL } = await target.pollSettings();
          return [ok(`its function is there and asks ${asanaBaseUrl}`)];
        } catch (error) {
          if (!(error instanceof AuditBusError)) throw error;
          return [failure('its function is not as it was deployed', error.message)];
        }
      },
    },
    {
      name: 'token',
      find: () =>
        using(new SecretsManagerClient(config), async (client) => {
          const found = tokens.map(({ gid, arn }) => token(gid, arn, client, target, surroundings));
          return (await Promise.all(found)).flat();
        }),
    },
    {
      name: 'bus',
      find: () =>
        using(new EventBridgeClient(config), async (client) => {
          const Name = output('EventBusName');
          try {
            await client.send(new DescribeEventBusCommand({ Name }));
            return [ok(`${Name} is there`)];
          } catch (error) {
            if (!isGone(error)) throw error;
            return [failure(`there is no bus ${Name}`, PUT_BACK)];
          }
        }),
    },
    {
      name: 'rules',
      find: () =>
        using(new EventBridgeClient(config), async (client) =>
          judgeRules(
            await rulesOf(client, output('EventBusName')),
            await namesOf(config, stackName, ['AWS::Events::Rule']),
          ),
        ),
    },
    {
      name: 'tables',
      find: () =>
        Promise.all(
          [target.checkpointTableName, target.stateTableName].map((TableName) =>
            table(target, TableName),
          ),
        ),
    },
    {
      name: 'queues',
      find: () =>
        using(new SQSClient(config), async (client) => {
          const queues = await stackQueues(config, stackName, outputs, client);
          return queues.map(({ name, waiting, dead, unwatched, gone }) =>
            gone
              ? failure('is gone, and what goes there is lost', PUT_BACK, name)
              : judgeQueue(name, waiting, dead ? (unwatched ? 'ticks' : 'dead') : 'work'),
          );
        }),
    },
    {
      name: 'quarantine',
      find: () =>
        using(new S3Client({ ...config, ...s3PathStyle(env) }), async (client) => {
          const Bucket = output('QuarantineBucketName');
          try {
            const answer = await client.send(new ListObjectsV2Command({ Bucket }));
            return [judgeQuarantine(answer.KeyCount ?? 0, answer.IsTruncated ?? false)];
          } catch (error) {
            if (!isGone(error)) throw error;
            return [failure(`there is no bucket ${Bucket}`, PUT_BACK)];
          }
        }),
    },
    pollingCheck(target, surroundings.clock, true),
    {
      name: 'alarms',
      find: () =>
        using(new CloudWatchClient(config), async (client) =>
          judgeAlarms(
            await alarmsOf(client, stackName),
            await namesOf(config, stackName, ['AWS::CloudWatch::Alarm']),
          ),
        ),
    },
    {
      name: 'slack',
      find: () =>
        using(new SecretsManagerClient(config), async (client) => {
          const arn = outputs.get('SlackWebhookSecretArn');
          if (arn === undefined) return [ok('switched off in the configuration')];
          const secret = await new SecretText(client, arn).read();
          return [judgeSlack(parseSlackSecret(secret), secret !== undefined)];
        }),
    },
    {
      name: 'topics',
      find: () =>
        using(new SNSClient(config), async (client) => [
          await topic(client, 'alerts', output('AlertTopicArn')),
          await topic(client, 'other', output('OtherTopicArn')),
        ]),
    },
  ];
}

async function token(
  gid: string,
  arn: string,
  client: SecretsManagerClient,
  target: Target,
  { clock }: Surroundings,
): Promise<Finding[]> {
  let text: string;
  try {
    text = await new SecretToken(new SecretText(client, arn)).current();
  } catch (error) {
    if (!(error instanceof TokenMissingError))
      return [notMade((error as Error).cause ?? error, gid)];
    const todo = `run the command in the output Step1SetAsanaToken${gid}; where it finds no secret, ${PUT_BACK} first`;
    return [failure('the secret has no value: the workspace is not polled', todo, gid)];
  }
  const set = ok('the secret has a value', gid);
  try {
    // Never where the environment of whoever looks says: the token is the deployment's.
    const { asanaBaseUrl } = await target.pollSettings();
    return [set, await checkToken(gid, text, asanaBaseUrl, clock)];
  } catch (error) {
    return [set, notMade(error, gid)];
  }
}

/** Names of what the stack has made. */
async function namesOf(config: AwsConfig, stackName: string, types: readonly string[]) {
  const made = await stackResources(config, stackName, types);
  // A rule's has its bus before it.
  return made.map(({ physicalId }) => physicalId.slice(physicalId.indexOf('|') + 1));
}

async function rulesOf(client: EventBridgeClient, EventBusName: string) {
  const rules: { name: string; enabled: boolean }[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client
      .send(new ListRulesCommand({ EventBusName, NextToken }))
      .catch((error: unknown) => {
        // Without their bus there are none either.
        if (isGone(error)) return { Rules: [], NextToken: undefined };
        throw error;
      });
    for (const { Name = '', State } of page.Rules ?? []) {
      rules.push({ name: Name, enabled: State?.startsWith('ENABLED') ?? false });
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined);
  return rules;
}

async function alarmsOf(client: CloudWatchClient, stackName: string): Promise<AlarmState[]> {
  const alarms: AlarmState[] = [];
  const pages = paginateDescribeAlarms({ client }, { AlarmNamePrefix: `${stackName}-` });
  for await (const { MetricAlarms = [] } of pages) {
    for (const each of MetricAlarms) {
      const { AlarmName = '', StateValue = '', StateReason = '', AlarmDescription = '' } = each;
      const runbook = /Runbook: (\S+)/.exec(AlarmDescription)?.[1];
      const actionsEnabled = each.ActionsEnabled ?? true;
      alarms.push({
        name: AlarmName,
        state: StateValue,
        reason: StateReason,
        runbook,
        actionsEnabled,
      });
    }
  }
  return alarms;
}

async function table({ dynamodb }: Target, TableName: string): Promise<Finding> {
  try {
    await dynamodb.send(new DescribeTableCommand({ TableName }));
    return ok('is there', TableName);
  } catch (error) {
    if (!isGone(error)) return notMade(error, TableName);
    return failure('there is no such table', PUT_BACK, TableName);
  }
}

async function topic(client: SNSClient, name: string, TopicArn: string): Promise<Finding> {
  try {
    const { Attributes = {} } = await client.send(new GetTopicAttributesCommand({ TopicArn }));
    const confirmed = Number(Attributes['SubscriptionsConfirmed'] ?? 0);
    return judgeTopic(name, {
      confirmed,
      pending: Number(Attributes['SubscriptionsPending'] ?? 0),
    });
  } catch (error) {
    if (!isGone(error)) return notMade(error, name);
    return failure('the topic is gone', PUT_BACK, name);
  }
}

async function using<C extends { destroy(): void }, T>(client: C, use: (client: C) => Promise<T>) {
  return use(client).finally(() => client.destroy());
}
