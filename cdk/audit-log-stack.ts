// The whole deployment in one stack: wires the constructs and says what to do next.
// No resource is made here but through a construct; no value is computed that a construct could compute.
import { Annotations, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { CATALOGUE } from '../lib/detections/catalogue/index.ts';
import type { Detection } from '../lib/detections/define.ts';
import { tuned } from '../lib/detections/tuning/tuning.ts';
import type { AuditLogConfig } from './config.ts';
import { Alerts } from './constructs/alerts.ts';
import { Bus } from './constructs/bus.ts';
import { Dashboard } from './constructs/dashboard.ts';
import { DataKey } from './constructs/data-key.ts';
import { Detections } from './constructs/detections.ts';
import { Digest } from './constructs/digest.ts';
import { Monitoring } from './constructs/monitoring.ts';
import { NextSteps } from './constructs/next-steps.ts';
import { Poller } from './constructs/poller.ts';
import { Sweep } from './constructs/sweep.ts';

export interface AuditLogStackProps extends StackProps {
  readonly config: AuditLogConfig;
  /** Before configuration changes them. @default - the catalogue */
  readonly detections?: readonly Detection[];
}

export class AuditLogStack extends Stack {
  constructor(scope: Construct, id: string, props: AuditLogStackProps) {
    const { config, detections = CATALOGUE, ...stackProps } = props;
    super(scope, id, {
      description:
        "Asana's audit log on an event bus, with detections that alert (asana-audit-bus)",
      ...stackProps,
      stackName: config.stackName,
      env: {
        ...(config.account === undefined ? {} : { account: config.account }),
        ...(config.region === undefined ? {} : { region: config.region }),
      },
    });
    for (const warning of config.warnings) {
      Annotations.of(this).addWarningV2('asana-audit-bus:configuration', warning);
    }
    if (config.customerManagedKey) new DataKey(this);
    const shared = { config, serviceName: config.stackName };

    const bus = new Bus(this, 'Bus', {
      busName: config.stackName,
      logRetention: config.logRetentionDays,
      deliverErrorLog: !config.emulator,
      ...(config.replayArchive.enabled && !config.emulator
        ? { replayDays: config.replayArchive.days }
        : {}),
    });
    const detector = new Detections(this, 'Detections', {
      ...shared,
      bus,
      detections: tuned(detections, config.detections),
    });
    const alerts = new Alerts(this, 'Alerts', { ...shared, bus, stateTable: detector.stateTable });
    const poller = new Poller(this, 'Poller', { ...shared, bus });
    const { checkpointTable } = poller;
    const { sweep } = new Sweep(this, 'Sweep', {
      ...shared,
      bus,
      detections: detector,
      checkpointTable,
    });
    const deadLetters = [
      {
        name: 'rules',
        queue: bus.undelivered,
        meaning: 'A rule of the bus could not deliver to its queue.',
      },
      detector.deadLetters,
      ...alerts.deadLetters,
    ];
    if (config.digest.enabled) {
      new Digest(this, 'Digest', { ...shared, detections: detector, alerts, checkpointTable });
    }
    const monitoring = new Monitoring(this, 'Monitoring', {
      ...shared,
      topic: alerts.topic,
      otherTopic: alerts.otherTopic,
      sinks: alerts.sinks,
      quarantineBucket: poller.quarantineBucket,
      sweep,
      composite: !config.emulator,
      deadLetters,
    });
    new Dashboard(this, 'Dashboard', {
      ...shared,
      ...monitoring,
      functions: {
        poll: poller.poll,
        detect: detector.detect,
        sweep,
        ...Object.fromEntries(alerts.sinks.map(({ name, notifier }) => [name, notifier])),
      },
      queues: {
        detect: detector.queue,
        ...Object.fromEntries(alerts.sinks.map(({ name, queue }) => [name, queue])),
        ...Object.fromEntries(deadLetters.map(({ name, queue }) => [`dead: ${name}`, queue])),
      },
      tables: { checkpoints: checkpointTable, state: detector.stateTable },
    });
    // Polling begins once there is someone to hear of trouble with it.
    for (const schedule of poller.schedules) schedule.node.addDependency(...monitoring.alarms);

    new NextSteps(this, 'NextSteps', {
      config,
      bus,
      poller,
      detections: detector,
      alerts,
      sweep,
      deadLetters,
    });
  }
}
