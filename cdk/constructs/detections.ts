// From event to alert: a rule per detection, one queue for them all, the function that raises alerts, and its state.
// What a detection matches is its definition in lib/detections/catalogue.
import { Duration } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENVIRONMENT } from '../../lib/contract/environment.ts';
import { ALERT_SOURCE, POLLER_SOURCE } from '../../lib/contract/sources.ts';
import type { Detection } from '../../lib/detections/define.ts';
import { rulePattern } from '../../lib/detections/definition/rule-pattern.ts';
import type { AuditLogConfig } from '../config.ts';
import type { Bus } from './bus.ts';
import { BusRule, detectionInputTemplate } from './bus-rule.ts';
import { allowRulesToSend, type WatchedDeadLetters, WorkQueue } from './queue.ts';
import { ServiceFunction } from './service-function.ts';
import { stateTable } from './state-table.ts';

export interface DetectionsProps {
  readonly config: AuditLogConfig;
  readonly serviceName: string;
  readonly bus: Bus;
  /** Those that are not off, as configuration has them. */
  readonly detections: readonly Detection[];
}

const TIMEOUT = Duration.seconds(30);
/** Beside the bundle: the environment of a function holds 4 KB in all. */
const OVERRIDES_FILE = 'detections.json';

export class Detections extends Construct {
  readonly detect: ServiceFunction;
  readonly stateTable: Table;
  /** Events that detections matched, on their way. */
  readonly queue: Queue;
  readonly deadLetters: WatchedDeadLetters;
  /** What the functions that run detections are told. */
  readonly environment: Readonly<Record<string, string>>;
  /** What lies beside their bundles. */
  readonly files: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: DetectionsProps) {
    super(scope, id);
    const { config, bus } = props;
    this.stateTable = stateTable(this, 'State', {
      retained: false,
      timeToLiveAttribute: 'expiresAt',
    });
    const work = new WorkQueue(this, 'Matches', { consumerTimeout: TIMEOUT, maxReceiveCount: 10 });
    this.queue = work.queue;
    this.deadLetters = {
      name: 'detect',
      queue: work.deadLetters,
      meaning: 'An event that a detection matched could not be turned into an alert.',
    };

    const hasOverrides = Object.keys(config.detections).length > 0;
    this.files = hasOverrides ? { [OVERRIDES_FILE]: JSON.stringify(config.detections) } : {};
    this.environment = {
      [ENVIRONMENT.eventBusName]: bus.eventBus.eventBusName,
      [ENVIRONMENT.stateTableName]: this.stateTable.tableName,
      [ENVIRONMENT.alertOnHistory]: String(config.alertOnHistory),
      ...(hasOverrides ? { [ENVIRONMENT.detectionsFile]: OVERRIDES_FILE } : {}),
      ...(config.alertWindowMinutes === undefined
        ? {}
        : { [ENVIRONMENT.alertWindowMinutes]: String(config.alertWindowMinutes) }),
      ...(config.runbookBaseUrl === undefined
        ? {}
        : { [ENVIRONMENT.runbookBaseUrl]: config.runbookBaseUrl }),
    };
    this.detect = new ServiceFunction(this, 'Detect', {
      name: 'detect',
      files: this.files,
      description: 'Raises alerts from the events that detections matched',
      memoryMegabytes: 512,
      timeout: TIMEOUT,
      environment: this.environment,
      logRetention: config.logRetentionDays,
      serviceName: props.serviceName,
    });
    this.detect.allow(
      ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
      [this.stateTable.tableArn],
    );
    bus.allowPutEvents(this.detect, [ALERT_SOURCE, POLLER_SOURCE]);
    // A flood of matches must not take the concurrency that the account's other functions, the poller too, live on.
    this.detect.consume(work.queue, 10);

    allowRulesToSend(work.queue, bus.eventBus);
    for (const detection of props.detections) {
      new BusRule(this, `Rule-${detection.id}`, {
        bus,
        ruleName: detection.id,
        description: `${detection.title} (${detection.severity})`,
        pattern: rulePattern(detection, { alertOnHistory: config.alertOnHistory }),
        target: work.queue,
        inputTemplate: detectionInputTemplate(detection.id),
      });
    }
  }
}
