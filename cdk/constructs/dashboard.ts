// The dashboard that a person would keep open: is it well, what comes, how late, what is raised, what waits, what costs.
// Events and alerts are counted by queries over the functions' log lines, which cost nothing until somebody looks; a metric
// for each category, severity and detection would cost $0.30 a month each. A picture of it is docs/dashboard.svg.
import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  type IWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  Metric,
  SingleValueWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { SEVERITIES } from '../../lib/contract/alert.ts';
import { EVENT_CATEGORIES, LOG_LINES } from '../../lib/contract/log-lines.ts';
import {
  AWS_METRICS,
  METRICS,
  METRICS_NAMESPACE,
  type MetricName,
  WORKSPACE_DIMENSION,
} from '../../lib/contract/metrics.ts';
import type { AuditLogConfig } from '../config.ts';
import type { ServiceFunction } from './service-function.ts';

export interface DashboardProps {
  readonly config: AuditLogConfig;
  readonly serviceName: string;
  readonly alarms: readonly IAlarm[];
  readonly anythingWrong: IAlarm;
  /** By the names people see. */
  readonly functions: Readonly<Record<'poll' | 'detect' | 'sweep' | string, ServiceFunction>>;
  readonly queues: Readonly<Record<string, Queue>>;
  readonly tables: Readonly<Record<string, Table>>;
}

/** CloudWatch shows at most this many alarms in a widget. */
const MOST_ALARMS = 100;
const { AREA, BAR } = {
  AREA: LogQueryVisualizationType.STACKEDAREA,
  BAR: LogQueryVisualizationType.BAR,
};

