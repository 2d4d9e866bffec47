// A deployed stack as a command's target: its names come from its outputs, its clients from the SDK's usual environment.
// Profiles, credentials and AWS_ENDPOINT_URL* are the SDK's own to read.
import {
  CloudFormationClient,
  DescribeStacksCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { clientConfig } from '../../aws-clients.ts';
import { PutEventsPublisher } from '../../bus/put-events-publisher.ts';
import type { Clock } from '../../clock.ts';
import { AuditBusError } from '../../errors.ts';
import { deployedPollSettings } from './deployed-poller.ts';
import type { Target, TargetChoice } from './target.ts';
import { watchedWorkspaces } from './workspaces.ts';

export const DEFAULT_STACK = 'AsanaAuditBus';
const REQUEST_MS = 10_000;

/** @throws AuditBusError `target.stack-missing`, `target.stack-unfinished`, or what the SDK threw */
export async function openAwsTarget(
  choice: Pick<TargetChoice, 'stack' | 'region'>,
  env: NodeJS.ProcessEnv,
  clock: Clock,
): Promise<Target> {
  const stackName = choice.stack ?? DEFAULT_STACK;
  const { config, region, stack } = await findStack(choice, env);
  const outputs = outputsOf(stack);
  const output = (name: string) => {
    const value = outputs.get(name);
    if (value !== undefined) return value;
    throw new AuditBusError(
      'target.stack-unfinished',
      `The stack ${stackName} in ${region} has no output ${name} (its status: ${stack.StackStatus ?? 'unknown'}): deploy it to the end, or anew from this version with npx cdk deploy.`,
    );
  };
  const checkpointTableName = output('CheckpointTableName');
  const stateTableName = output('StateTableName');
  const eventBusName = output('EventBusName');
  const dynamodb = new DynamoDBClient(config);
  const eventBridge = new EventBridgeClient({ ...config, maxAttempts: 1 });
  return {
    words: `stack ${stackName} in ${region}`,
    dynamodb,
    checkpointTableName,
    stateTableName,
    publisher: new PutEventsPublisher({ client: eventBridge, eventBusName, clock }),
    workspaces: async () => {
      const deployed = workspacesIn(outputs);
      const watched = await watchedWorkspaces(dynamodb, checkpointTableName);
      return [...new Set([...deployed, ...watched])].sort();
    },
    pollSettings: () => deployedPollSettings(config, output('PollFunctionName'), clock.now()),
    caller: () => callerArn(config),
    deployed: { stackName, region, outputs, config },
    async close() {
      dynamodb.destroy();
      eventBridge.destroy();
    },
  };
}

export interface FoundStack {
  /** For every client of AWS that the command makes. */
  readonly config: AwsConfig;
  readonly region: string;
  readonly stack: Stack;
}

/** @throws AuditBusError `target.stack-missing`, or what the SDK threw */
export async function findStack(
  choice: Pick<TargetChoice, 'stack' | 'region'>,
  env: NodeJS.ProcessEnv,
): Promise<FoundStack> {
  const config = awsConfig(choice.region, env);
  const client = new CloudFormationClient(config);
  try {
    const region = await client.config.region();
    return { config, region, stack: await describe(client, choice.stack ?? DEFAULT_STACK, region) };
  } finally {
    client.destroy();
  }
}

export type AwsConfig = ReturnType<typeof clientConfig> & { readonly region?: string };

export function awsConfig(given: string | undefined, env: NodeJS.ProcessEnv): AwsConfig {
  // The SDK for JavaScript knows AWS_REGION alone; the AWS CLI, which people have set up, the other one too.
  const region = given ?? (env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined);
  return { ...clientConfig(REQUEST_MS), ...(region === undefined ? {} : { region }) };
}

/** @throws what the SDK threw: "Region is missing" */
export async function regionOf(config: AwsConfig): Promise<string> {
  const client = new STSClient(config);
  return client.config.region().finally(() => client.destroy());
}

/** Outputs by name, as cdk/constructs/next-steps.ts makes them. */
function outputsOf({ Outputs = [] }: Stack): ReadonlyMap<string, string> {
  return new Map(Outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
}

/** Gids of the workspaces that the stack has a secret for, in order. */
export function workspacesIn(outputs: ReadonlyMap<string, string>): readonly string[] {
  return [...outputs.keys()]
    .flatMap((name) => /^TokenSecretArn(\d+)$/.exec(name)?.[1] ?? [])
    .sort();
}

async function describe(
  client: CloudFormationClient,
  stackName: string,
  region: string,
): Promise<Stack> {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: stackName }));
    if (Stacks[0] !== undefined) return Stacks[0];
  } catch (error) {
    if (
      !(error instanceof Error && /does not exist|failed to satisfy constraint/.test(error.message))
    )
      throw error;
  }
  throw new AuditBusError(
    'target.stack-missing',
    `There is no stack ${stackName} in ${region}: name it with --stack, its region with --region, its account with AWS_PROFILE; or work on a local run with --data.`,
  );
}

export async function callerArn(config: AwsConfig): Promise<string> {
  const client = new STSClient(config);
  try {
    const { Arn = 'unknown' } = await client.send(new GetCallerIdentityCommand({}));
    return Arn;
  } finally {
    client.destroy();
  }
}
