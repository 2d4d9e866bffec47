// How the deployment is run: schedules, alarms, the bus's error log and replay archive, and the outputs.
// The shape of functions, rules, queues and tables is in resources.test.ts.
import { describe, expect, it } from 'vitest';
import { METRICS, METRICS_NAMESPACE } from '../../lib/contract/metrics.ts';
import {
  deadLetterQueueIds,
  ofType,
  rendered,
  synthesize,
  target,
  the,
  WORKSPACE_GID,
} from '../support/cdk-app.ts';

const template = synthesize();
const deadLetterIds = deadLetterQueueIds(template);
describe('the sweep', () => {
  it('runs every minute, is not retried, and leaves what could not be called', () => {
    const { Properties } = the(template, 'AWS::Scheduler::Schedule', 'Sweep');
    expect(Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      FlexibleTimeWindow: { Mode: 'OFF' },
      State: 'ENABLED',
      Target: { RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } },
    });
    expect(the(template, 'AWS::Lambda::EventInvokeConfig', 'Sweep').Properties).toMatchObject({
      MaximumRetryAttempts: 0,
    });
  });

  it('only reads the checkpoints, and shares the settings of the detections', () => {
    const policy = the(template, 'AWS::IAM::Policy', 'SweepDue').Properties.PolicyDocument;
    const tables = policy.Statement.filter(({ Action }: { Action: unknown }) =>
      JSON.stringify(Action).includes('dynamodb:'),
    ).map(({ Action, Resource }: { Action: unknown; Resource: unknown }) => [
      target(Resource)?.replace(/State.*|Checkpoints.*/, ''),
      Action,
    ]);
    expect(tables).toEqual([
      [
        'Detections',
        ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
      ],
      ['Poller', 'dynamodb:GetItem'],
    ]);
    const variables = (prefix: string) =>
      the(template, 'AWS::Lambda::Function', prefix).Properties.Environment.Variables;
    expect(variables('SweepDue')).toMatchObject(variables('DetectionsDetect'));
  });
});

describe('polling', () => {
  it('has a schedule per workspace, without retries, with a dead-letter queue of its own', () => {
    const gids = ['1200000000000001', '1200000000000002'];
    const several = synthesize({ settings: { workspaceGid: gids } });
    const schedules = ofType(several, 'AWS::Scheduler::Schedule').filter(({ id }) =>
      id.startsWith('Poller'),
    );
    const inputs = schedules.map(({ Properties }) => {
      expect(Properties).toMatchObject({
        ScheduleExpression: 'rate(1 minute)',
        FlexibleTimeWindow: { Mode: 'OFF' },
        State: 'ENABLED',
        Target: { RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } },
      });
      const queue = target(Properties.Target.DeadLetterConfig.Arn) ?? '';
      expect(several.Resources[queue]?.Type).toBe('AWS::SQS::Queue');
      return JSON.parse(rendered(Properties.Target.Input, (id) => id));
    });
    expect(inputs.map(({ workspaceGid }) => workspaceGid)).toEqual(gids);
    for (const { tokenSecretArn, scheduledTime } of inputs) {
      expect(several.Resources[tokenSecretArn]?.Type).toBe('AWS::SecretsManager::Secret');
      expect(scheduledTime).toBe('<aws.scheduler.scheduled-time>');
    }
    expect(new Set(inputs.map(({ tokenSecretArn }) => tokenSecretArn)).size).toBe(2);
  });

  it.each([
    [5, 'rate(1 minute)'],
    [60, 'rate(1 minute)'],
    [120, 'rate(2 minutes)'],
    [3600, 'rate(1 hour)'],
  ])('every %i seconds is %s', (pollIntervalSeconds, expression) => {
    const other = synthesize({ settings: { pollIntervalSeconds } });
    expect(the(other, 'AWS::Scheduler::Schedule', 'Poller').Properties.ScheduleExpression).toBe(
      expression,
    );
    expect(
      the(other, 'AWS::Lambda::Function', 'PollerPoll').Properties.Environment.Variables
        .POLL_INTERVAL_SECONDS,
    ).toBe(String(pollIntervalSeconds));
  });

  it('is not retried by Lambda either', () => {
    expect(the(template, 'AWS::Lambda::EventInvokeConfig', 'Poller').Properties).toMatchObject({
      MaximumRetryAttempts: 0,
      MaximumEventAgeInSeconds: 60,
    });
  });
});

