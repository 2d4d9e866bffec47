// Builds the example events of definitions: a believable audit log event from just what matters to the example.
// Example data only: nothing of it reaches a bus.
import type { AuditLogEvent } from '../../contract/bus-event.ts';

type Part = Readonly<Record<string, unknown>>;

export const ALICE: Part = {
  actor_type: 'user',
  gid: '1201000000000001',
  name: 'Alice Example',
  email: 'alice@example.com',
};
export const BOB: Part = {
  resource_type: 'user',
  gid: '1201000000000002',
  name: 'Bob Example',
  email: 'bob@example.com',
};
const WORKSPACE: Part = {
  resource_type: 'workspace',
  gid: '1200000000000001',
  name: 'Example Corp',
};
export const EMAIL_DOMAIN: Part = {
  resource_type: 'email_domain',
  gid: '1200000000000009',
  name: 'example.com',
};
export const WEB: Part = {
  context_type: 'web',
  client_ip_address: '192.0.2.10',
  user_agent: 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/130.0.0.0',
};
export const SERVICE_ACCOUNT_API: Part = {
  context_type: 'api',
  api_authentication_method: 'service_account',
  client_ip_address: '198.51.100.7',
};

interface Given {
  readonly type: string;
  readonly details?: Part;
  /** `null` leaves the field out. */
  readonly actor?: Part | null;
  readonly resource?: Part | null;
  readonly context?: Part;
}

/** An event of 2026-10-05 09:00 UTC; `gid` is only ever compared, so the examples share one. */
export function example(given: Given): AuditLogEvent {
  const { type, details, actor = ALICE, resource = WORKSPACE, context = WEB } = given;
  return {
    gid: '1209000000000001',
    created_at: '2026-10-05T09:00:00.123Z',
    event_type: type,
    event_category: 'admin_settings',
    ...(actor === null ? {} : { actor }),
    ...(resource === null ? {} : { resource }),
    ...(details === undefined ? {} : { details }),
    context,
  };
}

/** The same, for a setting that went from one value to another. */
export function change(
  type: string,
  old_value: unknown,
  new_value: unknown,
  rest: Omit<Given, 'type' | 'details'> = {},
): AuditLogEvent {
  return example({ type, details: { old_value, new_value }, ...rest });
}

const MINUTE = 60_000;
const DAY_ONE = Date.parse('2026-10-05T09:00:00.123Z');

/** Several events, each with the minute at which it happens: what a detection that keeps a state is to see. */
export function timeline(
  ...events: ReadonlyArray<readonly [minute: number, event: AuditLogEvent]>
): AuditLogEvent[] {
  return events.map(([minute, event], index) => ({
    ...event,
    gid: `12090000000${String(index + 1).padStart(5, '0')}`,
    created_at: new Date(DAY_ONE + minute * MINUTE).toISOString(),
  }));
}

/** The same event over and over, or what `make` makes of its number: from a minute on, so many minutes apart. */
export function repeated(
  count: number,
  from: number,
  apart: number,
  make: AuditLogEvent | ((index: number) => AuditLogEvent),
): Array<readonly [minute: number, event: AuditLogEvent]> {
  return Array.from({ length: count }, (_, index) => [
    from + index * apart,
    typeof make === 'function' ? make(index) : make,
  ]);
}

/** So many events, evenly spread from the start over so many minutes: the last one comes at their end. */
export function spread(
  count: number,
  minutes: number,
  make: AuditLogEvent | ((index: number) => AuditLogEvent),
): AuditLogEvent[] {
  return timeline(...repeated(count, 0, minutes / Math.max(1, count - 1), make));
}

/** Person, project or file number so and so. */
export function numbered(resource_type: string, index: number): Part {
  const number = String(index).padStart(4, '0');
  return { resource_type, gid: `120130000000${number}`, name: `Number ${index}` };
}

/** People who are known by their gid alone. */
export const GID_ONLY: readonly [Part, Part] = [
  { actor_type: 'user', gid: '1201000000000011' },
  { actor_type: 'user', gid: '1201000000000012' },
];

/** Whoever acts without a gid or an address. */
export const ASANA_ITSELF: Part = { actor_type: 'asana' };
