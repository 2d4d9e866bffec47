// Whether a suppression covers an event that a detection matched. Pure.
// What one may hold is input.ts's, where they are kept store.ts's.
import type { Entity } from '../../contract/alert.ts';
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import type { Suppression } from '../../contract/operator.ts';
import {
  addressDigits,
  inAddressRange,
  parseCidr,
} from '../../detections/event-pattern/address.ts';
import { asText, field } from '../../detections/fields.ts';

/** An event as suppressions look at it. */
export interface Facts {
  readonly detectionId: string;
  readonly workspaceGid: string;
  readonly event: AuditLogEvent;
  /** Whom or what an alert about it would name. */
  readonly entities: readonly Entity[];
}

/** The id of the suppression that covers an event, if one does. */
export type Suppress = (facts: Facts) => string | undefined;

type Condition = keyof Suppression['conditions'];
type Holds = (values: readonly string[], facts: Facts) => boolean;

const HOLDS: Readonly<Record<Condition, Holds>> = {
  actor: (gids, { event }) => isOne(gids, field(event, 'actor', 'gid')),
  entity: (names, { entities }) => entities.some(({ type, id }) => names.includes(`${type}:${id}`)),
  app: (gids, { event }) => isOne(gids, appGid(event)),
  ip: (ranges, { event }) => isAddressIn(ranges, field(event, 'context', 'client_ip_address')),
  resource: (gids, { event }) => isOne(gids, field(event, 'resource', 'gid')),
  workspace: (gids, { workspaceGid }) => gids.includes(workspaceGid),
};
export const CONDITIONS = Object.keys(HOLDS) as readonly Condition[];

/**
 * @param now milliseconds since the epoch: what has expired by then covers nothing
 * @returns asks them in turn, the one that lasts longest first, so that matches change hands as rarely as can be
 */
export function suppressor(suppressions: readonly Suppression[], now: number): Suppress {
  const lasting = suppressions
    .filter(({ expiresAt }) => Date.parse(expiresAt) > now)
    .toSorted(
      (a, b) => Date.parse(b.expiresAt) - Date.parse(a.expiresAt) || (a.id < b.id ? -1 : 1),
    );
  return (facts) => lasting.find((one) => covers(one, facts))?.id;
}

function covers({ detectionId, conditions }: Suppression, facts: Facts): boolean {
  if (detectionId !== '*' && detectionId !== facts.detectionId) return false;
  return CONDITIONS.every((name) => {
    const values = conditions[name];
    return values === undefined || HOLDS[name](values, facts);
  });
}

function isOne(gids: readonly string[], value: unknown): boolean {
  const text = asText(value);
  return text !== undefined && gids.includes(text);
}

/** Apps are named by gid in the details of what concerns them; `context.oauth_app_name` is a name, and anybody's. */
function appGid(event: AuditLogEvent): unknown {
  const own = field(event, 'details', 'app_gid');
  if (own !== undefined && own !== null) return own;
  const isApp = asText(field(event, 'resource', 'resource_type'))?.includes('app') ?? false;
  return isApp ? field(event, 'resource', 'gid') : undefined;
}

function isAddressIn(ranges: readonly string[], value: unknown): boolean {
  const digits = addressDigits(asText(value)?.trim() ?? '');
  return digits !== null && ranges.some((range) => isIn(digits, range));
}

function isIn(digits: string, range: string): boolean {
  const single = singleAddress(range);
  if (single !== undefined) return digits === addressDigits(single);
  const parsed = parseCidr(range);
  // Of one family: a range of the other is as long or as short again.
  return (
    typeof parsed !== 'string' &&
    parsed.bottom.length === digits.length &&
    inAddressRange(digits, parsed)
  );
}

/** The address of a range that holds just one: written without a mask, or with all its bits. */
export function singleAddress(range: string): string | undefined {
  const [address = '', mask] = range.split('/');
  if (mask === undefined) return address;
  const bits = (addressDigits(address)?.length ?? 0) * 4;
  return Number(mask) === bits ? address : undefined;
}

/** `asana.a.b where actor is 1 or 2, ip is 192.0.2.0/24` */
export function coverWords({ detectionId, conditions }: Suppression): string {
  const parts = CONDITIONS.flatMap((name) => {
    const values = conditions[name];
    return values === undefined ? [] : [`${name} is ${values.join(' or ')}`];
  });
  const subject = detectionId === '*' ? 'all detections' : detectionId;
  return parts.length === 0 ? subject : `${subject} where ${parts.join(', ')}`;
}
