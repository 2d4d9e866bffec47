// What each role may do, as IAM would decide it: the calls in this table, and of all others that could harm, none.
// That no grant is wider than the code needs is permissions.test.ts's.
import { describe, expect, it } from 'vitest';
import { ofType, synthesize, the } from '../support/cdk-app.ts';
import { type Call, Iam } from '../support/iam.ts';

const template = synthesize({
  settings: { customerManagedKey: true, network: { fixedAddress: true } },
});
const iam = new Iam(template);
const arn = (type: string, idPrefix: string) => iam.arnOf(the(template, type, idPrefix));

const CHECKPOINTS = arn('AWS::DynamoDB::Table', 'PollerCheckpoints');
const STATE = arn('AWS::DynamoDB::Table', 'DetectionsState');
const BUS = arn('AWS::Events::EventBus', 'Bus');
const TOKEN = arn('AWS::SecretsManager::Secret', 'PollerToken');
const WEBHOOK = arn('AWS::SecretsManager::Secret', 'AlertsSlackWebhook');
const TOPIC = arn('AWS::SNS::Topic', 'AlertsTopic');
const BUCKET = arn('AWS::S3::Bucket', 'PollerQuarantine');
const KEY = arn('AWS::KMS::Key', 'DataKey');
const queue = (idPrefix: string) => arn('AWS::SQS::Queue', idPrefix);

const on = (resource: string, ...actions: string[]): Call[] =>
  actions.map((action) => ({ action, resource }));
const put = (...sources: string[]): Call[] =>
  sources.map((source) => ({
    action: 'events:PutEvents',
    resource: BUS,
    context: { 'events:source': [source] },
  }));
const receive = (resource: string): Call[] =>
  on(resource, 'sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage');
const GROUPS = ['dynamodb:GetItem', 'dynamodb:PutItem'];

/** By the logical id its role begins with. */
const ALLOWED: Readonly<Record<string, readonly Call[]>> = {
  PollerPollRole: [
    ...on(CHECKPOINTS, ...GROUPS, 'dynamodb:UpdateItem'),
    ...on(`${BUCKET}/quarantine/1200000000000001/2026-11-01/1.json`, 's3:PutObject'),
    ...on(TOKEN, 'secretsmanager:GetSecretValue'),
    ...put('asana.audit-log', 'asana.audit-log.poller'),
  ],
  DetectionsDetectRole: [
    ...on(STATE, ...GROUPS, 'dynamodb:Query'),
    ...receive(queue('DetectionsMatchesQueue')),
    ...put('asana.audit-log.alerts', 'asana.audit-log.poller'),
  ],
  SweepDueRole: [
    ...on(STATE, ...GROUPS, 'dynamodb:DeleteItem', 'dynamodb:Query'),
    ...on(CHECKPOINTS, 'dynamodb:GetItem'),
    ...put('asana.audit-log.alerts', 'asana.audit-log.poller'),
  ],
  DigestDailyRole: [
    ...on(STATE, ...GROUPS, 'dynamodb:Query', 'dynamodb:UpdateItem'),
    ...on(CHECKPOINTS, 'dynamodb:GetItem'),
    ...on(WEBHOOK, 'secretsmanager:GetSecretValue'),
    ...on(TOPIC, 'sns:Publish'),
  ],
  AlertsSlackNotifyRole: [
    ...on(STATE, ...GROUPS, 'dynamodb:Query', 'dynamodb:UpdateItem'),
    ...on(WEBHOOK, 'secretsmanager:GetSecretValue'),
    ...receive(queue('AlertsSlackAlertsQueue')),
    ...on(queue('AlertsSlackAlertsQueue'), 'sqs:ChangeMessageVisibility'),
    ...on(queue('AlertsSlackAlertsDeadLetters'), 'sqs:SendMessage'),
  ],
  AlertsSnsNotifyRole: [
    ...on(STATE, ...GROUPS, 'dynamodb:Query', 'dynamodb:UpdateItem'),
    ...on(TOPIC, 'sns:Publish'),
    ...receive(queue('AlertsSnsAlertsQueue')),
    ...on(queue('AlertsSnsAlertsQueue'), 'sqs:ChangeMessageVisibility'),
    ...on(queue('AlertsSnsAlertsDeadLetters'), 'sqs:SendMessage'),
  ],
};

const resourcesOf = (type: string) => ofType(template, type).map((one) => iam.arnOf(one));
const each = (actions: readonly string[], resources: readonly string[]): Call[] =>
  resources.flatMap((resource) => on(resource, ...actions));

