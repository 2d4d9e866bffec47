// The poll function's configuration: its environment, and the input each schedule sends.
import * as z from 'zod';
import { baseUrlProblem } from '../asana/base-url.ts';
import { DEFAULT_MAX_EVENT_BYTES } from '../bus/envelope.ts';
import { DEFAULT_REDACT_PATHS, redactPathProblem } from '../bus/redaction.ts';
import { ENVIRONMENT } from '../contract/environment.ts';
import { jsonOf, readEnvironment, trueOrFalse, wholeNumber } from '../environment.ts';
import { ConfigurationError } from '../errors.ts';
import { startFromProblem } from './start-from.ts';

export interface PollConfig {
  readonly eventBusName: string;
  readonly checkpointTableName: string;
  readonly quarantineBucketName: string;
  readonly asanaBaseUrl: string | undefined;
  readonly pageLimit: number | undefined;
  readonly startFrom: string;
  readonly pollIntervalSeconds: number;
  readonly redactPaths: readonly string[];
  readonly maxEventBytes: number;
  readonly skipUnreadable: boolean;
}

const checked = (problemOf: (value: string) => string | undefined) =>
  z.string().superRefine((value, context) => {
    const problem = problemOf(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

const required = z.string({ error: 'must be set' });

function redactPathsProblem(value: string): string | undefined {
  const shape = z.array(z.string()).safeParse(jsonOf(value));
  if (!shape.success) return 'must be a JSON array of dotted paths, such as ["actor.email"]';
  for (const path of shape.data) {
    const problem = redactPathProblem(path);
    if (problem !== undefined) return `path ${JSON.stringify(path)} ${problem}`;
  }
  return undefined;
}

/** @throws ConfigurationError with every problem at once. @param now epoch milliseconds */
export function loadPollConfig(env: NodeJS.ProcessEnv, now: number): PollConfig {
  const schema = z.object({
    [ENVIRONMENT.eventBusName]: required,
    [ENVIRONMENT.checkpointTableName]: required,
    [ENVIRONMENT.quarantineBucketName]: required,
    [ENVIRONMENT.asanaBaseUrl]: checked(baseUrlProblem).optional(),
    [ENVIRONMENT.asanaPageLimit]: wholeNumber(1, 1000).optional(),
    // A timestamp that lay in the past at synth does so ever after, clocks aside.
    [ENVIRONMENT.startFrom]: checked((value) => startFromProblem(value, now)).default('now'),
    [ENVIRONMENT.pollIntervalSeconds]: wholeNumber(5, 86_400).default(60),
    [ENVIRONMENT.redactPaths]: checked(redactPathsProblem).default('[]'),
    [ENVIRONMENT.maxEventBytes]: wholeNumber(4_096, 1_000_000).default(DEFAULT_MAX_EVENT_BYTES),
    [ENVIRONMENT.skipUnreadable]: trueOrFalse.default(false),
  });
  const read = readEnvironment(schema, env);
  return {
    eventBusName: read[ENVIRONMENT.eventBusName],
    checkpointTableName: read[ENVIRONMENT.checkpointTableName],
    quarantineBucketName: read[ENVIRONMENT.quarantineBucketName],
    asanaBaseUrl: read[ENVIRONMENT.asanaBaseUrl],
    pageLimit: read[ENVIRONMENT.asanaPageLimit],
    startFrom: read[ENVIRONMENT.startFrom],
    pollIntervalSeconds: read[ENVIRONMENT.pollIntervalSeconds],
    redactPaths: [
      ...DEFAULT_REDACT_PATHS,
      ...(JSON.parse(read[ENVIRONMENT.redactPaths]) as string[]),
    ],
    maxEventBytes: read[ENVIRONMENT.maxEventBytes],
    skipUnreadable: read[ENVIRONMENT.skipUnreadable],
  };
}

/** What a schedule sends. `scheduledTime` may arrive unresolved from an emulator, and is absent on a call by hand. */
const tickSchema = z.object({
  workspaceGid: z.string().regex(/^\d{1,30}$/, 'must be the digits of a workspace gid'),
  tokenSecretArn: z.string().min(1),
  scheduledTime: z.string().optional(),
});

export interface PollTick {
  readonly workspaceGid: string;
  readonly tokenSecretArn: string;
  /** Epoch milliseconds. */
  readonly scheduledTime: number | undefined;
}

/** @throws ConfigurationError */
export function parsePollTick(input: unknown): PollTick {
  const parsed = tickSchema.safeParse(input);
  if (!parsed.success) {
    throw new ConfigurationError(
      'The input of the poll function ({"workspaceGid", "tokenSecretArn", "scheduledTime"})',
      parsed.error.issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`),
    );
  }
  const at = Date.parse(parsed.data.scheduledTime ?? '');
  return { ...parsed.data, scheduledTime: Number.isNaN(at) ? undefined : at };
}
