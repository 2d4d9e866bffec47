// Writes docs/events/: for each kind of event on the bus a JSON Schema, an example and a page, out of lib/contract.
// The schema is of the whole event as a rule's target receives it.
import * as z from 'zod';
import { openAlert } from '../alerts/life/open.ts';
import { addedEvent } from '../alerts/suppressions/manage.ts';
import { createdAtOf } from '../asana/event.ts';
import { envelope, operationalEntry } from '../bus/envelope.ts';
import type { BusEntry } from '../bus/publisher-port.ts';
import { alertDetailSchema } from '../contract/alert.ts';
import { type AuditLogEvent, auditLogDetailSchema } from '../contract/bus-event.ts';
import { operationalDetailSchema } from '../contract/operational.ts';
import { operatorDetailSchema } from '../contract/operator.ts';
import { DEFAULT_RUNBOOK_BASE_URL } from '../contract/runbook.ts';
import {
  ALERT_DETAIL_TYPES,
  ALERT_SOURCE,
  AUDIT_LOG_SOURCE,
  OPERATIONAL_DETAIL_TYPES,
  OPERATOR_DETAIL_TYPES,
  OPERATOR_SOURCE,
  POLLER_SOURCE,
  SCHEMA_VERSION,
} from '../contract/sources.ts';
import { samlWeakened } from '../detections/catalogue/sign-in-policy.ts';

/** A generated file: its path below docs/events, and its text. */
export interface GeneratedFile {
  readonly path: string;
  readonly text: string;
}

const PUBLISHED_AT = Date.parse('2026-10-05T09:01:02.345Z');
const WORKSPACE = '1200000000000001';

export function eventPages(): GeneratedFile[] {
  return [
    ...pages({
      name: 'audit-log-event',
      title: 'Audit log event',
      about:
        "One event of Asana's audit log, as Asana sent it save for redactions. The detail type is Asana's own `event_type`, also for types this project does not know. `detail.data.gid` is its identity: delivery is at least once and unordered, so work idempotently on it. Order by `detail.data.created_at`; `time` has whole seconds. Unknown fields may come at any time, and every field of `data` but `gid` may be absent.",
      detail: auditLogDetailSchema,
      source: AUDIT_LOG_SOURCE,
      entry: auditLogEntry(),
    }),
    ...pages({
      name: 'alert',
      title: 'Alert',
      about:
        'What a detection raised. `Alert Opened` is revision 1 of an alert; `Alert Updated` says that more came, at most once a minute, with all that came since the revision before: further matches, or late events among those that led to it. `Alert Closed` comes once the window of an alert that more came to is over, with the final count; should a match come days late, another one with a higher revision corrects it. The identity is `alertId` with `revision`: keep the highest revision you have seen. `actor`, `resource`, `context` and `details` are those of the event that opened the alert, and hold text that an attacker may have chosen. `test` is true of what `npm run doctor -- --send-test` sends: nothing has happened.',
      detail: alertDetailSchema,
      source: ALERT_SOURCE,
      detailTypes: Object.values(ALERT_DETAIL_TYPES),
      entry: alertEntry(),
    }),
    ...pages({
      name: 'operator-event',
      title: 'Operator event',
      about:
        'What a person did to this deployment with one of its commands: who (`by`), what, why (`reason`). It concerns all workspaces, so `metadata` names none. Test `detail.data.code`, which is stable; `message` is for people. A suppression is in force only once this event is on the bus; what dies on the way may put it there twice, so work idempotently on `suppression.id` and the detail type. `Dead Letter Dropped` comes before the message (`queue`, `messageId`) or the event in quarantine (`quarantine`) is removed; `Quarantine Redriven` comes with the event (`workspaceGid`, `gid`) that a person has repaired and put on the bus.',
      detail: operatorDetailSchema,
      source: OPERATOR_SOURCE,
      detailTypes: Object.values(OPERATOR_DETAIL_TYPES),
      entry: addedEvent({
        id: 's-0a1b2c3d4e',
        detectionId: samlWeakened.id,
        conditions: { actor: ['1201000000000001'], ip: ['192.0.2.0/24'] },
        reason: 'Planned move to the new identity provider, CHG-1234',
        owner: 'Identity team',
        createdBy: 'arn:aws:sts::123456789012:assumed-role/Operators/mara',
        createdAt: '2026-10-05T09:01:02.345Z',
        expiresAt: '2026-10-12T00:00:00.000Z',
      }),
    }),
    ...pages({
      name: 'operational-event',
      title: 'Operational event',
      about:
        'What the poller noticed about the feed itself, and which detection fails. Test `detail.data.code`, which is stable; `message` is for people. Holds no personal data.',
      detail: operationalDetailSchema,
      source: POLLER_SOURCE,
      detailTypes: Object.values(OPERATIONAL_DETAIL_TYPES),
      entry: operationalEntry(
        OPERATIONAL_DETAIL_TYPES.offsetExpired,
        {
          code: 'offset.expired',
          message:
            'The stored offset is no longer valid. The log is read by time from the oldest event remembered; known events are dropped.',
        },
        { workspaceGid: WORKSPACE, publishedAt: PUBLISHED_AT },
      ),
    }),
  ];
}

