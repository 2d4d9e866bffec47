// The poller: its function, its checkpoints, its quarantine, and per workspace a secret and a schedule.
// When it counts as not running is monitoring.ts; what it does is lib/poller.
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  CfnBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import {
  ContextAttribute,
  type Schedule,
  ScheduleExpression,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import type { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { QUARANTINE_PREFIX } from '../../lib/bus/quarantine.ts';
import { ENVIRONMENT } from '../../lib/contract/environment.ts';
import { POLL_MEMORY_MEGABYTES, POLL_NODE_OPTIONS } from '../../lib/contract/poll-process.ts';
import { AUDIT_LOG_SOURCE, POLLER_SOURCE } from '../../lib/contract/sources.ts';
import type { AuditLogConfig, Workspace } from '../config.ts';
import type { Bus } from './bus.ts';
import { DataKey } from './data-key.ts';
import { Egress } from './egress.ts';
import { FunctionSchedules } from './function-schedules.ts';
import { valuelessSecret } from './secret.ts';
import { ServiceFunction } from './service-function.ts';
import { stateTable } from './state-table.ts';

export interface PollerProps {
  readonly config: AuditLogConfig;
  readonly serviceName: string;
  readonly bus: Bus;
}

interface WatchedWorkspace extends Workspace {
  readonly tokenSecret: CfnSecret;
}

const QUARANTINE_KEYS = `${QUARANTINE_PREFIX}*`;

export class Poller extends Construct {
  readonly poll: ServiceFunction;
  readonly checkpointTable: Table;
  readonly quarantineBucket: Bucket;
  readonly workspaces: readonly WatchedWorkspace[];
  readonly schedules: readonly Schedule[];

  constructor(scope: Construct, id: string, props: PollerProps) {
    super(scope, id);
    const { config, bus } = props;
    this.checkpointTable = stateTable(this, 'Checkpoints', { retained: true });
    this.quarantineBucket = this.createQuarantineBucket();
    this.workspaces = config.workspaces.map((workspace) => ({
      ...workspace,
      tokenSecret: valuelessSecret(
        this,
        `Token${workspace.gid}`,
        `Asana service account token for workspace ${described(workspace)}, scope "Audit logs" only`,
      ),
    }));
    this.poll = new ServiceFunction(this, 'Poll', {
      name: 'poll',
      description: "Fetches Asana's audit log and publishes it on the bus",
      memoryMegabytes: POLL_MEMORY_MEGABYTES,
      timeout: Duration.minutes(5),
      environment: this.environment(config, bus),
      logRetention: config.logRetentionDays,
      serviceName: props.serviceName,
      ...(config.network === undefined
        ? {}
        : { egress: new Egress(this, 'Egress', config.network) }),
    });
    // The next tick is the retry.
    this.poll.function.configureAsyncInvoke({
      retryAttempts: 0,
      maxEventAge: Duration.seconds(60),
    });
    this.grant(bus);
    // Below a minute one invocation polls repeatedly; Scheduler's own shortest rate is a minute.
    const minutes = Math.max(1, config.pollIntervalSeconds / 60);
    // One for each workspace, so that one workspace's polls never wait for another's.
    this.schedules = new FunctionSchedules(this, 'Schedules', {
      target: this.poll.function,
      roleDescription: 'Lets the schedules of this deployment invoke the poller',
      retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
      schedules: Object.fromEntries(
        this.workspaces.map(({ gid, tokenSecret }) => [
          `Workspace${gid}`,
          {
            description: `Polls the audit log of Asana workspace ${gid}`,
            expression: ScheduleExpression.rate(Duration.minutes(minutes)),
            input: ScheduleTargetInput.fromObject({
              workspaceGid: gid,
              tokenSecretArn: tokenSecret.ref,
              scheduledTime: ContextAttribute.scheduledTime,
            }),
          },
        ]),
      ),
    }).schedules;
    Validations.of(this.poll).acknowledge(
      {
        id: 'Serverless::Serverless-LambdaAsyncFailureDestination',
        reason:
          'A failed poll leaves its checkpoint and the next tick does its work; the heartbeat alarm tells when none succeeds',
      },
      {
        id: 'Serverless::Serverless-LambdaDLQ',
        reason: 'A tick that failed is worth nothing once the next one has run',
      },
    );
  }

  private createQuarantineBucket(): Bucket {
    const key = DataKey.of(this)?.key;
    const bucket = new Bucket(this, 'Quarantine', {
      ...(key === undefined
        ? { encryption: BucketEncryption.S3_MANAGED }
        : { encryption: BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true }),
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions::AwsSolutions-S1',
      reason:
        'Access logs need a second bucket for a handful of objects a year; CloudTrail data events serve an account that wants them',
    });
    return bucket;
  }

  private environment(config: AuditLogConfig, bus: Bus): Record<string, string> {
    const optional: Record<string, number | string | undefined> = {
      [ENVIRONMENT.asanaBaseUrl]: config.asanaBaseUrl,
      [ENVIRONMENT.asanaPageLimit]: config.pageLimit,
      [ENVIRONMENT.maxEventBytes]: config.maxEventBytes,
    };
    return {
      [ENVIRONMENT.eventBusName]: bus.eventBus.eventBusName,
      [ENVIRONMENT.checkpointTableName]: this.checkpointTable.tableName,
      [ENVIRONMENT.quarantineBucketName]: this.quarantineBucket.bucketName,
      [ENVIRONMENT.startFrom]: config.startFrom,
      [ENVIRONMENT.pollIntervalSeconds]: String(config.pollIntervalSeconds),
      [ENVIRONMENT.redactPaths]: JSON.stringify(config.redactPaths),
      [ENVIRONMENT.skipUnreadable]: String(config.skipUnreadable),
      NODE_OPTIONS: POLL_NODE_OPTIONS,
      ...Object.fromEntries(
        Object.entries(optional).flatMap(([name, value]) =>
          value === undefined ? [] : [[name, String(value)]],
        ),
      ),
    };
  }

  private grant(bus: Bus): void {
    this.poll.allow(
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      [this.checkpointTable.tableArn],
    );
    this.poll.allow(['s3:PutObject'], [this.quarantineBucket.arnForObjects(QUARANTINE_KEYS)]);
    const bucket = this.quarantineBucket.node.defaultChild;
    const bucketId = bucket instanceof CfnBucket ? Stack.of(this).getLogicalId(bucket) : '';
    Validations.of(this.poll.role).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/${QUARANTINE_KEYS}]`,
      reason: 'Keys hold the workspace, the day and the gid of events nobody has seen yet',
    });
    this.poll.allow(
      ['secretsmanager:GetSecretValue'],
      this.workspaces.map(({ tokenSecret }) => tokenSecret.ref),
    );
    bus.allowPutEvents(this.poll, [AUDIT_LOG_SOURCE, POLLER_SOURCE]);
  }
}

/** `Acme (1200000000000001)`, or the gid alone. */
function described({ gid, name }: Workspace): string {
  return name === undefined ? gid : `${name} (${gid})`;
}
