// What commands work against, a deployed stack or the data folder of `npm start`, alike: its tables, its bus, who asks.
// Finding a stack is aws-target.ts's, coming to a folder local-target.ts's.
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Publisher } from '../../bus/publisher-port.ts';
import { ConfigurationError } from '../../errors.ts';
import type { PollConfig } from '../../poller/config.ts';
import { type Terminal, text } from '../terminal/command.ts';
import { explained } from './aws-errors.ts';
import { type AwsConfig, DEFAULT_STACK, openAwsTarget } from './aws-target.ts';
import { openLocalTarget } from './local-target.ts';

export interface Target {
  /** For people: "stack AsanaAuditBus in eu-central-1", "the local run in .local". */
  readonly words: string;
  readonly dynamodb: DynamoDBClient;
  readonly checkpointTableName: string;
  readonly stateTableName: string;
  /** What it has taken reaches the bus, though in a local folder perhaps only with the next run. */
  readonly publisher: Publisher;
  /** Gids of the workspaces that are or have been watched, in order. */
  workspaces(): Promise<readonly string[]>;
  /** What polling does to events, and where it asks for them. @throws AuditBusError where it cannot be known */
  pollSettings(): Promise<PollSettings>;
  /** Who runs the command: an ARN in AWS, the operating system's user here. */
  caller(): Promise<string>;
  /** What only a deployment has. */
  readonly deployed?: {
    readonly stackName: string;
    readonly region: string;
    /** The stack's outputs by name, as cdk/constructs/next-steps.ts makes them. */
    readonly outputs: ReadonlyMap<string, string>;
    /** For further clients. */
    readonly config: AwsConfig;
  };
  /** What only a data folder has. */
  readonly local?: {
    readonly dataFolder: string;
    /** True while `npm start` runs on it. */
    readonly running: boolean;
    /** Of that run's bus. */
    readonly busEndpoint?: string;
    /** Address of the API that it polls; absent where it polls a simulated workspace. */
    readonly asanaBaseUrl?: string;
  };
  close(): Promise<void>;
}

export type PollSettings = Pick<PollConfig, 'asanaBaseUrl' | 'redactPaths' | 'maxEventBytes'>;

/** To be among the flags of every command that works against a target. */
export const TARGET_FLAGS = { stack: text, region: text, data: text } as const;

export const TARGET_HELP = `  --stack NAME     the deployed stack (default ${DEFAULT_STACK}); credentials as for every AWS tool (AWS_PROFILE)
  --region NAME    its region (default AWS_REGION or the profile's)
  --data DIR       instead of a stack: the data folder of npm start, whether it is running or not`;

export interface TargetChoice {
  readonly stack?: string | undefined;
  readonly region?: string | undefined;
  readonly data?: string | undefined;
}

/**
 * Opens what the flags name, hands it to `use`, and closes it whatever happens.
 * @param create whether a data folder may be made where there is none
 * @throws ConfigurationError for flags that do not go together; AuditBusError with what to do where AWS or the folder
 * does not let us
 */
export async function withTarget<T>(
  choice: TargetChoice,
  terminal: Pick<Terminal, 'env' | 'clock'>,
  { create }: { readonly create: boolean },
  use: (target: Target) => Promise<T>,
): Promise<T> {
  const { stack, region, data } = choice;
  if (data !== undefined && (stack !== undefined || region !== undefined)) {
    throw new ConfigurationError('The command line', [
      '--data is for the local run and --stack and --region for a deployment: give one or the other',
    ]);
  }
  const { env, clock } = terminal;
  if (data !== undefined) {
    const target = await openLocalTarget(data, clock, { create });
    return use(target).finally(() => target.close());
  }
  return explained(async () => {
    const target = await openAwsTarget({ stack, region }, env, clock);
    return use(target).finally(() => target.close());
  });
}
