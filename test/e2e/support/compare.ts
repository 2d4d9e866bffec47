// Compares what a subscriber received with what the simulated workspace holds, field by field, digit by digit.
import { isJsonObject, parseLossless } from '../../../lib/asana/lossless-json.ts';
import { ACCOUNT, REGION } from './environment.ts';
import type { HeldEvent } from './events.ts';

/** Asana's field that never leaves the poller, and what stands in its place. */
const SECRET_FIELD = 'saml_response';
const INSTEAD = '[redacted]';

export interface Frame {
  readonly workspaceGid: string;
  readonly origin: 'live' | 'backfill';
}

/** @returns the gid of a received event's data. @param body as the queue gave it */
export function gidOf(body: string): string {
  return String(at(JSON.parse(body), 'detail', 'data', 'gid'));
}

/** @returns gids of `held` that were not received exactly once, and received ones that are not held, with their counts. */
export function countMismatches(
  held: readonly HeldEvent[],
  bodies: readonly string[],
): Record<string, number> {
  const counts = new Map(held.map(({ gid }) => [gid, 0]));
  for (const body of bodies) counts.set(gidOf(body), (counts.get(gidOf(body)) ?? 0) + 1);
  const known = new Set(held.map(({ gid }) => gid));
  return Object.fromEntries([...counts].filter(([gid, count]) => count !== 1 || !known.has(gid)));
}

/** @returns what differs, a line each. `time` and `id` are the bus's own, `publishedAt` the poller's: their form alone counts. */
export function differences(event: HeldEvent, body: string, frame: Frame): string[] {
  const received = parseLossless(body);
  const { data, redacted } = withoutSecret(parseLossless(event.line));
  const expected = {
    version: '0',
    source: 'asana.audit-log',
    'detail-type': event.eventType,
    account: ACCOUNT,
    region: REGION,
    resources: [],
    detail: {
      metadata: {
        schemaVersion: '1',
        workspaceGid: frame.workspaceGid,
        origin: frame.origin,
        ...(redacted ? { redacted: [`details.${SECRET_FIELD}`] } : {}),
      },
      data,
    },
  };
  const problems: string[] = [];
  const id = taken(received, [], 'id');
  const time = taken(received, [], 'time');
  const publishedAt = taken(received, ['detail', 'metadata'], 'publishedAt');
  if (!/^[0-9a-f-]{36}$/.test(id)) problems.push(`${event.gid}: id is ${id}`);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(time))
    problems.push(`${event.gid}: time is ${time}`);
  if (!/^\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z$/.test(publishedAt)) {
    problems.push(`${event.gid}: publishedAt is ${publishedAt}`);
  }
  const [want, have] = [canonical(expected), canonical(received)];
  if (want !== have) problems.push(`${event.gid}: wanted ${want}\n  received ${have}`);
  return problems;
}

/** Takes a text out of an object, so that the rest can be compared. */
function taken(value: unknown, path: readonly string[], name: string): string {
  const parent = at(value, ...path);
  if (!isJsonObject(parent)) return '(absent)';
  const found = parent[name];
  delete parent[name];
  return typeof found === 'string' ? found : '(no text)';
}

function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((found, key) => (isJsonObject(found) ? found[key] : undefined), value);
}

function withoutSecret(data: unknown): { readonly data: unknown; readonly redacted: boolean } {
  const details = at(data, 'details');
  if (!isJsonObject(details) || !(SECRET_FIELD in details)) return { data, redacted: false };
  details[SECRET_FIELD] = INSTEAD;
  return { data, redacted: true };
}

/** JSON text that is equal exactly when the values are, whatever the order of keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const fields = Object.keys(value).sort();
  return `{${fields.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}