describe('alarms', () => {
  const alarms = ofType(template, 'AWS::CloudWatch::Alarm');
  const topic = the(template, 'AWS::SNS::Topic').id;

  it('all notify the topic, and say what to do first', () => {
    for (const { Properties } of alarms) {
      expect(Properties.AlarmActions.map(target)).toEqual([topic]);
      expect(Properties.AlarmDescription).toContain('First: ');
    }
  });

  it('tell per workspace when no poll succeeds and when the credential is rejected', () => {
    const watched = alarms.filter(({ Properties }) => Properties.Namespace === METRICS_NAMESPACE);
    const dimensions = expect.arrayContaining([
      { Name: 'service', Value: 'AsanaAuditBus' },
      { Name: 'Workspace', Value: WORKSPACE_GID },
    ]);
    expect(watched.map(({ Properties }) => Properties)).toEqual([
      expect.objectContaining({
        MetricName: METRICS.heartbeat,
        Dimensions: dimensions,
        ComparisonOperator: 'LessThanThreshold',
        Threshold: 1,
        Statistic: 'Sum',
        TreatMissingData: 'breaching',
      }),
      expect.objectContaining({
        MetricName: METRICS.credentialRejections,
        Dimensions: dimensions,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: 1,
        TreatMissingData: 'notBreaching',
      }),
    ]);
  });

  it('give a slow poller at least three intervals before they call it dead', () => {
    const slow = synthesize({ settings: { pollIntervalSeconds: 3600 } });
    const { Period, EvaluationPeriods } = the(
      slow,
      'AWS::CloudWatch::Alarm',
      'MonitoringNotRunning',
    ).Properties;
    expect(Period * EvaluationPeriods).toBeGreaterThanOrEqual(3 * 3600);
    expect(Period * EvaluationPeriods).toBeLessThanOrEqual(86_400);
  });

  it('tell when any dead-letter queue of the alert path is not empty', () => {
    const watched = alarms
      .filter(({ Properties }) => Properties.Namespace === 'AWS/SQS')
      .map(({ Properties }) => target(Properties.Dimensions[0].Value));
    const schedulers = ofType(template, 'AWS::Scheduler::Schedule').map(({ Properties }) =>
      target(Properties.Target.DeadLetterConfig.Arn),
    );
    expect(schedulers).toHaveLength(2);
    expect(watched.toSorted()).toEqual(
      [...deadLetterIds].filter((id) => !schedulers.includes(id)).toSorted(),
    );
  });

  it('can publish to the topic, which has no key they could not use and wants TLS', () => {
    expect(the(template, 'AWS::SNS::Topic').Properties).not.toHaveProperty('KmsMasterKeyId');
    const { Statement } = the(template, 'AWS::SNS::TopicPolicy').Properties.PolicyDocument;
    expect(Statement).toContainEqual(
      expect.objectContaining({
        Effect: 'Allow',
        Action: 'sns:Publish',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Resource: { Ref: topic },
        Condition: {
          StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
          ArnLike: { 'aws:SourceArn': expect.anything() },
        },
      }),
    );
    expect(Statement).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });
});

describe('the bus', () => {
  const bus = the(template, 'AWS::Events::EventBus');
  const named = (id: string) => `<${id}>`;

  it('logs errors without detail, and the log really has a way to its group', () => {
    expect(bus.Properties.LogConfig).toEqual({ Level: 'ERROR', IncludeDetail: 'NONE' });
    const source = the(template, 'AWS::Logs::DeliverySource').Properties;
    const destination = the(template, 'AWS::Logs::DeliveryDestination');
    const delivery = the(template, 'AWS::Logs::Delivery').Properties;
    const group = the(template, 'AWS::Logs::LogGroup', 'BusErrorLog');
    expect(source).toMatchObject({
      LogType: 'ERROR_LOGS',
      ResourceArn: { 'Fn::GetAtt': [bus.id, 'Arn'] },
    });
    expect(source.Name.length).toBeLessThanOrEqual(60);
    expect(delivery.DeliverySourceName).toBe(source.Name);
    expect(target(delivery.DeliveryDestinationArn)).toBe(destination.id);
    expect(group.Properties.LogGroupName).toBe(
      `/aws/vendedlogs/events/event-bus/${bus.Properties.Name}`,
    );
    const groupArn = rendered(destination.Properties.DestinationResourceArn, named);
    expect(groupArn).toMatch(new RegExp(`:log-group:<${group.id}>$`));
    const [statement] = JSON.parse(
      rendered(the(template, 'AWS::Logs::ResourcePolicy').Properties.PolicyDocument, named),
    ).Statement;
    expect(statement).toMatchObject({
      Effect: 'Allow',
      Principal: { Service: 'delivery.logs.amazonaws.com' },
      Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      Resource: `${groupArn}:log-stream:*`,
    });
    expect(statement.Condition.ArnLike['aws:SourceArn']).toMatch(
      new RegExp(`:delivery-source:${source.Name}$`),
    );
  });

  it('keeps a replay archive of audit log events, unless that is switched off', () => {
    expect(the(template, 'AWS::Events::Archive').Properties).toMatchObject({
      SourceArn: { 'Fn::GetAtt': [bus.id, 'Arn'] },
      EventPattern: { source: ['asana.audit-log'] },
      RetentionDays: 30,
    });
    const without = synthesize({ settings: { replayArchive: { enabled: false } } });
    expect(ofType(without, 'AWS::Events::Archive')).toEqual([]);
  });
});

describe('outputs', () => {
  const values = Object.entries(template.Outputs).map(
    ([name, { Value }]) => [name, rendered(Value, (id) => id)] as const,
  );

  it('name the bus, and say what to do next in order', () => {
    const names = values.map(([name]) => name);
    expect(names).toEqual(expect.arrayContaining(['EventBusName', 'EventBusArn']));
    expect(names.filter((name) => name.startsWith('Step'))).toEqual([
      `Step1SetAsanaToken${WORKSPACE_GID}`,
      'Step2SetSlackWebhook',
      'Step3ConfirmEmail',
      'Step4SeeFirstEvent',
    ]);
  });

  it('set a secret without its value in the history or among the arguments of a program', () => {
    const commands = values.filter(([, value]) => value.includes('put-secret-value'));
    expect(commands).toHaveLength(2);
    for (const [, command] of commands) {
      expect(command).toMatch(/^read -rs VALUE && printf %s "\$VALUE" \| aws secretsmanager /);
      expect(command).toContain('--secret-string file:///dev/stdin');
    }
  });

  it('stay within the 1,024 characters of an output', () => {
    for (const [, value] of values) expect(value.length).toBeLessThanOrEqual(800);
  });
});
