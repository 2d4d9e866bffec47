// The key of the deployment's own, where configuration asks for one: it encrypts bus, tables, queues, bucket, topic and secrets.
// Whoever makes one of those asks `DataKey.of(this)`; without a key each falls back to the key its service owns.
import { ArnFormat, Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Effect, type IRole, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

const ID = 'DataKey';
const READ_AND_WRITE = ['kms:Decrypt', 'kms:GenerateDataKey'];
/** What a service asks of the key in the name of whoever calls it. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
  dynamodb: [
    ...READ_AND_WRITE,
    'kms:DescribeKey',
    'kms:Encrypt',
    'kms:ReEncryptFrom',
    'kms:ReEncryptTo',
  ],
  s3: READ_AND_WRITE,
  secretsmanager: ['kms:Decrypt'],
  sns: READ_AND_WRITE,
  sqs: READ_AND_WRITE,
};

export class DataKey extends Construct {
  readonly key: Key;

  /** The stack's key; undefined where the deployment has none. */
  static of(scope: Construct): DataKey | undefined {
    const found = Stack.of(scope).node.tryFindChild(ID);
    return found instanceof DataKey ? found : undefined;
  }

  /** To be made directly in the stack, before what it encrypts. */
  constructor(stack: Stack) {
    super(stack, ID);
    this.key = new Key(this, 'Key', {
      description: "Encrypts what asana-audit-bus keeps of Asana's audit log",
      enableKeyRotation: true,
      // What is retained of the stack can be read with it alone.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const ofThisAccount = { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } };
    // Rules fill queues. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-troubleshooting.html
    this.allowService('RulesToQueues', 'events.amazonaws.com', READ_AND_WRITE, ofThisAccount);
    // The topic fills the queue for mail that could not be delivered.
    this.allowService('TopicToQueue', 'sns.amazonaws.com', READ_AND_WRITE, ofThisAccount);
    // CloudWatch names neither account nor alarm when it calls KMS; the topic's own policy does ask for both.
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
    this.allowService('AlarmsToTopic', 'cloudwatch.amazonaws.com', READ_AND_WRITE);
    this.allowService(
      'ReplayArchive',
      'events.amazonaws.com',
      [...READ_AND_WRITE, 'kms:DescribeKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
      ofThisAccount,
    );
    this.allowErrorLog();
  }

  /** Lets a role use the key through these services (`dynamodb`, `sqs`), and by itself not at all. */
  allowThrough(role: IRole, services: readonly string[]): void {
    for (const service of services) {
      const actions = ACTIONS[service];
      if (actions === undefined) continue;
      role.addToPrincipalPolicy(
        new PolicyStatement({
          actions: [...actions],
          resources: [this.key.keyArn],
          conditions: {
            StringEquals: { 'kms:ViaService': `${service}.${Aws.REGION}.${Aws.URL_SUFFIX}` },
          },
        }),
      );
    }
  }

  /** https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-bus-logs.html */
  private allowErrorLog(): void {
    const conditions = {
      StringLike: {
        'kms:EncryptionContext:SourceArn': Stack.of(this).formatArn({
          service: 'logs',
          resource: '*',
          arnFormat: ArnFormat.NO_RESOURCE_NAME,
        }),
      },
    };
    this.allowService('BusToLog', 'events.amazonaws.com', ['kms:GenerateDataKey'], conditions);
    this.allowService('LogFromBus', 'delivery.logs.amazonaws.com', READ_AND_WRITE, conditions);
  }

  private allowService(
    sid: string,
    service: string,
    actions: readonly string[],
    conditions: Readonly<Record<string, unknown>> = {},
  ): void {
    this.key.addToResourcePolicy(
      new PolicyStatement({
        sid,
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal(service)],
        actions: [...actions],
        // In a key's policy: this key.
        resources: ['*'],
        conditions: { ...conditions },
      }),
    );
  }
}
