// The alarms of the first day: a workspace is not polled, its credential is rejected, a dead-letter queue is not empty.
// All go to the topic alerts go to. Each description says what it means and what to do first.
import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import {
  METRICS,
  METRICS_NAMESPACE,
  type MetricName,
  WORKSPACE_DIMENSION,
} from '../../lib/contract/metrics.ts';
import type { AuditLogConfig } from '../config.ts';
import type { WatchedDeadLetters } from './queue.ts';

export interface MonitoringProps {
  readonly config: AuditLogConfig;
  readonly serviceName: string;
  readonly topic: ITopic;
  readonly deadLetters: readonly WatchedDeadLetters[];
}

/** Names begin with the stack's, which is unique in its account and region. */
export class Monitoring extends Construct {
  private readonly props: MonitoringProps;

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    this.props = props;
    for (const { gid } of props.config.workspaces) {
      this.notRunning(gid);
      this.credentialRejected(gid);
    }
    for (const letters of props.deadLetters) this.notEmpty(letters);
  }

  /** Three periods without a single successful poll: 15 minutes, or three intervals where those are longer. */
  private notRunning(gid: string): void {
    const alarm = this.alarm(`NotRunning${gid}`, `poller-not-running-${gid}`, {
      alarmDescription:
        `No poll of Asana workspace ${gid} has succeeded for three periods, so events are late and alerts with them. ` +
        "Nothing is lost while Asana keeps the events (90 days). First: the poll function's log names the reason, " +
        'such as a secret without a value, a refused token, or Asana being down.',
      metric: this.workspaceMetric(
        METRICS.heartbeat,
        gid,
        Duration.seconds(Math.max(300, this.props.config.pollIntervalSeconds)),
      ),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 3,
      // A poller that does not run reports nothing at all.
      treatMissingData: TreatMissingData.BREACHING,
    });
    alarm.addOkAction(new SnsAction(this.props.topic));
  }

  private credentialRejected(gid: string): void {
    this.alarm(`CredentialRejected${gid}`, `credential-rejected-${gid}`, {
      alarmDescription:
        `Asana refuses the token of workspace ${gid}, so nothing is polled: it was revoked or has expired (401), the ` +
        'plan has no audit log (402), or it lacks the scope "Audit logs" or comes from an address that is not ' +
        "allowed (403). First: the poll function's log says which. A new token goes into the secret with " +
        'aws secretsmanager put-secret-value; the next poll takes it up and continues where the last one ended.',
      metric: this.workspaceMetric(METRICS.credentialRejections, gid, Duration.minutes(5)),
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  /** One alarm a queue rather than one over their sum, which would stay silent when a second queue fills. */
  private notEmpty({ name, queue, meaning }: WatchedDeadLetters): void {
    this.alarm(`DeadLetters-${name}`, `dead-letters-${name}`, {
      alarmDescription:
        `${meaning} First: read a message of the queue (its attributes give the reason) and the function's log, mend ` +
        'the cause, then send the messages back with "Start DLQ redrive". They are kept for 14 days.',
      metric: queue.metricApproximateNumberOfMessagesVisible({
        period: Duration.minutes(5),
        statistic: Stats.MAXIMUM,
      }),
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      // An idle queue reports nothing after some hours.
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  private alarm(id: string, name: string, props: Omit<AlarmProps, 'alarmName'>): Alarm {
    const alarm = new Alarm(this, id, { ...props, alarmName: `${this.props.serviceName}-${name}` });
    alarm.addAlarmAction(new SnsAction(this.props.topic));
    return alarm;
  }

  private workspaceMetric(metricName: MetricName, gid: string, period: Duration): Metric {
    return new Metric({
      namespace: METRICS_NAMESPACE,
      metricName,
      dimensionsMap: { service: this.props.serviceName, [WORKSPACE_DIMENSION]: gid },
      statistic: Stats.SUM,
      period,
    });
  }
}
