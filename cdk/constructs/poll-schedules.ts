// One schedule per workspace, in a group of the stack's own, so that one workspace's polls never wait for another's.
// Ticks are not retried: the next one comes soon enough.
import { Duration, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { DataKey } from './data-key.ts';
import type { WatchedWorkspace } from './poller.ts';
import { deadLetterQueue } from './queue.ts';

export interface PollSchedulesProps {
  readonly workspaces: readonly WatchedWorkspace[];
  readonly target: IFunction;
  /** Up to 60, or a multiple of 60. */
  readonly intervalSeconds: number;
}

export class PollSchedules extends Construct {
  readonly schedules: readonly Schedule[];

  constructor(scope: Construct, id: string, props: PollSchedulesProps) {
    super(scope, id);
    const undelivered = deadLetterQueue(this, 'Undelivered', { redriveSource: false });
    const group = new ScheduleGroup(this, 'Group');
    const role = new Role(this, 'Role', {
      description: 'Lets the schedules of this deployment invoke the poller',
      // No other schedule of the account can use this role.
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: {
          StringEquals: {
            'aws:SourceAccount': Stack.of(this).account,
            'aws:SourceArn': group.scheduleGroupArn,
          },
        },
      }),
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [props.target.functionArn],
      }),
    );
    role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [undelivered.queueArn] }),
    );
    DataKey.of(this)?.allowThrough(role, ['sqs']);
    // The L2 target would grant the invocation of every version and alias as well.
    this.schedules = props.workspaces.map(
      ({ gid, tokenSecret }) =>
        new Schedule(this, `Workspace${gid}`, {
          description: `Polls the audit log of Asana workspace ${gid}`,
          scheduleGroup: group,
          // Below a minute one invocation polls repeatedly; Scheduler's own shortest rate is a minute.
          schedule: ScheduleExpression.rate(
            Duration.minutes(Math.max(1, props.intervalSeconds / 60)),
          ),
          target: {
            bind: () => ({
              arn: props.target.functionArn,
              role,
              input: ScheduleTargetInput.fromObject({
                workspaceGid: gid,
                tokenSecretArn: tokenSecret.ref,
                scheduledTime: ContextAttribute.scheduledTime,
              }),
              retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
              deadLetterConfig: { arn: undelivered.queueArn },
            }),
          },
        }),
    );
  }
}
