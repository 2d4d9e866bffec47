// The detect path and the sweep over a real table and a real PutEvents endpoint, a table for each scene, with a clock that
// tests set. What Lambda and SQS do around it the tests do themselves.
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { DynamoAlertStateStore } from '../../lib/alerts/state/dynamo-store.ts';
import { PutEventsPublisher } from '../../lib/bus/put-events-publisher.ts';
import { type Alert, alertDetailSchema } from '../../lib/contract/alert.ts';
import type { AuditLogEvent } from '../../lib/contract/bus-event.ts';
import { CATALOGUE } from '../../lib/detections/catalogue/index.ts';
import { samlWeakened } from '../../lib/detections/catalogue/sign-in-policy.ts';
import type { DetectDeps, DetectRecord } from '../../lib/detections/detect.ts';
import { DynamoDueIndex } from '../../lib/detections/due/dynamo-due-index.ts';
import { type SweepDeps, sweep } from '../../lib/detections/due/sweep.ts';
import { silentLog } from '../../lib/log.ts';
import { busEvent, detectBody } from './bus-events.ts';
import { type Dynalite, startDynalite, TEST_CREDENTIALS } from './dynalite.ts';
import { type PutScript, startEventBus, type TestEventBus } from './event-bus.ts';
import { type ManualClock, manualClock } from './manual-clock.ts';

export const MINUTE = 60_000;
export const START = Date.parse('2026-10-05T09:00:00.000Z');
const SAML = samlWeakened.id;

export interface Published {
  readonly type: string;
  readonly alert: Alert;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface DetectScene {
  readonly table: string;
  readonly clock: ManualClock;
  readonly deps: DetectDeps;
  /** How far the feed has come; undefined: not at all. */
  feed: number | undefined;
  readonly sweepDeps: SweepDeps;
  /** One sweep, as the schedule calls for, with what the test changes. */
  sweep(changed?: Partial<SweepDeps>): ReturnType<typeof sweep>;
  /** Alerts that reached the bus in this scene. */
  published(): Published[];
}

export interface Servers {
  readonly dynalite: Dynalite;
  readonly bus: TestEventBus;
  /** What the bus does with the next requests. */
  script: PutScript[];
  scene(): Promise<DetectScene>;
  close(): Promise<void>;
}

export async function startDetectServers(): Promise<Servers> {
  const dynalite = await startDynalite();
  const bus = await startEventBus({ onPut: () => servers.script.shift() });
  const client = new EventBridgeClient({
    endpoint: bus.url,
    region: 'eu-west-1',
    credentials: TEST_CREDENTIALS,
    maxAttempts: 1,
  });
  let tables = 0;
  const servers: Servers = {
    dynalite,
    bus,
    script: [],
    async scene() {
      const table = await dynalite.createTable(`state-${++tables}`);
      servers.script = [];
      return openScene(table, dynalite, bus, client);
    },
    async close() {
      client.destroy();
      await bus.close();
      await dynalite.close();
    },
  };
  return servers;
}

function openScene(
  tableName: string,
  dynalite: Dynalite,
  bus: TestEventBus,
  client: EventBridgeClient,
): DetectScene {
  const clock = manualClock();
  const from = bus.entries.length;
  const table = { client: dynalite.client, tableName };
  const due = new DynamoDueIndex(table);
  const deps: DetectDeps = {
    catalogue: CATALOGUE,
    alertOnHistory: false,
    windowMs: 60 * MINUTE,
    runbookBaseUrl: 'https://example.com/detections.md',
    store: new DynamoAlertStateStore({ ...table, clock }),
    due,
    publisher: new PutEventsPublisher({ client, eventBusName: 'bus', clock }),
    clock,
    log: silentLog,
  };
  const scene: DetectScene = {
    table: tableName,
    clock,
    deps,
    feed: undefined,
    sweepDeps: { ...deps, due, feed: { passedUntil: async () => scene.feed }, settleMs: 0 },
    sweep: (changed) => sweep({ ...scene.sweepDeps, ...changed }),
    published: () =>
      bus.entries.slice(from).map((entry) => {
        const { data, metadata } = alertDetailSchema.parse(JSON.parse(entry.Detail));
        return { type: entry.DetailType, alert: data, at: Date.parse(metadata.publishedAt) };
      }),
  };
  return scene;
}

export function samlEvent(gid: string, minutes = 0, resource = 'w1'): AuditLogEvent {
  return {
    gid,
    created_at: new Date(START + minutes * MINUTE).toISOString(),
    event_type: 'workspace_saml_settings_changed',
    actor: { actor_type: 'user', gid: 'a1', name: 'Eve' },
    resource: { resource_type: 'workspace', gid: resource },
    details: { old_value: 'required', new_value: 'optional' },
  };
}

let messages = 0;
export function record(event: AuditLogEvent, detectionId = SAML): DetectRecord {
  return { messageId: `m${++messages}`, body: detectBody(detectionId, busEvent(event)) };
}

export class Crash extends Error {}

/** Wraps every method of an adapter; `around` decides whether and when the real call happens. */
export function intercept<T extends object>(
  target: T,
  around: (name: string, call: () => Promise<unknown>) => Promise<unknown>,
): T {
  return new Proxy(target, {
    get(_, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function' || name === 'list') {
        return typeof method === 'function' ? method.bind(target) : method;
      }
      return (...args: unknown[]) =>
        around(String(name), () => Reflect.apply(method, target, args));
    },
  });
}
