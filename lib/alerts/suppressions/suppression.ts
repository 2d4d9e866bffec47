// Whether a suppression covers an event that a detection matched. Pure.
// What one may hold is input.ts's, where they are kept store.ts's.
import type { Entity } from '../../contract/alert.ts';
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import type { Suppression } from '../../contract/operator.ts';
import { asText, field } from '../../detections/reading/fields.ts';
import { isAddressIn } from '../../detections/reading/networks.ts';

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
  ip: (ranges, { event }) =>
    isAddressIn(asText(field(event, 'context', 'client_ip_address')) ?? '', ranges),
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

/** `asana.a.b where actor is 1 or 2, ip is 192.0.2.0/24` */
export function coverWords({ detectionId, conditions }: Suppression): string {
  const parts = CONDITIONS.flatMap((name) => {
    const values = conditions[name];
    return values === undefined ? [] : [`${name} is ${values.join(' or ')}`];
  });
  const subject = detectionId === '*' ? 'all detections' : detectionId;
  return parts.length === 0 ? subject : `${subject} where ${parts.join(', ')}`;
}