/** Everything that is asked for each role: the calls above, on every resource of their kind, and worse ones. */
const ASKED: readonly Call[] = [
  ...each(
    [
      ...GROUPS,
      'dynamodb:UpdateItem',
      'dynamodb:Query',
      'dynamodb:DeleteItem',
      'dynamodb:Scan',
      'dynamodb:BatchWriteItem',
      'dynamodb:DeleteTable',
      'dynamodb:UpdateTable',
      'dynamodb:ExportTableToPointInTime',
    ],
    resourcesOf('AWS::DynamoDB::Table'),
  ),
  ...each(
    [
      'secretsmanager:GetSecretValue',
      'secretsmanager:PutSecretValue',
      'secretsmanager:DeleteSecret',
    ],
    resourcesOf('AWS::SecretsManager::Secret'),
  ),
  ...each(
    [
      'sqs:SendMessage',
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:ChangeMessageVisibility',
      'sqs:GetQueueAttributes',
      'sqs:PurgeQueue',
      'sqs:SetQueueAttributes',
      'sqs:DeleteQueue',
    ],
    resourcesOf('AWS::SQS::Queue'),
  ),
  ...each(
    ['sns:Publish', 'sns:Subscribe', 'sns:SetTopicAttributes'],
    resourcesOf('AWS::SNS::Topic'),
  ),
  ...put(
    'asana.audit-log',
    'asana.audit-log.alerts',
    'asana.audit-log.poller',
    'aws.signin',
    'com.example',
  ),
  ...on(BUS, 'events:PutEvents', 'events:DeleteEventBus'),
  ...each(
    ['events:PutRule', 'events:DisableRule', 'events:PutTargets'],
    resourcesOf('AWS::Events::Rule'),
  ),
  ...each(
    ['s3:PutObject', 's3:GetObject', 's3:DeleteObject'],
    [`${BUCKET}/quarantine/1200000000000001/2026-11-01/1.json`, `${BUCKET}/elsewhere/1.json`],
  ),
  ...on(BUCKET, 's3:ListBucket', 's3:PutBucketPolicy'),
  ...each(
    ['lambda:InvokeFunction', 'lambda:UpdateFunctionCode', 'lambda:UpdateFunctionConfiguration'],
    resourcesOf('AWS::Lambda::Function'),
  ),
  ...each(['iam:PassRole', 'iam:PutRolePolicy'], resourcesOf('AWS::IAM::Role')),
  ...each(['sts:AssumeRole'], resourcesOf('AWS::IAM::Role')),
  // Through a service the key is used in the role's name; asked for directly it is refused.
  ...on(KEY, 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:ScheduleKeyDeletion', 'kms:PutKeyPolicy'),
];

const words = ({ action, resource, context }: Call) =>
  `${action} ${resource}${context === undefined ? '' : ` ${JSON.stringify(context)}`}`;

describe('a function may make these calls and no others', () => {
  it('is told of every function', () => {
    const roles = ofType(template, 'AWS::Lambda::Function').map(
      ({ Properties }) => Properties.Role['Fn::GetAtt'][0] as string,
    );
    const told = Object.keys(ALLOWED).map((prefix) => the(template, 'AWS::IAM::Role', prefix).id);
    expect(told.toSorted()).toEqual(roles.toSorted());
  });

  it.each(Object.entries(ALLOWED))('%s', async (prefix, expected) => {
    const { id } = the(template, 'AWS::IAM::Role', prefix);
    const asked = new Map([...ASKED, ...expected].map((call) => [words(call), call]));
    const allowed: string[] = [];
    for (const [text, call] of asked) if (await iam.allows(id, call)) allowed.push(text);
    expect(allowed.toSorted()).toEqual(expected.map(words).toSorted());
  });

  it.each<[string, readonly string[]]>([
    ['PollerPollRole', ['dynamodb', 's3', 'secretsmanager']],
    ['DetectionsDetectRole', ['dynamodb', 'sqs']],
    ['SweepDueRole', ['dynamodb']],
    ['DigestDailyRole', ['dynamodb', 'secretsmanager', 'sns']],
    ['AlertsSlackNotifyRole', ['dynamodb', 'secretsmanager', 'sqs']],
    ['AlertsSnsNotifyRole', ['dynamodb', 'sns', 'sqs']],
  ])('%s uses the key of the deployment through %s alone', async (prefix, expected) => {
    const { id } = the(template, 'AWS::IAM::Role', prefix);
    const through: string[] = [];
    for (const service of ['dynamodb', 's3', 'secretsmanager', 'sns', 'sqs', 'ebs', 'rds']) {
      const context = { 'kms:ViaService': `${service}.eu-central-1.amazonaws.com` };
      if (await iam.allows(id, { action: 'kms:Decrypt', resource: KEY, context })) {
        through.push(service);
      }
    }
    expect(through).toEqual(expected);
  });
});

describe('a function in a network', () => {
  const { id } = the(template, 'AWS::IAM::Role', 'PollerPollRole');
  const itself = arn('AWS::Lambda::Function', 'PollerPoll');
  const call = {
    action: 'ec2:CreateNetworkInterface',
    resource: 'arn:aws:ec2:eu-central-1:111122223333:network-interface/eni-0a1b2c3d4e5f60718',
  };

  it('can be attached to it by Lambda', async () => {
    expect(await iam.allows(id, call)).toBe(true);
  });

  it('cannot touch it from its own code', async () => {
    const context = { 'lambda:SourceFunctionArn': itself };
    expect(await iam.allows(id, { ...call, context })).toBe(false);
  });
});
