// The schedules that call one function of ours: in a group of their own, so that none waits for another function's, by a role
// that can do nothing else; what could not be called is kept. When and with what is called is the function's construct's.
import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  Schedule,
  type ScheduleExpression,
  ScheduleGroup,
  type ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import { Construct } from 'constructs';
import { DataKey } from './data-key.ts';
import { deadLetterQueue } from './queue.ts';

export interface FunctionSchedulesProps {
  readonly target: IFunction;
  /** What the role is for. */
  readonly roleDescription: string;
  /** Of calling the function; what becomes of a call is the function's own. */
  readonly retryPolicy: {
    readonly maximumRetryAttempts: number;
    readonly maximumEventAgeInSeconds: number;
  };
  /** By construct id. */
  readonly schedules: Readonly<Record<string, FunctionSchedule>>;
}

export interface FunctionSchedule {
  readonly description: string;
  readonly expression: ScheduleExpression;
  readonly input: ScheduleTargetInput;
}

export class FunctionSchedules extends Construct {
  readonly schedules: readonly Schedule[];

  constructor(scope: Construct, id: string, props: FunctionSchedulesProps) {
    super(scope, id);
    const { retryPolicy, target } = props;
    const undelivered = deadLetterQueue(this, 'Undelivered', { redriveSource: false });
    const group = new ScheduleGroup(this, 'Group');
    const role = new Role(this, 'Role', {
      description: props.roleDescription,
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
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [target.functionArn] }),
    );
    role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [undelivered.queueArn] }),
    );
    DataKey.of(this)?.allowThrough(role, ['sqs']);
    this.schedules = Object.entries(props.schedules).map(
      ([name, { description, expression, input }]) =>
        new Schedule(this, name, {
          description,
          scheduleGroup: group,
          schedule: expression,
          // The L2 target would grant the invocation of every version and alias as well.
          target: {
            bind: () => ({
              arn: target.functionArn,
              role,
              input,
              retryPolicy,
              deadLetterConfig: { arn: undelivered.queueArn },
            }),
          },
        }),
    );
  }
}
