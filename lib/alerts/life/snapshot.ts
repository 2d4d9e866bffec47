// What an alert keeps of the event that opened it: all of it where that is small, else the fields people look at.
// The bounds keep a group of alerts within one DynamoDB item; the whole event was on the bus.
import { isJsonObject, stringifyLossless } from '../../asana/lossless-json.ts';
import type { Alert } from '../../contract/alert.ts';
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import { shownText } from '../../text.ts';

type Snapshot = Pick<Alert, 'actor' | 'resource' | 'context' | 'details'> & { trimmed?: true };

/** Bytes of JSON. Events of a real workspace have well under 2,000 here. */
const MAX_SNAPSHOT_BYTES = 6_000;
const MAX_TRIMMED_TEXT = 100;
const PARTS = ['actor', 'resource', 'context', 'details'] as const;
const KEPT = {
  actor: ['actor_type', 'gid', 'name', 'email'],
  resource: ['resource_type', 'resource_subtype', 'gid', 'name', 'email'],
  context: [
    'context_type',
    'api_authentication_method',
    'client_ip_address',
    'user_agent',
    'oauth_app_name',
    'rule_name',
  ],
  details: ['old_value', 'new_value'],
} as const;

/** `trimmed: true` says that fields are missing or cut. Absent parts stay absent. */
export function snapshotOf(event: AuditLogEvent): Snapshot {
  const whole: Record<string, unknown> = {};
  for (const part of PARTS) if (event[part] !== undefined) whole[part] = event[part];
  if (mostBytes(whole, MAX_DEPTH) <= MAX_SNAPSHOT_BYTES) return whole;
  const isWritable = !isDeeper(whole, DEEP);
  if (isWritable && Buffer.byteLength(JSON.stringify(whole)) <= MAX_SNAPSHOT_BYTES) return whole;
  const trimmed: Record<string, unknown> = {};
  for (const part of PARTS) {
    const given = event[part] as unknown;
    if (isJsonObject(given)) trimmed[part] = kept(given, KEPT[part]);
  }
  return { ...trimmed, trimmed: true };
}

/** Deeper than Asana nests anything. */
const MAX_DEPTH = 5;
/** Whoever reads an alert is to be able to write it as JSON again, which recurses. */
const DEEP = 100;

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((part) => isDeeper(part, depth - 1));
}

/** Of a character in JSON: `\u001f`. */
const MOST_BYTES = 6;

/** What a value has at most as JSON, whatever its characters are: for nearly every event all there is to know. */
function mostBytes(value: unknown, depth: number): number {
  if (typeof value === 'string') return MOST_BYTES * value.length + 2;
  if (typeof value === 'boolean' || value === null || value === undefined) return 5;
  if (typeof value === 'number') return 25;
  if (typeof value !== 'object' || depth === 0 || !(isJsonObject(value) || Array.isArray(value))) {
    return Number.POSITIVE_INFINITY;
  }
  let bytes = 2;
  for (const name in value) {
    const member: unknown = Reflect.get(value, name);
    bytes += MOST_BYTES * name.length + 4 + mostBytes(member, depth - 1);
  }
  return bytes;
}

function kept(given: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    names
      .filter((name) => Object.hasOwn(given, name))
      .map((name) => {
        const value = given[name];
        if (value === null || typeof value === 'boolean') return [name, value];
        const text = typeof value === 'string' ? value : (stringifyLossless(value) ?? '');
        return [name, shownText(text, MAX_TRIMMED_TEXT)];
      }),
  );
}
