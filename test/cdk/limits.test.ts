// AWS's limits that neither the CDK nor an emulator enforces, on the largest deployment there can be.
// Each limit with its source; a stack that passes one by is refused by AWS at deploy, or worse, half deployed.
import { describe, expect, it } from 'vitest';
import { MAX_REDACT_PATHS_BYTES, MAX_WORKSPACES } from '../../cdk/config-schema.ts';
import { CATALOGUE } from '../../lib/detections/catalogue/index.ts';
import type { Detection } from '../../lib/detections/define.ts';
import { MAX_PATTERN_CHARACTERS } from '../../lib/detections/event-pattern.ts';
import { asArray, ofType, rendered, synthesize, the } from '../support/cdk-app.ts';

/** EventBridge: 300 rules a bus, of which two are the sinks'. */
const MOST_RULES = 300;

const [first] = CATALOGUE;
if (first === undefined) throw new Error('the catalogue is empty');
const manyDetections: readonly Detection[] = Array.from({ length: MOST_RULES - 2 }, (_, at) => ({
  ...first,
  id: `asana.synthetic.${'x'.repeat(45)}${String(at).padStart(3, '0')}`,
}));
const gids = Array.from(
  { length: MAX_WORKSPACES },
  (_, at) => `12000000000000${String(at).padStart(6, '0')}`,
);
const longest = synthesize({
  detections: manyDetections,
  settings: {
    workspaceGid: undefined,
    workspaces: gids.map((gid) => ({ gid, name: 'N'.repeat(64) })),
    stackName: 'S'.repeat(40),
    alertEmail: `${'a'.repeat(60)}@${'b'.repeat(60)}.example.com`,
    pollIntervalSeconds: 3600,
    startFrom: '2026-10-01T00:00:00.123456+02:00',
    alertOnHistory: true,
    alertWindowMinutes: 1440,
    // Four bytes of JSON a path are quotes and comma; the rest is the longest single path that fits.
    redactPaths: ['x'.repeat(MAX_REDACT_PATHS_BYTES - 4)],
    pageLimit: 1000,
    asanaBaseUrl: `https://${'h'.repeat(60)}.example.com/`.padEnd(512, 'p'),
    maxEventBytes: 245_760,
    skipUnreadable: true,
    runbookBaseUrl: `https://${'h'.repeat(60)}.example.com/`.padEnd(512, 'p'),
    alarmRunbookUrl: `https://${'h'.repeat(60)}.example.com/`.padEnd(256, 'p'),
  },
});
const usual = synthesize();
/** Longer than any name, ARN or URL that CloudFormation gives the resources of this stack. */
const anyName = () => 'x'.repeat(200);

