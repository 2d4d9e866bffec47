// Who may do what: no wildcard where an ARN would do, and every function exactly the calls its code makes.
// Bundles tell which calls those are, so that a grant nobody uses any more fails as well as one that is missing.
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { type FunctionName, functionEntry } from '../../cdk/constructs/service-function.ts';
import { asArray, ofType, rendered, synthesize, target, the } from '../support/cdk-app.ts';

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

const template = synthesize();
const policies = [
  'AWS::IAM::Policy',
  'AWS::SQS::QueuePolicy',
  'AWS::SNS::TopicPolicy',
  'AWS::S3::BucketPolicy',
].flatMap((type) => ofType(template, type));
const allowed = (document: { Statement: readonly Statement[] }) =>
  document.Statement.filter(({ Effect }) => Effect === 'Allow');

describe('no statement that allows', () => {
  const statements = policies.flatMap(({ id, Properties }) =>
    allowed(Properties.PolicyDocument).map((statement) => [id, statement] as const),
  );

  it('has a wildcard in an action', () => {
    expect(statements.length).toBeGreaterThan(20);
    for (const [id, { Action }] of statements) {
      expect([id, asArray(Action).filter((action) => action.includes('*'))]).toEqual([id, []]);
    }
  });

  it('has a resource of * but the tracing that knows no other', () => {
    const everything = statements.filter(([, { Resource }]) => asArray(Resource).includes('*'));
    expect(everything.map(([, { Action }]) => Action)).toEqual(
      ofType(template, 'AWS::Lambda::Function').map(() => [
        'xray:PutTelemetryRecords',
        'xray:PutTraceSegments',
      ]),
    );
  });

  it('has a wildcard inside a resource but for the keys of the quarantine', () => {
    const wild = statements.filter(([, { Resource }]) =>
      asArray(Resource).some((one) => one !== '*' && JSON.stringify(one).includes('*')),
    );
    expect(wild.map(([, { Action, Resource }]) => [Action, JSON.stringify(Resource)])).toEqual([
      ['s3:PutObject', expect.stringMatching(/"\/quarantine\/\*"/)],
    ]);
  });

  it('admits a service without saying for which account or resource', () => {
    const services = statements.filter(([, statement]) => 'Principal' in statement);
    expect(services.length).toBeGreaterThan(4);
    for (const [id, { Condition }] of services) {
      expect([id, JSON.stringify(Condition)]).toEqual([
        id,
        expect.stringContaining('aws:SourceArn'),
      ]);
    }
  });
});

it('every rule may send to its queue and its dead-letter queue, and no rule of another bus may', () => {
  const bus = the(template, 'AWS::Events::EventBus').id;
  const admitted = (queue: string | undefined) =>
    ofType(template, 'AWS::SQS::QueuePolicy')
      .filter(({ Properties }) => Properties.Queues.map(target).includes(queue))
      .flatMap(({ Properties }) => allowed(Properties.PolicyDocument))
      // The other topic leads to Slack's queue, and to its dead letters, as well.
      .filter((statement) => JSON.stringify(statement).includes('events.amazonaws.com'))
      .map(({ Condition, ...statement }) => ({
        ...statement,
        Condition: JSON.parse(rendered(Condition, (id) => `<${id}>`)),
      }));
  for (const { Properties } of ofType(template, 'AWS::Events::Rule')) {
    for (const one of Properties.Targets) {
      for (const arn of [one.Arn, one.DeadLetterConfig.Arn]) {
        expect(admitted(target(arn))).toEqual([
          expect.objectContaining({
            Action: 'sqs:SendMessage',
            Principal: { Service: 'events.amazonaws.com' },
            Resource: arn,
            Condition: {
              ArnLike: {
                'aws:SourceArn': `arn:<AWS::Partition>:events:<AWS::Region>:<AWS::AccountId>:rule/<${bus}>/*`,
              },
              StringEquals: { 'aws:SourceAccount': '<AWS::AccountId>' },
            },
          }),
        ]);
      }
    }
  }
});

