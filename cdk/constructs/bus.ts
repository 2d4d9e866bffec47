// The event bus, its error log, the queue for what rules could not deliver and, when switched on, its replay archive.
// Rules are made where they are used: detections.ts and alerts.ts.
import { CfnArchive, EventBus, IncludeDetail, Level } from 'aws-cdk-lib/aws-events';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { AUDIT_LOG_SOURCE } from '../../lib/contract/sources.ts';
import { BusErrorLog } from './bus-error-log.ts';
import { DataKey } from './data-key.ts';
import { allowBusToSend, allowRulesToSend, deadLetterQueue } from './queue.ts';
import type { ServiceFunction } from './service-function.ts';

export interface BusProps {
  readonly busName: string;
  readonly logRetention: RetentionDays;
  /** Days EventBridge keeps events for replay. @default - no replay archive */
  readonly replayDays?: number;
  /** Whether the delivery of the error log is set up. */
  readonly deliverErrorLog: boolean;
}

export class Bus extends Construct {
  readonly eventBus: EventBus;
  /** Takes what a rule of ours could not put on its queue. */
  readonly undelivered: Queue;

  constructor(scope: Construct, id: string, props: BusProps) {
    super(scope, id);
    const key = DataKey.of(this)?.key;
    this.undelivered = deadLetterQueue(this, 'Undelivered', { redriveSource: false });
    this.eventBus = new EventBus(this, 'EventBus', {
      // Under a key of one's own an event can fail for the key, before any rule has seen it.
      ...(key === undefined ? {} : { kmsKey: key, deadLetterQueue: this.undelivered }),
      eventBusName: props.busName,
      description:
        "Asana's audit log events, the alerts raised from them, and the poller's own reports",
      // Without detail: events hold personal data, and a log is no place for it.
      logConfig: { level: Level.ERROR, includeDetail: IncludeDetail.NONE },
    });
    allowRulesToSend(this.undelivered, this.eventBus);
    if (key !== undefined) allowBusToSend(this.undelivered, props.busName);
    if (props.deliverErrorLog) {
      new BusErrorLog(this, 'ErrorLog', {
        eventBus: this.eventBus,
        busName: props.busName,
        retention: props.logRetention,
      });
    }
    if (props.replayDays !== undefined) {
      // Asana's events alone: alerts follow from them. EventBridge itself keeps replayed events out of an archive.
      new CfnArchive(this, 'ReplayArchive', {
        sourceArn: this.eventBus.eventBusArn,
        description: 'Audit log events for replay to named rules',
        eventPattern: { source: [AUDIT_LOG_SOURCE] },
        retentionDays: props.replayDays,
        ...(key === undefined ? {} : { kmsKeyIdentifier: key.keyArn }),
      });
    }
  }

  /** Lets a function put events of these sources on this bus, and of no others. */
  allowPutEvents(serviceFunction: ServiceFunction, sources: readonly string[]): void {
    serviceFunction.allow(['events:PutEvents'], [this.eventBus.eventBusArn], {
      // events:source may hold several values. ForAllValues alone is true where the key is absent, hence Null.
      'ForAllValues:StringEquals': { 'events:source': [...sources] },
      Null: { 'events:source': 'false' },
    });
  }
}
