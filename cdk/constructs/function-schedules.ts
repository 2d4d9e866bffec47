// A schedule that calls one function of ours: in a group of its own, by a role that can do nothing else, and what could not
// be called is kept. Polling has a schedule for each workspace instead: poll-schedules.ts.
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

export interface FunctionScheduleProps {
  readonly target: IFunction;
  readonly description: string;
  readonly expression: ScheduleExpression;
  readonly input: ScheduleTargetInput;
  /** Of calling the function; what becomes of a call is the function's own. */
  readonly retryPolicy: {
    readonly maximumRetryAttempts: number;
    readonly maximumEventAgeInSeconds: number;
  };
}

export class FunctionSchedule extends Construct {
  constructor(scope: Construct, id: string, props: FunctionScheduleProps) {
    super(scope, id);
    const undelivered = deadLetterQueue(this, 'Undelivered', { redriveSource: false });
    const group = new ScheduleGroup(this, 'Group');
    const { functionArn } = props.target;
    const role = new Role(this, 'Role', {
      description: `Lets a schedule of this deployment invoke its function: ${props.description}`,
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
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] }),
    );
    role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [undelivered.queueArn] }),
    );
    DataKey.of(this)?.allowThrough(role, ['sqs']);
    // The L2 target would grant the invocation of every version and alias as well.
    new Schedule(this, 'Schedule', {
      description: props.description,
      scheduleGroup: group,
      schedule: props.expression,
      target: {
        bind: () => ({
          arn: functionArn,
          role,
          input: props.input,
          retryPolicy: props.retryPolicy,
          deadLetterConfig: { arn: undelivered.queueArn },
        }),
      },
    });
  }
}
