// The configuration of the functions that run detections, read from their environment; every problem is reported at once.
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { DEFAULT_ALERT_WINDOW_MINUTES } from '../alerts/life/rules.ts';
import { ENVIRONMENT } from '../contract/environment.ts';
import { DEFAULT_RUNBOOK_BASE_URL } from '../contract/runbook.ts';
import { readEnvironment, trueOrFalse, wholeNumber } from '../environment.ts';
import type { Detection } from './define.ts';
import { checkedOverrides, type Overrides } from './tuning/overrides.ts';

export interface DetectConfig {
  readonly eventBusName: string;
  readonly stateTableName: string;
  readonly alertOnHistory: boolean;
  /** Milliseconds. */
  readonly windowMs: number;
  readonly runbookBaseUrl: string;
  /** Name of the file beside the bundle with what changes about detections; undefined: nothing does. */
  readonly detectionsFile: string | undefined;
}

export interface SweepConfig extends DetectConfig {
  readonly checkpointTableName: string;
}

/** Of every function that knows the detections. */
export const detectionsVariables = {
  [ENVIRONMENT.detectionsFile]: z
    .string()
    .regex(/^[\w-]+\.json$/, 'must be the name of a .json file beside the bundle')
    .optional(),
};

const schema = z.object({
  [ENVIRONMENT.eventBusName]: z.string('must be the name of the event bus'),
  [ENVIRONMENT.stateTableName]: z.string('must be the name of the state table'),
  [ENVIRONMENT.alertOnHistory]: trueOrFalse.default(false),
  [ENVIRONMENT.alertWindowMinutes]: wholeNumber(1, 1_440).default(DEFAULT_ALERT_WINDOW_MINUTES),
  ...detectionsVariables,
  [ENVIRONMENT.runbookBaseUrl]: z
    .url({ protocol: /^https?$/, error: 'must be an address' })
    .default(DEFAULT_RUNBOOK_BASE_URL),
});

const sweepSchema = schema.extend({
  [ENVIRONMENT.checkpointTableName]: z.string('must be the name of the checkpoint table'),
});

/** @throws ConfigurationError naming every variable that is wrong. */
export function loadDetectConfig(env: NodeJS.ProcessEnv): DetectConfig {
  return configOf(readEnvironment(schema, env));
}

/** @throws ConfigurationError naming every variable that is wrong. */
export function loadSweepConfig(env: NodeJS.ProcessEnv): SweepConfig {
  const read = readEnvironment(sweepSchema, env);
  return { ...configOf(read), checkpointTableName: read[ENVIRONMENT.checkpointTableName] };
}

function configOf(read: z.output<typeof schema>): DetectConfig {
  return {
    eventBusName: read[ENVIRONMENT.eventBusName],
    stateTableName: read[ENVIRONMENT.stateTableName],
    alertOnHistory: read[ENVIRONMENT.alertOnHistory],
    windowMs: read[ENVIRONMENT.alertWindowMinutes] * 60_000,
    runbookBaseUrl: read[ENVIRONMENT.runbookBaseUrl],
    detectionsFile: read[ENVIRONMENT.detectionsFile],
  };
}

/**
 * What configuration changes about detections, as the deployment ships it beside the bundle.
 * @param bundleUrl the bundle's `import.meta.url`
 * @throws ConfigurationError where the file says what these detections do not have; what `fs` throws without the file
 */
export function readOverridesFile(
  name: string | undefined,
  bundleUrl: string,
  catalogue: readonly Detection[],
): Overrides {
  if (name === undefined) return {};
  const content: unknown = JSON.parse(readFileSync(new URL(name, bundleUrl), 'utf8'));
  return checkedOverrides(catalogue, content, `The file ${name}`);
}