describe('the largest deployment', () => {
  it('has 300 rules', () => {
    expect(ofType(longest, 'AWS::Events::Rule')).toHaveLength(MOST_RULES);
  });

  // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
  it('has at most 20 statements and 8,192 bytes in the policy of a queue', () => {
    for (const { id, Properties } of ofType(longest, 'AWS::SQS::QueuePolicy')) {
      expect([id, Properties.PolicyDocument.Statement.length <= 20]).toEqual([id, true]);
      expect(Buffer.byteLength(rendered(Properties.PolicyDocument, anyName))).toBeLessThanOrEqual(
        8_192,
      );
    }
  });

  it('has as many statements on a queue with 300 rules as with twelve', () => {
    const count = (template: typeof usual) =>
      ofType(template, 'AWS::SQS::QueuePolicy').map(
        ({ Properties }) => Properties.PolicyDocument.Statement.length,
      );
    expect(count(longest)).toEqual(count(usual));
  });

  // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
  it('has less than 4 KB of environment in every function', () => {
    for (const { id, Properties } of ofType(longest, 'AWS::Lambda::Function')) {
      const variables: [string, unknown][] = Object.entries(Properties.Environment.Variables);
      const bytes = variables
        .map(
          ([name, value]) => Buffer.byteLength(name) + Buffer.byteLength(rendered(value, anyName)),
        )
        .reduce((sum, each) => sum + each, 0);
      expect([id, bytes < 4_096]).toEqual([id, true]);
    }
  });

  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
  it('has at most 10,240 characters of policy in every role', () => {
    for (const { id, Properties } of ofType(longest, 'AWS::IAM::Policy')) {
      const characters = rendered(Properties.PolicyDocument, anyName).length;
      expect([id, characters <= 10_240]).toEqual([id, true]);
    }
  });

  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
  it('has at most 500 resources, 200 outputs and 1 MB of template', () => {
    expect(Object.keys(longest.Resources).length).toBeLessThanOrEqual(500);
    expect(Object.keys(longest.Outputs).length).toBeLessThanOrEqual(200);
    expect(Buffer.byteLength(JSON.stringify(longest))).toBeLessThanOrEqual(1_000_000);
  });

  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
  it('has at most 100 alarms and 10,240 characters in the rule over all of them', () => {
    const { AlarmRule } = the(longest, 'AWS::CloudWatch::CompositeAlarm').Properties;
    expect(AlarmRule.split(' OR ').length).toBeLessThanOrEqual(100);
    expect(AlarmRule.length).toBeLessThanOrEqual(10_240);
  });

  it('has names no longer than their services take', () => {
    const lengths = (type: string, name: (properties: never) => string) =>
      Math.max(...ofType(longest, type).map(({ Properties }) => name(Properties as never).length));
    type Named = { Name: string };
    expect(lengths('AWS::Events::Rule', ({ Name }: Named) => Name)).toBeLessThanOrEqual(64);
    expect(lengths('AWS::Events::EventBus', ({ Name }: Named) => Name)).toBeLessThanOrEqual(256);
    expect(lengths('AWS::Logs::DeliverySource', ({ Name }: Named) => Name)).toBeLessThanOrEqual(60);
    expect(
      lengths('AWS::Logs::DeliveryDestination', ({ Name }: Named) => Name),
    ).toBeLessThanOrEqual(60);
    expect(
      lengths('AWS::CloudWatch::Alarm', ({ AlarmName }: { AlarmName: string }) => AlarmName),
    ).toBeLessThanOrEqual(255);
    expect(
      lengths(
        'AWS::CloudWatch::Alarm',
        (alarm: { AlarmDescription: string }) => alarm.AlarmDescription,
      ),
    ).toBeLessThanOrEqual(1_024);
  });
});

// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
describe('every rule of the catalogue', () => {
  const rules = ofType(usual, 'AWS::Events::Rule').map(({ Properties }) => Properties);

  it(`has a pattern of at most ${MAX_PATTERN_CHARACTERS} characters`, () => {
    for (const { Name, EventPattern } of rules) {
      const characters = JSON.stringify(EventPattern).length;
      expect([Name, characters <= MAX_PATTERN_CHARACTERS]).toEqual([Name, true]);
    }
  });

  it('leaves at least half of the 30 rules with wildcards a bus may have to subscribers', () => {
    const wild = rules.filter(({ EventPattern }) =>
      JSON.stringify(EventPattern).includes('"wildcard":'),
    );
    expect(wild.length).toBeLessThanOrEqual(15);
  });

  it('has an input template of at most 8,192 characters and at most five targets', () => {
    for (const { Targets } of rules) {
      expect(Targets.length).toBeLessThanOrEqual(5);
      for (const { InputTransformer } of asArray(Targets) as {
        InputTransformer?: { InputTemplate: string };
      }[]) {
        expect(InputTransformer?.InputTemplate.length ?? 0).toBeLessThanOrEqual(8_192);
      }
    }
  });

  it('has a description of at most 512 characters', () => {
    for (const { Description } of rules) expect(Description.length).toBeLessThanOrEqual(512);
  });
});