describe('roles', () => {
  it('of functions can be taken by Lambda alone, that of the schedules by this group alone', () => {
    for (const { id, Properties } of ofType(template, 'AWS::IAM::Role')) {
      const [statement, ...others] = Properties.AssumeRolePolicyDocument.Statement;
      expect(others).toEqual([]);
      const owner = ['Poller', 'Sweep', 'Digest'].find((prefix) =>
        new RegExp(`^${prefix}Schedules?Role`).test(id),
      );
      if (owner !== undefined) {
        const group = the(template, 'AWS::Scheduler::ScheduleGroup', owner).id;
        expect(statement.Principal).toEqual({ Service: 'scheduler.amazonaws.com' });
        expect(statement.Condition.StringEquals).toEqual({
          'aws:SourceAccount': { Ref: 'AWS::AccountId' },
          'aws:SourceArn': { 'Fn::GetAtt': [group, 'Arn'] },
        });
      } else {
        expect(statement.Principal).toEqual({ Service: 'lambda.amazonaws.com' });
      }
    }
  });

  it.each(['PollerSchedules', 'SweepScheduleRole', 'DigestScheduleRole'])(
    'of the schedules may invoke their function and fill its dead-letter queue, nothing else: %s',
    (prefix) => {
      const policy = the(template, 'AWS::IAM::Policy', prefix);
      expect(
        allowed(policy.Properties.PolicyDocument).map(({ Action, Resource }) => [
          Action,
          template.Resources[target(Resource) ?? '']?.Type,
        ]),
      ).toEqual([
        ['lambda:InvokeFunction', 'AWS::Lambda::Function'],
        ['sqs:SendMessage', 'AWS::SQS::Queue'],
      ]);
    },
  );
});

/** Granted to every function, or by reading a queue, rather than for a call of its own. */
const NOT_CALLED = [
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
  'sqs:ReceiveMessage',
];
const SERVICES: Readonly<Record<string, string>> = {
  'client-dynamodb': 'dynamodb',
  'client-eventbridge': 'events',
  'client-s3': 's3',
  'client-secrets-manager': 'secretsmanager',
  'client-sns': 'sns',
  'client-sqs': 'sqs',
};

/** The API calls in the source files of ours that reach the bundle, as IAM actions. */
function callsIn(entry: string): readonly string[] {
  const { metafile } = buildSync({
    entryPoints: [entry],
    absWorkingDir: dirname(entry),
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    logLevel: 'silent',
  });
  const ours = Object.values(metafile.outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([path, { bytesInOutput }]) => !path.includes('node_modules') && bytesInOutput > 0)
    .map(([path]) => readFileSync(resolve(dirname(entry), path), 'utf8'));
  const calls = ours.flatMap((source) =>
    [...source.matchAll(/import \{([^}]*)\} from '@aws-sdk\/([a-z0-9-]+)'/g)].flatMap(
      ([, names = '', client = '']) =>
        [...names.matchAll(/\b(\w+)Command\b/g)].map(([, call]) => `${SERVICES[client]}:${call}`),
    ),
  );
  // Powertools makes this call for us.
  if (ours.some((source) => source.includes('@aws-lambda-powertools/parameters/secrets'))) {
    calls.push('secretsmanager:GetSecretValue');
  }
  return [...new Set(calls)].toSorted();
}

describe('a function is granted exactly the calls its code makes', () => {
  it.each<[FunctionName, string]>([
    ['poll', 'PollerPoll'],
    ['detect', 'DetectionsDetect'],
    ['sweep', 'SweepDue'],
    ['digest', 'DigestDaily'],
    ['notify-slack', 'AlertsSlackNotify'],
    ['notify-sns', 'AlertsSnsNotify'],
  ])('%s', (name, idPrefix) => {
    const policy = the(template, 'AWS::IAM::Policy', idPrefix);
    const granted = allowed(policy.Properties.PolicyDocument).flatMap(({ Action }) =>
      asArray(Action),
    );
    const called = callsIn(functionEntry(name));
    expect(called.length).toBeGreaterThan(1);
    expect(
      [...new Set(granted)].filter((action) => !NOT_CALLED.includes(action)).toSorted(),
    ).toEqual(called);
  });

  it.each<[string, readonly string[]]>([
    ['PollerPoll', ['asana.audit-log', 'asana.audit-log.poller']],
    ['DetectionsDetect', ['asana.audit-log.alerts', 'asana.audit-log.poller']],
  ])('%s may put events of its own sources only, on this bus only', (idPrefix, sources) => {
    const bus = the(template, 'AWS::Events::EventBus').id;
    const { PolicyDocument } = the(template, 'AWS::IAM::Policy', idPrefix).Properties;
    const putting = allowed(PolicyDocument).filter(({ Action }) => Action === 'events:PutEvents');
    expect(putting).toEqual([
      {
        Effect: 'Allow',
        Action: 'events:PutEvents',
        Resource: { 'Fn::GetAtt': [bus, 'Arn'] },
        Condition: {
          'ForAllValues:StringEquals': { 'events:source': sources },
          Null: { 'events:source': 'false' },
        },
      },
    ]);
  });

  it('notifiers put nothing on the bus', () => {
    for (const idPrefix of ['AlertsSlackNotify', 'AlertsSnsNotify']) {
      const { PolicyDocument } = the(template, 'AWS::IAM::Policy', idPrefix).Properties;
      expect(JSON.stringify(PolicyDocument)).not.toContain('events:');
    }
  });
});
