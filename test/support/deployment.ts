// A whole deployment as the operators' commands see one, on loopback: dynalite, fauxqs (SQS, SNS, S3), and stand-ins for what
// finds it, its secrets, its rules and its alarms. All is well with it until a test breaks something.
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { startFauxqs } from 'fauxqs';
import { ENVIRONMENT } from '../../lib/contract/environment.ts';
import { DynamoCheckpointStore } from '../../lib/poller/dynamo-checkpoint-store.ts';
import { startAws, type TestAwsOptions } from './aws.ts';
import { startDynalite, TEST_CREDENTIALS } from './dynalite.ts';
import { startLambdaSettings } from './lambda-settings.ts';
import { startRulesAndAlarms } from './rules-and-alarms.ts';
import { startSecretsManager } from './secrets-manager.ts';

export const TEST_WORKSPACE = '1200000000000001';
const TEST_STACK = 'AsanaAuditBus';
export const TOKEN_ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:token';
export const SLACK_ARN = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:slack';
const BUCKET = 'quarantined';
const POLL_FUNCTION = 'audit-poll';
const REGION = 'us-east-1';

export async function startDeployment(options: Partial<TestAwsOptions> = {}) {
  const fauxqs = await startFauxqs({ port: 0, logger: false, host: '127.0.0.1' });
  const client = { endpoint: fauxqs.address, region: REGION, credentials: TEST_CREDENTIALS };
  const sqs = new SQSClient(client);
  const sns = new SNSClient(client);
  const s3 = new S3Client({ ...client, forcePathStyle: true });

  const queue = async (QueueName: string, deadLetterTargetArn?: string) => {
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 5 });
    const Attributes = deadLetterTargetArn === undefined ? {} : { RedrivePolicy };
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName, Attributes }));
    const answer = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
    );
    // Its own addresses name a host that no URL may have ("sqs.us-east-1.127.0.0.1").
    const url = new URL(QueueUrl.replace(/^http:\/\/[^/]+/, fauxqs.address)).href;
    return { url, arn: answer.Attributes?.QueueArn ?? '' };
  };
  const detectDead = await queue('detect-dead');
  const slackDead = await queue('slack-dead');
  const snsDead = await queue('sns-dead');
  const queues = {
    detectDead,
    slackDead,
    snsDead,
    detect: await queue('detect', detectDead.arn),
    notifySlack: await queue('notify-slack', slackDead.arn),
    notifySns: await queue('notify-sns', snsDead.arn),
    rules: await queue('rules-dead'),
    email: await queue('email-dead'),
    schedules: await queue('schedules-dead'),
  };
  const topics = await Promise.all(
    ['alerts', 'other'].map(async (Name) => {
      const { TopicArn = '' } = await sns.send(new CreateTopicCommand({ Name }));
      await sns.send(
        new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: queues.email.arn }),
      );
      return TopicArn;
    }),
  );
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET }));
  const outputs = {
    [`TokenSecretArn${TEST_WORKSPACE}`]: TOKEN_ARN,
    SlackWebhookSecretArn: SLACK_ARN,
    EventBusName: 'audit',
    AlertTopicArn: topics[0] ?? '',
    OtherTopicArn: topics[1] ?? '',
    CheckpointTableName: 'checkpoints',
    StateTableName: 'state',
    QuarantineBucketName: BUCKET,
    PollFunctionName: POLL_FUNCTION,
    NotifySlackFunctionName: 'notify-slack',
    NotifySnsFunctionName: 'notify-sns',
    DeadLetterQueueUrlRules: queues.rules.url,
    DeadLetterQueueUrlDetect: queues.detectDead.url,
    DeadLetterQueueUrlNotifySlack: queues.slackDead.url,
    DeadLetterQueueUrlNotifySns: queues.snsDead.url,
    DeadLetterQueueUrlEmail: queues.email.url,
  };
  const [dynamo, secrets, lambda, events, aws] = await Promise.all([
    startDynalite(),
    startSecretsManager(),
    startLambdaSettings(),
    startRulesAndAlarms('audit', sqs),
    startAws({
      stacks: { [TEST_STACK]: outputs, CDKToolkit: {} },
      queues: {
        DetectionsWorkDeadLetters0A1B2C3D: queues.detectDead.url,
        DetectionsWorkQueue0A1B2C3D: queues.detect.url,
        SlackAlertsDeadLetters0A1B2C3D: queues.slackDead.url,
        SlackAlertsQueue0A1B2C3D: queues.notifySlack.url,
        SnsAlertsDeadLetters0A1B2C3D: queues.snsDead.url,
        SnsAlertsQueue0A1B2C3D: queues.notifySns.url,
        BusUndelivered0A1B2C3D: queues.rules.url,
        AlertsTopicUndelivered0A1B2C3D: queues.email.url,
        PollerSchedulesUndelivered0A1B2C3D: queues.schedules.url,
      },
      others: {
        'AWS::Events::Rule': ['audit|asana.test'],
        'AWS::CloudWatch::Alarm': [`${TEST_STACK}-lag`],
      },
      ...options,
    }),
  ]);
  await dynamo.createTable('checkpoints');
  await dynamo.createTable('state');
  const setPoller = (more: Readonly<Record<string, string>>) =>
    lambda.functions.set(POLL_FUNCTION, {
      [ENVIRONMENT.eventBusName]: 'audit',
      [ENVIRONMENT.checkpointTableName]: 'checkpoints',
      [ENVIRONMENT.quarantineBucketName]: BUCKET,
      // Nobody listens there, so that no test asks Asana itself.
      [ENVIRONMENT.asanaBaseUrl]: 'http://127.0.0.1:1',
      ...more,
    });
  setPoller({});
  secrets.values.set(TOKEN_ARN, 'marked-token-value');
  secrets.values.set(SLACK_ARN, 'https://hooks.slack.com/services/T0/B0/marked-hook');
  events.rules.set('asana.test', { state: 'ENABLED', pattern: { source: ['none'] }, targets: [] });
  events.alarms.push({ AlarmName: `${TEST_STACK}-lag`, StateValue: 'OK', ActionsEnabled: true });

  const checkpoints = new DynamoCheckpointStore(dynamo.client, 'checkpoints');
  return {
    ...{ sqs, sns, s3, dynamo, secrets, lambda, events, queues, topics, checkpoints },
    bucket: BUCKET,
    /** What the poll function is set up with, besides what it needs. */
    setPoller,
    env: {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL_CLOUDFORMATION: aws.url,
      AWS_ENDPOINT_URL_STS: aws.url,
      AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
      AWS_ENDPOINT_URL_SQS: fauxqs.address,
      AWS_ENDPOINT_URL_SNS: fauxqs.address,
      AWS_ENDPOINT_URL_S3: fauxqs.address,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      AWS_ENDPOINT_URL_LAMBDA: lambda.url,
      AWS_ENDPOINT_URL_EVENTBRIDGE: events.url,
      AWS_ENDPOINT_URL_CLOUDWATCH: events.url,
    },
    /** A poll that has just read the log to its end. */
    async polledJustNow(): Promise<void> {
      const now = Date.now();
      const start = { liveFrom: new Date(now - 60_000).toISOString() };
      const answer = await checkpoints.takeLease(TEST_WORKSPACE, 'test', now, now + 1_000, start);
      if (!answer.taken) throw new Error('the lease is held');
      const { lease, checkpoint } = answer;
      const lastPolledAt = new Date(now).toISOString();
      const after = { ...checkpoint, lastPolledAt, page: checkpoint.page + 1 };
      await checkpoints.save(lease, after, checkpoint.page, { release: true });
    },
    /** Bodies of what lies in the queue, which stays there. */
    async bodies({ url }: { readonly url: string }): Promise<string[]> {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 0 }),
      );
      return Messages.map(({ Body = '' }) => Body);
    },
    async close(): Promise<void> {
      for (const each of [sqs, sns, s3]) each.destroy();
      const servers = [dynamo, secrets, lambda, events, aws];
      await Promise.all(servers.map((each) => each.close()));
      await fauxqs.stop();
    },
  };
}
