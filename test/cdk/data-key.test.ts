// With a key of the deployment's own: everything that keeps events is under it, and the services that must use it may.
// Without one nothing of it is in the template. Nag is asked in deployment.test.ts.
import { describe, expect, it } from 'vitest';
import { asArray, ofType, rendered, synthesize, target, the } from '../support/cdk-app.ts';

const template = synthesize({ settings: { customerManagedKey: true } });
const key = the(template, 'AWS::KMS::Key');

/** Where each type says which key it is under. */
const UNDER_A_KEY: Readonly<Record<string, string>> = {
  'AWS::DynamoDB::Table': 'SSESpecification.KMSMasterKeyId',
  'AWS::Events::Archive': 'KmsKeyIdentifier',
  'AWS::Events::EventBus': 'KmsKeyIdentifier',
  'AWS::S3::Bucket':
    'BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault.KMSMasterKeyID',
  'AWS::SNS::Topic': 'KmsMasterKeyId',
  'AWS::SQS::Queue': 'KmsMasterKeyId',
  'AWS::SecretsManager::Secret': 'KmsKeyId',
};

function at(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (found, part) => (found as Record<string, unknown> | undefined)?.[part],
      value,
    );
}

describe('a key of the deployment’s own', () => {
  it.each(Object.entries(UNDER_A_KEY))('encrypts every %s', (type, path) => {
    const all = ofType(template, type);
    expect(all.length).toBeGreaterThan(0);
    for (const { id, Properties } of all) {
      expect([id, target(at(Properties, path))]).toEqual([id, key.id]);
    }
  });

  it('is rotated, and outlives the stack as what it encrypts does', () => {
    expect(key.Properties.EnableKeyRotation).toBe(true);
    expect([key.DeletionPolicy, key.UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
  });

  it('may be used by the services that move events, each as far as it has to', () => {
    const services = key.Properties.KeyPolicy.Statement.filter(
      ({ Principal }: { Principal: { Service?: string } }) => Principal.Service !== undefined,
    ).map(
      (statement: {
        Action: string | string[];
        Principal: { Service: string };
        Condition?: unknown;
      }) => [
        statement.Principal.Service,
        asArray(statement.Action),
        rendered(statement.Condition ?? {}, (id) => `<${id}>`),
      ],
    );
    const ofThisAccount = '{"StringEquals":{"aws:SourceAccount":"<AWS::AccountId>"}}';
    const ofTheLogs =
      '{"StringLike":{"kms:EncryptionContext:SourceArn":"arn:<AWS::Partition>:logs:<AWS::Region>:<AWS::AccountId>:*"}}';
    expect(services).toEqual([
      ['events.amazonaws.com', ['kms:Decrypt', 'kms:GenerateDataKey'], ofThisAccount],
      ['sns.amazonaws.com', ['kms:Decrypt', 'kms:GenerateDataKey'], ofThisAccount],
      ['cloudwatch.amazonaws.com', ['kms:Decrypt', 'kms:GenerateDataKey'], '{}'],
      [
        'events.amazonaws.com',
        [
          'kms:Decrypt',
          'kms:DescribeKey',
          'kms:GenerateDataKey',
          'kms:ReEncryptFrom',
          'kms:ReEncryptTo',
        ],
        ofThisAccount,
      ],
      ['events.amazonaws.com', ['kms:GenerateDataKey'], ofTheLogs],
      ['delivery.logs.amazonaws.com', ['kms:Decrypt', 'kms:GenerateDataKey'], ofTheLogs],
      [
        'events.amazonaws.com',
        ['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey'],
        expect.stringContaining('kms:EncryptionContext:aws:events:event-bus:arn'),
      ],
    ]);
  });

  it('gives the bus somewhere to put an event that the key fails', () => {
    const bus = the(template, 'AWS::Events::EventBus');
    const queue = target(bus.Properties.DeadLetterConfig.Arn);
    expect(template.Resources[queue ?? '']?.Type).toBe('AWS::SQS::Queue');
    const policies = ofType(template, 'AWS::SQS::QueuePolicy').filter(({ Properties }) =>
      Properties.Queues.map(target).includes(queue),
    );
    expect(JSON.stringify(policies)).toContain(':event-bus/AsanaAuditBus');
  });

  it('is not there unless it is asked for', () => {
    const without = synthesize();
    expect(JSON.stringify(without)).not.toMatch(/AWS::KMS|"kms:|KmsKey|KMSMasterKey/i);
  });
});
