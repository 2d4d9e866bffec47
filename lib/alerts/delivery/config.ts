// The notifiers' configuration, read from their environment; every problem is reported at once.
import * as z from 'zod';
import { type Delivery, deliverySchema } from '../../contract/delivery.ts';
import { ENVIRONMENT } from '../../contract/environment.ts';
import { jsonOf, readEnvironment } from '../../environment.ts';
import { isSafeAddress } from '../../safe-address.ts';
import { SLACK_API_URL } from '../slack/web-api.ts';

interface NotifierConfig {
  readonly stateTableName: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly delivery: Delivery;
}

export const deliveryVariables = {
  [ENVIRONMENT.delivery]: z
    .string()
    .default('{}')
    .transform((text, ctx) => {
      const read = deliverySchema.safeParse(jsonOf(text));
      if (read.success) return read.data;
      const where = read.error.issues
        .map((issue) => issue.path.join('.') || 'the whole')
        .join(', ');
      ctx.addIssue({ code: 'custom', message: `must be the delivery settings as JSON: ${where}` });
      return z.NEVER;
    }),
};
export const slackApiUrl = z
  .string()
  .refine(isSafeAddress, 'must be an https address, or http for a loopback address')
  .transform((url) => (url.endsWith('/') ? url : `${url}/`))
  .default(SLACK_API_URL);
const common = {
  ...deliveryVariables,
  [ENVIRONMENT.stateTableName]: z.string('must be the name of the state table'),
  [ENVIRONMENT.queueUrl]: z.string("must be the URL of the notifier's queue"),
  [ENVIRONMENT.deadLetterQueueUrl]: z.string('must be the URL of its dead-letter queue'),
};
const slackSchema = z.object({
  ...common,
  [ENVIRONMENT.slackWebhookSecretArn]: z.string(
    'must be the ARN of the secret with the webhook or bot token',
  ),
  [ENVIRONMENT.slackApiUrl]: slackApiUrl,
});
const snsSchema = z.object({
  ...common,
  [ENVIRONMENT.alertTopicArn]: z.string('must be the ARN of the alert topic'),
});

/** @throws ConfigurationError naming every variable that is wrong. */
export function loadSlackConfig(
  env: NodeJS.ProcessEnv,
): NotifierConfig & { readonly secretArn: string; readonly apiUrl: string } {
  const read = readEnvironment(slackSchema, env);
  return {
    ...shared(read),
    secretArn: read[ENVIRONMENT.slackWebhookSecretArn],
    apiUrl: read[ENVIRONMENT.slackApiUrl],
  };
}

/** @throws ConfigurationError naming every variable that is wrong. */
export function loadSnsConfig(
  env: NodeJS.ProcessEnv,
): NotifierConfig & { readonly topicArn: string } {
  const read = readEnvironment(snsSchema, env);
  return { ...shared(read), topicArn: read[ENVIRONMENT.alertTopicArn] };
}

function shared(read: z.output<z.ZodObject<typeof common>>): NotifierConfig {
  return {
    stateTableName: read[ENVIRONMENT.stateTableName],
    queueUrl: read[ENVIRONMENT.queueUrl],
    deadLetterQueueUrl: read[ENVIRONMENT.deadLetterQueueUrl],
    delivery: read[ENVIRONMENT.delivery],
  };
}
