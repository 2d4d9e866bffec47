// The notifiers' configuration, read from their environment; every problem is reported at once.
import * as z from 'zod';
import { ENVIRONMENT } from '../contract/environment.ts';
import { readEnvironment } from '../environment.ts';

interface NotifierConfig {
  readonly stateTableName: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
}

const common = {
  [ENVIRONMENT.stateTableName]: z.string('must be the name of the state table'),
  [ENVIRONMENT.queueUrl]: z.string("must be the URL of the notifier's queue"),
  [ENVIRONMENT.deadLetterQueueUrl]: z.string('must be the URL of its dead-letter queue'),
};
const slackSchema = z.object({
  ...common,
  [ENVIRONMENT.slackWebhookSecretArn]: z.string("must be the ARN of the webhook's secret"),
});
const snsSchema = z.object({
  ...common,
  [ENVIRONMENT.alertTopicArn]: z.string('must be the ARN of the alert topic'),
});

/** @throws ConfigurationError naming every variable that is wrong. */
export function loadSlackConfig(
  env: NodeJS.ProcessEnv,
): NotifierConfig & { readonly webhookSecretArn: string } {
  const read = readEnvironment(slackSchema, env);
  return { ...shared(read), webhookSecretArn: read[ENVIRONMENT.slackWebhookSecretArn] };
}

/** @throws ConfigurationError naming every variable that is wrong. */
export function loadSnsConfig(
  env: NodeJS.ProcessEnv,
): NotifierConfig & { readonly topicArn: string } {
  const read = readEnvironment(snsSchema, env);
  return { ...shared(read), topicArn: read[ENVIRONMENT.alertTopicArn] };
}

function shared(read: Record<keyof typeof common, string>): NotifierConfig {
  return {
    stateTableName: read[ENVIRONMENT.stateTableName],
    queueUrl: read[ENVIRONMENT.queueUrl],
    deadLetterQueueUrl: read[ENVIRONMENT.deadLetterQueueUrl],
  };
}
