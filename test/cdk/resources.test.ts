// What must hold of every resource of a kind, whatever the configuration, by name: functions, rules, queues, state.
// Polling, alarms, the bus's log and outputs are in operations.test.ts, grants in permissions.test.ts.
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../lib/detections/catalogue/index.ts';
import { validateEventPattern } from '../../lib/detections/event-pattern.ts';
import {
  type CfnTemplate,
  deadLetterQueueIds,
  type NamedResource,
  ofType,
  synthesize,
  target,
  the,
} from '../support/cdk-app.ts';

const template = synthesize();
const deadLetterIds = deadLetterQueueIds(template);
const queueOf = (id: string | undefined): NamedResource => {
  const queue = ofType(template, 'AWS::SQS::Queue').find((candidate) => candidate.id === id);
  if (queue === undefined) throw new Error(`${id} is no queue of this stack`);
  return queue;
};
describe('every function', () => {
  const functions = ofType(template, 'AWS::Lambda::Function');

  it('is one of poll, detect, sweep, digest, notify-sns and notify-slack', () => {
    expect(functions).toHaveLength(6);
  });

  it.each(functions.map((one) => [one.id, one] as const))(
    '%s is arm64 Node 24 with explicit memory and timeout, active tracing and JSON logs',
    (_id, { Properties }) => {
      expect(Properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        TracingConfig: { Mode: 'Active' },
        LoggingConfig: { LogFormat: 'JSON' },
      });
      expect(Properties.MemorySize).toBeGreaterThanOrEqual(256);
      expect(Properties.Timeout).toBeGreaterThan(3);
    },
  );

  it('has a log group of its own, with retention', () => {
    const groups = functions.map(({ Properties }) => target(Properties.LoggingConfig.LogGroup));
    expect(new Set(groups).size).toBe(functions.length);
    for (const id of groups) {
      expect(template.Resources[id ?? '']?.Properties.RetentionInDays).toBe(90);
    }
  });

  it('has a role of its own without managed policies', () => {
    const roles = functions.map(({ Properties }) => target(Properties.Role));
    expect(new Set(roles).size).toBe(functions.length);
    for (const id of roles) {
      expect(template.Resources[id ?? '']?.Properties).not.toHaveProperty('ManagedPolicyArns');
    }
  });

  it('goes by the name that the dimensions of the alarms have', () => {
    for (const { Properties } of functions) {
      expect(Properties.Environment.Variables.POWERTOOLS_SERVICE_NAME).toBe('AsanaAuditBus');
    }
  });
});

describe('every rule', () => {
  const rules = ofType(template, 'AWS::Events::Rule');

  it('belongs to a detection or a sink, and each of those has one', () => {
    expect(rules.map(({ Properties }) => Properties.Name).toSorted()).toEqual(
      [...CATALOGUE.map(({ id }) => id), 'alerts-to-slack', 'alerts-to-sns'].toSorted(),
    );
  });

  it.each(rules.map((rule) => [rule.Properties.Name, rule] as const))(
    '%s has a description, one queue, a dead-letter queue, and a pattern EventBridge takes',
    (_name, { Properties }) => {
      expect(Properties.Description.length).toBeGreaterThan(10);
      expect(Properties.State).toBe('ENABLED');
      expect(Properties.Targets).toHaveLength(1);
      const [one] = Properties.Targets;
      expect(queueOf(target(one.Arn)).Properties.RedrivePolicy).toBeDefined();
      expect(queueOf(target(one.DeadLetterConfig.Arn)).id).not.toBe(target(one.Arn));
      validateEventPattern(Properties.EventPattern);
    },
  );

  it('ignores what a replay sends', () => {
    for (const { Properties } of rules) {
      expect(Properties.EventPattern['replay-name']).toEqual([{ exists: false }]);
    }
  });

  it('of a detection that learns nothing sees live events alone, and history too when that is asked for', () => {
    const alerting = CATALOGUE.filter(({ kind }) => kind === 'match').map(({ id }) => id);
    const originsIn = (from: CfnTemplate) =>
      ofType(from, 'AWS::Events::Rule')
        .filter(({ Properties }) => alerting.includes(Properties.Name))
        .map(({ Properties }) => Properties.EventPattern.detail.metadata.origin);
    expect(originsIn(template)).toEqual(alerting.map(() => ['live']));
    expect(originsIn(synthesize({ settings: { alertOnHistory: true } }))).toEqual(
      alerting.map(() => ['live', 'backfill']),
    );
  });

  it('of a detection hands the whole event over as an object beside the id of the detection', () => {
    const event = { 'detail-type': 'x', detail: { data: { gid: '"1"' } } };
    for (const { id } of CATALOGUE) {
      const rule = rules.find(({ Properties }) => Properties.Name === id);
      const { InputTransformer } = rule?.Properties.Targets[0] ?? {};
      expect(Object.keys(InputTransformer)).toEqual(['InputTemplate']);
      const template: string = InputTransformer.InputTemplate;
      expect(template.startsWith('{')).toBe(true);
      // EventBridge puts the event's JSON where the placeholder stands.
      const delivered = template.replace('<aws.events.event.json>', () => JSON.stringify(event));
      expect(JSON.parse(delivered)).toEqual({ detectionId: id, event });
    }
  });
});

