// Makes the alarms of cdk/alarms.ts, one for each thing that is watched, and one over all of them that says whether all is well.
// What they watch, from when on and why is data there; what to do about each is docs/runbook.md.
import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmRule,
  ComparisonOperator,
  CompositeAlarm,
  type IAlarm,
  Metric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import {
  AWS_METRICS,
  METRICS_NAMESPACE,
  type MetricName,
  WORKSPACE_DIMENSION,
} from '../../lib/contract/metrics.ts';
import { alarmRunbookUrl, DEFAULT_ALARM_RUNBOOK_URL } from '../../lib/contract/runbook.ts';
import type { AlarmDefinition } from '../alarm-definition.ts';
import { ALARMS } from '../alarms.ts';
import type { AuditLogConfig } from '../config.ts';
import type { WatchedDeadLetters } from './queue.ts';
import type { ServiceFunction } from './service-function.ts';
import type { Sink } from './sink.ts';

export interface MonitoringProps {
  readonly config: AuditLogConfig;
  readonly serviceName: string;
  /** Where alerts go, and alarms with them. */
  readonly topic: ITopic;
  /** Where alarms go besides, when it is the topic's own deliveries that fail. */
  readonly otherTopic: ITopic;
  readonly deadLetters: readonly WatchedDeadLetters[];
  readonly sinks: readonly Sink[];
  readonly quarantineBucket: Bucket;
  readonly sweep: ServiceFunction;
  /** @default true */
  readonly composite?: boolean;
}

/** One alarm to make of a definition. */
interface Instance {
  /** Ends the alarm's name; undefined where there is only one. */
  readonly of?: string;
  readonly metric: Metric;
  /** Where the definition has none. */
  readonly meaning?: string;
  /** Whether what fails is the topic that alarms go to. */
  readonly otherWay?: boolean;
}

/** Names begin with the stack's, which is unique in its account and region. */
export class Monitoring extends Construct {
  readonly alarms: readonly Alarm[];
  /** In alarm while any other is. By its name: the emulator has no such thing. */
  readonly anythingWrong: IAlarm;
  private readonly props: MonitoringProps;
  private readonly names: string[] = [];

  constructor(scope: Construct, id: string, props: MonitoringProps) {
    super(scope, id);
    this.props = props;
    this.alarms = ALARMS.flatMap((definition) =>
      this.instances(definition).map((instance) => this.alarm(definition, instance)),
    );
    const name = `${props.serviceName}-anything-wrong`;
    if (props.composite ?? true) this.overAll(name);
    this.anythingWrong = Alarm.fromAlarmName(this, 'AnythingWrongByName', name);
  }

  private instances(definition: AlarmDefinition): readonly Instance[] {
    const { watched } = definition;
    const { deadLetters, sinks, quarantineBucket, config } = this.props;
    switch (watched.each) {
      case 'workspace':
        return config.workspaces.map(({ gid }) => ({
          of: gid,
          metric: this.ours(definition, watched.metric, { [WORKSPACE_DIMENSION]: gid }),
        }));
      case 'deployment':
        return [{ metric: this.ours(definition, watched.metric) }];
      // One alarm a queue rather than one over their sum, which would stay silent when a second queue fills.
      case 'dead-letter queue':
        return deadLetters.map(({ name, queue, meaning, throughTopic }) => ({
          of: name,
          meaning,
          metric: this.metric(definition, AWS_METRICS.queueVisible, {
            QueueName: queue.queueName,
          }),
          otherWay: throughTopic ?? false,
        }));
      case 'sink':
        return sinks.map(({ title, name, queue }) => ({
          of: name,
          meaning: `Alerts do not reach ${title}: they are put off again and again.`,
          metric: this.metric(definition, AWS_METRICS.queueInFlight, {
            QueueName: queue.queueName,
          }),
          otherWay: name === 'sns',
        }));
      case 'quarantine':
        return [
          {
            metric: this.metric(definition, AWS_METRICS.objects, {
              BucketName: quarantineBucket.bucketName,
              StorageType: 'AllStorageTypes',
            }),
          },
        ];
      case 'sweep':
        return [
          {
            metric: this.metric(definition, AWS_METRICS.errors, {
              FunctionName: this.props.sweep.function.functionName,
            }),
          },
        ];
    }
  }

  private alarm(definition: AlarmDefinition, instance: Instance): Alarm {
    const { name, heading, first, meaning, missing, periods, ofThem, rings, threshold, tellsEnd } =
      definition;
    const { serviceName, config, topic, otherTopic } = this.props;
    const { of, metric, otherWay } = instance;
    const fullName = of === undefined ? name : `${name}-${of}`;
    const page = config.alarmRunbookUrl ?? DEFAULT_ALARM_RUNBOOK_URL;
    const where = definition.watched.each === 'workspace' ? `Workspace ${of}:` : undefined;
    const alarmName = `${serviceName}-${fullName}`;
    this.names.push(alarmName);
    const alarm = new Alarm(this, fullName, {
      alarmName,
      alarmDescription: [
        ...[where, instance.meaning ?? meaning].filter((part) => part !== undefined),
        `First: ${first}`,
        `Runbook: ${alarmRunbookUrl(page, heading)}`,
      ].join(' '),
      metric,
      threshold,
      comparisonOperator:
        rings === 'below'
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: periods,
      ...(ofThem === undefined ? {} : { datapointsToAlarm: ofThem }),
      treatMissingData:
        missing === 'amiss' ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
    });
    for (const each of otherWay ? [topic, otherTopic] : [topic]) {
      alarm.addAlarmAction(new SnsAction(each));
      if (tellsEnd) alarm.addOkAction(new SnsAction(each));
    }
    return alarm;
  }

  /** Notifies nobody: each of the others has done so. By names, since ARNs of all of them pass the rule's 10,240 characters. */
  private overAll(compositeAlarmName: string): void {
    const page = this.props.config.alarmRunbookUrl ?? DEFAULT_ALARM_RUNBOOK_URL;
    const composite = new CompositeAlarm(this, 'AnythingWrong', {
      compositeAlarmName,
      alarmDescription: `In alarm while any alarm of this deployment is. Runbook: ${page}`,
      alarmRule: AlarmRule.fromString(this.names.map((name) => `ALARM("${name}")`).join(' OR ')),
    });
    composite.node.addDependency(...this.alarms);
  }

  private ours(
    definition: AlarmDefinition,
    metricName: MetricName,
    dimensions: Record<string, string> = {},
  ): Metric {
    const { serviceName } = this.props;
    return this.metric(
      definition,
      { namespace: METRICS_NAMESPACE, metricName },
      { service: serviceName, ...dimensions },
    );
  }

  private metric(
    { statistic, period }: AlarmDefinition,
    metric: { readonly namespace: string; readonly metricName: string },
    dimensionsMap: Record<string, string>,
  ): Metric {
    const seconds =
      period === 'poll' ? Math.max(300, this.props.config.pollIntervalSeconds) : period;
    return new Metric({ ...metric, dimensionsMap, statistic, period: Duration.seconds(seconds) });
  }
}
