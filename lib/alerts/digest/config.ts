// The digest's configuration, read from its environment; every problem is reported at once.
import * as z from 'zod';
import { ENVIRONMENT } from '../../contract/environment.ts';
import { detectionsVariables } from '../../detections/config.ts';
import { readEnvironment } from '../../environment.ts';
import { isTimeZone } from '../../time-zone.ts';
import { deliveryVariables, slackApiUrl } from '../delivery/config.ts';

const schema = z.object({
  ...deliveryVariables,
  [ENVIRONMENT.stateTableName]: z.string('must be the name of the state table'),
  [ENVIRONMENT.checkpointTableName]: z.string('must be the name of the checkpoint table'),
  [ENVIRONMENT.workspaceGids]: z
    .string('must be the gids of the workspaces')
    .regex(/^\d{1,20}(,\d{1,20})*$/, 'must be gids, separated by commas')
    .transform((text) => text.split(',')),
  [ENVIRONMENT.alertTopicArn]: z.string('must be the ARN of the alert topic'),
  [ENVIRONMENT.slackWebhookSecretArn]: z.string().optional(),
  [ENVIRONMENT.slackApiUrl]: slackApiUrl,
  [ENVIRONMENT.digestTimeZone]: z
    .string()
    .refine(isTimeZone, 'must be the name of a time zone')
    .default('UTC'),
  ...detectionsVariables,
});

/** @throws ConfigurationError naming every variable that is wrong. */
export function loadDigestConfig(env: NodeJS.ProcessEnv) {
  const read = readEnvironment(schema, env);
  return {
    stateTableName: read[ENVIRONMENT.stateTableName],
    checkpointTableName: read[ENVIRONMENT.checkpointTableName],
    workspaceGids: read[ENVIRONMENT.workspaceGids],
    topicArn: read[ENVIRONMENT.alertTopicArn],
    /** Undefined where Slack is switched off. */
    secretArn: read[ENVIRONMENT.slackWebhookSecretArn],
    apiUrl: read[ENVIRONMENT.slackApiUrl],
    delivery: read[ENVIRONMENT.delivery],
    timeZone: read[ENVIRONMENT.digestTimeZone],
    detectionsFile: read[ENVIRONMENT.detectionsFile],
  };
}