describe('every queue', () => {
  const queues = ofType(template, 'AWS::SQS::Queue');

  it('is encrypted, and is either a dead-letter queue or has one', () => {
    for (const { id, Properties } of queues) {
      expect(Properties.SqsManagedSseEnabled).toBe(true);
      expect([id, deadLetterIds.has(id)]).toEqual([id, Properties.RedrivePolicy === undefined]);
    }
  });

  it('refuses requests without TLS', () => {
    const guarded = ofType(template, 'AWS::SQS::QueuePolicy')
      .filter(({ Properties }) =>
        Properties.PolicyDocument.Statement.some(
          (statement: { Effect: string; Condition?: { Bool?: Record<string, string> } }) =>
            statement.Effect === 'Deny' &&
            statement.Condition?.Bool?.['aws:SecureTransport'] === 'false',
        ),
      )
      .flatMap(({ Properties }) => Properties.Queues.map(target));
    expect(guarded.toSorted()).toEqual(queues.map(({ id }) => id).toSorted());
  });

  it('keeps dead letters for 14 days, and work for less than the 15 days detect remembers', () => {
    for (const { id, Properties } of queues) {
      const days = Properties.MessageRetentionPeriod / 86_400;
      if (deadLetterIds.has(id)) expect(days).toBe(14);
      else expect(days).toBeLessThan(15);
    }
  });

  it('that feeds a function has at least six times its timeout, and reports failures per message', () => {
    const mappings = ofType(template, 'AWS::Lambda::EventSourceMapping');
    expect(mappings).toHaveLength(3);
    for (const { Properties } of mappings) {
      const queue = queueOf(target(Properties.EventSourceArn));
      const timeout = template.Resources[target(Properties.FunctionName) ?? '']?.Properties.Timeout;
      expect(queue.Properties.VisibilityTimeout).toBeGreaterThanOrEqual(6 * timeout);
      expect(queue.Properties.RedrivePolicy.maxReceiveCount).toBeGreaterThanOrEqual(5);
      expect(Properties.FunctionResponseTypes).toEqual(['ReportBatchItemFailures']);
    }
  });
});

describe('state', () => {
  it('checkpoints are retained, protected, restorable, paid per request, and never expire', () => {
    const table = the(template, 'AWS::DynamoDB::Table', 'PollerCheckpoints');
    expect(table).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    expect(table.Properties).toMatchObject({
      BillingMode: 'PAY_PER_REQUEST',
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
    expect(table.Properties).not.toHaveProperty('TimeToLiveSpecification');
  });

  it('detection state ends by itself', () => {
    expect(the(template, 'AWS::DynamoDB::Table', 'DetectionsState').Properties).toMatchObject({
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

  it('the quarantine is encrypted, private, TLS only and retained', () => {
    const bucket = the(template, 'AWS::S3::Bucket');
    expect(bucket).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    expect(bucket.Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
        ],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    expect(
      JSON.stringify(the(template, 'AWS::S3::BucketPolicy').Properties.PolicyDocument),
    ).toContain('"aws:SecureTransport":"false"');
  });

  it('no secret has a value, generated or given, or a fixed name, and each outlives its stack', () => {
    const secrets = ofType(template, 'AWS::SecretsManager::Secret');
    expect(secrets).toHaveLength(2);
    for (const secret of secrets) {
      expect(Object.keys(secret.Properties)).toEqual(['Description']);
      expect(secret).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
    }
  });
});

describe('switches', () => {
  it('without Slack there is no secret, queue, rule or function for it', () => {
    const without = synthesize({ settings: { slack: false } });
    expect(Object.keys(without.Resources).filter((id) => id.includes('Slack'))).toEqual([]);
    expect(ofType(without, 'AWS::Lambda::Function')).toHaveLength(5);
  });

  it('without an address there is no subscription but the one that leads alarms to Slack', () => {
    const other = synthesize({ settings: { alertEmail: undefined } });
    expect(
      ofType(other, 'AWS::SNS::Subscription').map(({ Properties }) => Properties.Protocol),
    ).toEqual(['sqs']);
  });
});