export class Dashboard extends Construct {
  private readonly props: DashboardProps;

  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    this.props = props;
    new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName: props.serviceName,
      defaultInterval: Duration.days(7),
      widgets: [
        this.isItWell(),
        this.events(),
        this.polls(),
        this.alerts(),
        this.waiting(),
        this.costs(),
      ],
    });
  }

  private isItWell(): IWidget[] {
    const { alarms, anythingWrong } = this.props;
    return [
      new AlarmStatusWidget({
        title: 'Is it well?',
        alarms: [anythingWrong],
        width: 4,
        height: 5,
      }),
      new AlarmStatusWidget({
        title: 'If not, what is wrong?',
        alarms: alarms.slice(0, MOST_ALARMS),
        width: 12,
        height: 5,
      }),
      new SingleValueWidget({
        title: 'Seconds behind, polls and events of the last hour',
        metrics: [
          ...this.ofWorkspaces(METRICS.lagSeconds, 'Maximum', 'behind', 60),
          ...this.ofWorkspaces(METRICS.heartbeat, 'Sum', 'polls', 3_600),
          ...this.ofWorkspaces(METRICS.eventsPublished, 'Sum', 'events', 3_600),
        ],
        width: 8,
        height: 5,
      }),
    ];
  }

  private events(): IWidget[] {
    const sums = EVENT_CATEGORIES.map((category) => `sum(byCategory.${category}) as ${category}`);
    return [
      this.query('Events by category', ['poll'], AREA, [
        `filter message = "${LOG_LINES.eventsByCategory}"`,
        `stats ${sums.join(', ')} by bin(1h)`,
      ]),
      this.query('Top event types', ['poll'], BAR, [
        `filter message = "${LOG_LINES.eventsOfType}"`,
        'stats sum(events) as total by eventType',
        'sort total desc',
        'limit 12',
      ]),
    ];
  }

  private polls(): IWidget[] {
    return [
      this.graph('Lag: seconds behind, and age of what is unpublished', [
        ...this.ofWorkspaces(METRICS.lagSeconds, 'Maximum', 'behind'),
        this.ours(METRICS.unpublishedAge, 'Maximum', 'unpublished'),
      ]),
      this.graph('Polls that succeeded', this.ofWorkspaces(METRICS.heartbeat, 'Sum', 'polls')),
      this.graph('What went amiss', [
        ...this.ofWorkspaces(METRICS.publishRetries, 'Sum', 'publish retries'),
        ...this.ofWorkspaces(METRICS.duplicatesDropped, 'Sum', 'duplicates dropped'),
        this.ours(METRICS.publishFailures, 'Sum', 'publish failures'),
        this.ours(METRICS.quarantined, 'Sum', 'quarantined'),
        this.ours(METRICS.offsetResets, 'Sum', 'offset resets'),
        this.ours(METRICS.detectionFailures, 'Sum', 'detection failures'),
      ]),
    ];
  }

  private alerts(): IWidget[] {
    const sums = SEVERITIES.map((severity) => `sum(opened.${severity}) as ${severity}`);
    const opened = `filter message = "${LOG_LINES.alertOpened}" and status = "active"`;
    return [
      this.query('Alerts by severity', ['detect', 'sweep'], BAR, [
        opened,
        `stats ${sums.join(', ')} by bin(1d)`,
      ]),
      this.query('Alerts by detection', ['detect', 'sweep'], BAR, [
        opened,
        'stats count(*) as alerts by detectionId',
        'sort alerts desc',
        'limit 12',
      ]),
    ];
  }

  private waiting(): IWidget[] {
    const { queues } = this.props;
    const ofQueues = (metric: AwsMetric) =>
      Object.entries(queues).map(([label, queue]) =>
        this.of(metric, { QueueName: queue.queueName }, 'Maximum', label),
      );
    return [
      this.graph('Messages waiting', ofQueues(AWS_METRICS.queueVisible), 12),
      this.graph('Age of the oldest message, seconds', ofQueues(AWS_METRICS.queueOldest), 12),
    ];
  }

  private costs(): IWidget[] {
    const { functions, queues, tables } = this.props;
    const each = <T>(
      things: Readonly<Record<string, T>>,
      metric: AwsMetric,
      dimensions: (thing: T) => Record<string, string>,
      more = '',
    ) =>
      Object.entries(things).map(([label, thing]) =>
        this.of(metric, dimensions(thing), 'Sum', `${label}${more}`),
      );
    const named = (one: ServiceFunction) => ({ FunctionName: one.function.functionName });
    return [
      this.graph(
        'Cost: milliseconds of functions',
        each(functions, AWS_METRICS.duration, named),
        6,
      ),
      this.graph(
        'Cost: units of tables',
        [
          ...each(
            tables,
            AWS_METRICS.tableWrites,
            ({ tableName }) => ({ TableName: tableName }),
            ' written',
          ),
          ...each(
            tables,
            AWS_METRICS.tableReads,
            ({ tableName }) => ({ TableName: tableName }),
            ' read',
          ),
        ],
        6,
      ),
      this.graph(
        'Cost: bytes of logs',
        each(functions, AWS_METRICS.logBytes, ({ logGroup }) => ({
          LogGroupName: logGroup.logGroupName,
        })),
        6,
      ),
      this.graph(
        'Cost: empty receives of queues',
        each(queues, AWS_METRICS.queueEmptyReceives, ({ queueName }) => ({ QueueName: queueName })),
        6,
      ),
    ];
  }

  private graph(title: string, left: IMetric[], width = 8): IWidget {
    return new GraphWidget({ title, left, width, height: 6, leftYAxis: { min: 0 } });
  }

  private query(
    title: string,
    of: readonly string[],
    view: LogQueryVisualizationType,
    queryLines: string[],
  ): IWidget {
    const { functions } = this.props;
    const logGroupNames = of.flatMap((name) => functions[name]?.logGroup.logGroupName ?? []);
    return new LogQueryWidget({ title, logGroupNames, view, queryLines, width: 12, height: 7 });
  }

  private ofWorkspaces(
    name: MetricName,
    statistic: string,
    label: string,
    seconds?: number,
  ): IMetric[] {
    const { workspaces } = this.props.config;
    return workspaces.map((workspace) =>
      this.ours(
        name,
        statistic,
        workspaces.length === 1 ? label : `${label}, ${workspace.name ?? workspace.gid}`,
        { [WORKSPACE_DIMENSION]: workspace.gid },
        seconds,
      ),
    );
  }

  private ours(
    metricName: MetricName,
    statistic: string,
    label: string,
    dimensions: Record<string, string> = {},
    seconds?: number,
  ): IMetric {
    const all = { service: this.props.serviceName, ...dimensions };
    return this.of({ namespace: METRICS_NAMESPACE, metricName }, all, statistic, label, seconds);
  }

  private of(
    metric: AwsMetric,
    dimensionsMap: Record<string, string>,
    statistic: string,
    label: string,
    seconds = 300,
  ): IMetric {
    return new Metric({
      ...metric,
      dimensionsMap,
      statistic,
      label,
      period: Duration.seconds(seconds),
    });
  }
}

interface AwsMetric {
  readonly namespace: string;
  readonly metricName: string;
}