interface EventKind {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly detail: z.ZodType;
  readonly source: string;
  /** Absent where any detail type may come. */
  readonly detailTypes?: readonly string[];
  readonly entry: BusEntry;
}

function pages(kind: EventKind): GeneratedFile[] {
  const schema = z.toJSONSchema(
    z
      .object({
        version: z.literal('0'),
        id: z.string(),
        'detail-type':
          kind.detailTypes === undefined ? z.string().max(128) : z.enum([...kind.detailTypes]),
        source: z.literal(kind.source),
        account: z.string(),
        time: z.iso.datetime({ precision: 0 }),
        region: z.string(),
        resources: z.array(z.string()),
        'replay-name': z.string().optional(),
        detail: kind.detail,
      })
      .meta({ title: `${kind.title} (schema version ${SCHEMA_VERSION})` }),
    // What a producer may send is what a consumer must be ready for: `loose` objects stay open.
    { io: 'input' },
  );
  const types = kind.detailTypes?.map((type) => `\`${type}\``).join(', ');
  const readme = `# ${kind.title}

<!-- Generated from lib/contract by \`npm run docs\`. -->

${kind.about}

| | |
|---|---|
| \`source\` | \`${kind.source}\` |
| \`detail-type\` | ${types ?? "Asana's `event_type`; `unknown` where there is none"} |
| schema version | ${SCHEMA_VERSION} |

[schema.json](schema.json) is the JSON Schema of the whole event, [example.json](example.json) an example of it.
`;
  return [
    { path: `${kind.name}/schema.json`, text: `${JSON.stringify(schema, null, 2)}\n` },
    {
      path: `${kind.name}/example.json`,
      text: `${JSON.stringify(delivered(kind.entry), null, 2)}\n`,
    },
    { path: `${kind.name}/README.md`, text: readme },
  ];
}

/** An entry in the frame EventBridge delivers it in. */
function delivered(entry: BusEntry): object {
  return {
    version: '0',
    id: '7bf73129-1428-4cd3-a780-95db273d1602',
    'detail-type': entry.detailType,
    source: entry.source,
    account: '123456789012',
    time: `${new Date(entry.time ?? PUBLISHED_AT).toISOString().slice(0, 19)}Z`,
    region: 'eu-central-1',
    resources: [],
    detail: JSON.parse(entry.detail),
  };
}

function exampleEvent(): AuditLogEvent {
  return samlWeakened.examples.alerts[0] ?? {};
}

function auditLogEntry(): BusEntry {
  const context = { workspaceGid: WORKSPACE, liveFrom: 0, publishedAt: PUBLISHED_AT };
  return envelope({ ...exampleEvent() }, [], context).entry;
}

function alertEntry(): BusEntry {
  const event = exampleEvent();
  const group = {
    detectionId: samlWeakened.id,
    workspaceGid: WORKSPACE,
    entity: samlWeakened.entity(event, WORKSPACE),
  };
  const match = { gid: event.gid ?? '', at: createdAtOf({ ...event }) ?? PUBLISHED_AT, event };
  const metadata = {
    schemaVersion: SCHEMA_VERSION,
    workspaceGid: WORKSPACE,
    publishedAt: new Date(PUBLISHED_AT).toISOString(),
  };
  const alert = openAlert(samlWeakened, group, match, {
    runbookBaseUrl: DEFAULT_RUNBOOK_BASE_URL,
    now: PUBLISHED_AT,
  });
  return {
    source: ALERT_SOURCE,
    detailType: ALERT_DETAIL_TYPES.opened,
    detail: JSON.stringify({ metadata, data: alert }),
  };
}
