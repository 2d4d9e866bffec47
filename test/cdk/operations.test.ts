// How the deployment is run: schedules, alarms, the bus's error log and replay archive, and the outputs.
// The shape of functions, rules, queues and tables is in resources.test.ts.
import { describe, expect, it } from 'vitest';
import { ALARMS } from '../../cdk/alarms.ts';
import { DEPLOYMENT_METRICS, METRICS, METRICS_NAMESPACE } from '../../lib/contract/metrics.ts';
import {
  deadLetterQueueIds,
  type NamedResource,
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

describe('the digest', () => {
  it('comes once a day at the hour of the zone, and again where it could not be sent', () => {
    const { Properties } = the(template, 'AWS::Scheduler::Schedule', 'Digest');
    expect(Properties).toMatchObject({
      ScheduleExpression: 'cron(0 7 * * ? *)',
      ScheduleExpressionTimezone: 'UTC',
      FlexibleTimeWindow: { Mode: 'OFF' },
      Target: { RetryPolicy: { MaximumRetryAttempts: 5 } },
    });
    expect(JSON.stringify(Properties.Target.Input)).toContain('<aws.scheduler.scheduled-time>');
    const other = synthesize({ settings: { digest: { hour: 22, timeZone: 'Europe/Berlin' } } });
    expect(the(other, 'AWS::Scheduler::Schedule', 'Digest').Properties).toMatchObject({
      ScheduleExpression: 'cron(0 22 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
    });
  });

  it('only reads the checkpoints', () => {
    const policy = the(template, 'AWS::IAM::Policy', 'DigestDaily').Properties.PolicyDocument;
    const reading = policy.Statement.filter(({ Action }: { Action: unknown }) =>
      JSON.stringify(Action).includes('dynamodb:'),
    ).map(({ Action, Resource }: { Action: unknown; Resource: unknown }) => [
      target(Resource)?.replace(/State.*|Checkpoints.*/, ''),
      Action,
    ]);
    expect(reading).toContainEqual(['Poller', 'dynamodb:GetItem']);
  });

  it('can be switched off', () => {
    const without = synthesize({ settings: { digest: { enabled: false } } });
    expect(Object.keys(without.Resources).filter((id) => id.startsWith('Digest'))).toEqual([]);
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
  const topic = the(template, 'AWS::SNS::Topic', 'AlertsTopic').id;
  const otherTopic = the(template, 'AWS::SNS::Topic', 'AlertsOtherTopic').id;
  /** `AsanaAuditBus-lag` is `lag`. */
  const nameOf = ({ Properties }: NamedResource): string =>
    Properties.AlarmName.replace(/^AsanaAuditBus-/, '');
  const named = (name: string) => {
    const found = alarms.find((alarm) => nameOf(alarm) === name);
    if (found === undefined) throw new Error(`There is no alarm ${name}`);
    return found.Properties;
  };

  it('are these, each with a reason, dated where it is a guess', () => {
    expect(alarms.map(nameOf).toSorted()).toEqual([
      'credential-rejected',
      'dead-letters-detect',
      'dead-letters-email',
      'dead-letters-notify-slack',
      'dead-letters-notify-sns',
      'dead-letters-rules',
      'delivery-failing-slack',
      'delivery-failing-sns',
      'detection-failing',
      'event-quarantined',
      'feed-silent',
      'lag',
      'offset-reset',
      `poller-failing-${WORKSPACE_GID}`,
      `poller-not-running-${WORKSPACE_GID}`,
      'possible-gap',
      'publish-failures',
      'quarantine-not-empty',
      'sweep-failing',
      'token-missing',
      'unpublished-30-days',
      'unpublished-60-days',
      'unpublished-7-days',
    ]);
    for (const { reason } of ALARMS) {
      expect(reason).toMatch(/\.$/);
      if (reason.includes('guess')) expect(reason).toMatch(/guess of \w+ 20\d\d/);
    }
  });

  it('all notify the topic of alerts; those about its own deliveries another one too', () => {
    for (const alarm of alarms) {
      const { Properties } = alarm;
      const name = nameOf(alarm);
      const isAboutSns = ['dead-letters-notify-sns', 'dead-letters-email', 'delivery-failing-sns'];
      expect([name, Properties.AlarmActions.map(target)]).toEqual([
        name,
        isAboutSns.includes(name) ? [topic, otherTopic] : [topic],
      ]);
      expect(Properties.AlarmDescription).toContain('First: ');
      expect(Properties.ActionsEnabled ?? true).toBe(true);
    }
  });

  it('watch what the functions emit, under the dimensions they emit it with', () => {
    for (const { Properties } of alarms) {
      if (Properties.Namespace !== METRICS_NAMESPACE) continue;
      const { MetricName, Dimensions } = Properties;
      const dimensions = Object.fromEntries(
        Dimensions.map(({ Name, Value }: { Name: string; Value: string }) => [Name, Value]),
      );
      const ofDeployment =
        DEPLOYMENT_METRICS.has(MetricName) || MetricName === METRICS.detectionFailures;
      expect([MetricName, dimensions]).toEqual([
        MetricName,
        {
          service: 'AsanaAuditBus',
          ...(ofDeployment ? {} : { Workspace: WORKSPACE_GID }),
        },
      ]);
      expect(Object.values(METRICS)).toContain(MetricName);
    }
  });

  it('tell a poller that does not run from one that fails', () => {
    expect(named(`poller-not-running-${WORKSPACE_GID}`)).toMatchObject({
      MetricName: METRICS.heartbeat,
      Statistic: 'SampleCount',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'breaching',
      OKActions: expect.anything(),
    });
    expect(named(`poller-failing-${WORKSPACE_GID}`)).toMatchObject({
      MetricName: METRICS.heartbeat,
      Statistic: 'Maximum',
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      TreatMissingData: 'notBreaching',
    });
  });

  it('count down what Asana keeps, with what failing runs report too', () => {
    for (const days of [7, 30, 60]) {
      expect(named(`unpublished-${days}-days`)).toMatchObject({
        MetricName: METRICS.unpublishedAge,
        Statistic: 'Maximum',
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: days * 86_400,
        TreatMissingData: 'notBreaching',
      });
    }
  });

  it('wait a day for the token, and ring for silence only when a run says so', () => {
    const { Period, EvaluationPeriods, DatapointsToAlarm } = named('token-missing');
    expect([Period * EvaluationPeriods, DatapointsToAlarm]).toEqual([86_400, undefined]);
    expect(named('feed-silent')).toMatchObject({ Threshold: 1, TreatMissingData: 'notBreaching' });
    // The first deploy: nothing is reported, and only what is called each minute and does not run is amiss.
    const amiss = alarms.filter(({ Properties }) => Properties.TreatMissingData === 'breaching');
    expect(amiss.map(nameOf)).toEqual([`poller-not-running-${WORKSPACE_GID}`, 'sweep-failing']);
  });

  it('ring where no sweep has succeeded for a quarter of an hour, be it that none runs', () => {
    const sweep = the(template, 'AWS::Lambda::Function', 'Sweep').id;
    const { Dimensions, Period, EvaluationPeriods, ...alarm } = named('sweep-failing');
    expect(Dimensions.map(({ Value }: { Value: unknown }) => target(Value))).toEqual([sweep]);
    expect(Period * EvaluationPeriods).toBe(900);
    expect(alarm).toMatchObject({
      ...{ Namespace: 'AWS/Lambda', MetricName: 'Errors', Statistic: 'Minimum', Threshold: 1 },
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    });
  });

  it('give a slow poller at least three intervals before they call it dead', () => {
    const slow = synthesize({ settings: { pollIntervalSeconds: 3600 } });
    const { Period, EvaluationPeriods } = the(
      slow,
      'AWS::CloudWatch::Alarm',
      'Monitoringpollernotrunning',
    ).Properties;
    expect(Period * EvaluationPeriods).toBeGreaterThanOrEqual(3 * 3600);
    expect(Period * EvaluationPeriods).toBeLessThanOrEqual(86_400);
  });

  it('have periods that CloudWatch takes: a day in all, or a week of whole hours', () => {
    for (const { Properties } of alarms) {
      const { Period, EvaluationPeriods } = Properties;
      expect(Period % 60).toBe(0);
      const longest = Period % 3_600 === 0 ? 7 * 86_400 : 86_400;
      expect(Period * EvaluationPeriods).toBeLessThanOrEqual(longest);
    }
  });

  it('tell when any dead-letter queue of the alert path is not empty, or a sink is stuck', () => {
    const watched = (metric: string) =>
      alarms
        .filter(({ Properties }) => Properties.MetricName === metric)
        .map(({ Properties }) => target(Properties.Dimensions[0].Value));
    const schedulers = ofType(template, 'AWS::Scheduler::Schedule').map(({ Properties }) =>
      target(Properties.Target.DeadLetterConfig.Arn),
    );
    expect(schedulers).toHaveLength(3);
    expect(watched('ApproximateNumberOfMessagesVisible').toSorted()).toEqual(
      [...deadLetterIds].filter((id) => !schedulers.includes(id)).toSorted(),
    );
    expect(watched('ApproximateNumberOfMessagesNotVisible')).toEqual([
      expect.stringMatching(/^AlertsSns/),
      expect.stringMatching(/^AlertsSlack/),
    ]);
  });

  it('about deliveries of SNS reach Slack by a queue, without SNS mailing anything', () => {
    const subscriptions = ofType(template, 'AWS::SNS::Subscription')
      .map(({ Properties }) => Properties)
      .filter(({ TopicArn }) => target(TopicArn) === otherTopic);
    expect(subscriptions).toEqual([
      expect.objectContaining({ Protocol: 'email', Endpoint: 'oncall@example.com' }),
      expect.objectContaining({ Protocol: 'sqs', RawMessageDelivery: true }),
    ]);
    expect(target(subscriptions[1].Endpoint)).toMatch(/^AlertsSlackAlertsQueue/);
    const withoutSlack = synthesize({ settings: { slack: false } });
    expect(
      ofType(withoutSlack, 'AWS::SNS::Subscription').map(({ Properties }) => Properties.Protocol),
    ).toEqual(['email', 'email']);
  });

  it('are there before the first poll', () => {
    const schedule = the(template, 'AWS::Scheduler::Schedule', 'Poller');
    expect(schedule.DependsOn).toEqual(expect.arrayContaining(alarms.map(({ id }) => id)));
  });

  it('are one over all of them, which tells nobody what they have told', () => {
    const { Properties, DependsOn } = the(template, 'AWS::CloudWatch::CompositeAlarm');
    const names = [...Properties.AlarmRule.matchAll(/ALARM\("([^"]+)"\)/g)].map(([, name]) => name);
    expect(names).toEqual(alarms.map(({ Properties: { AlarmName } }) => AlarmName));
    expect(Properties.AlarmRule).toBe(names.map((name) => `ALARM("${name}")`).join(' OR '));
    expect(Properties.AlarmActions).toBeUndefined();
    expect(DependsOn?.toSorted()).toEqual(alarms.map(({ id }) => id).toSorted());
  });

  it.each(['AlertsTopic', 'AlertsOtherTopic'])(
    'can publish to the topic, which has no key they could not use and wants TLS: %s',
    (prefix) => {
      const { id: topic, Properties } = the(template, 'AWS::SNS::Topic', prefix);
      expect(Properties).not.toHaveProperty('KmsMasterKeyId');
      const { Statement } = the(template, 'AWS::SNS::TopicPolicy', prefix).Properties
        .PolicyDocument;
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
    },
  );
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
