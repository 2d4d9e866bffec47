// Who acted on whom, for severities and conditions: the same person, or one that a configured list names.
// Compares gids and e-mail addresses, never names, which anybody can choose.
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import { asText, field } from './fields.ts';

type Role = 'actor' | 'resource';

/** True or false where both carry a gid or both an address; undefined where nothing can be compared. */
export function isOwnDoing(event: AuditLogEvent): boolean | undefined {
  for (const name of ['gid', 'email']) {
    const [actor, resource] = [idOf(event, 'actor', name), idOf(event, 'resource', name)];
    if (actor !== undefined && resource !== undefined) return actor === resource;
  }
  return undefined;
}

/** True when the list names the gid or, in any case, the address. */
export function isNamed(event: AuditLogEvent, role: Role, list: readonly string[]): boolean {
  if (list.length === 0) return false;
  const ids = [idOf(event, role, 'gid'), idOf(event, role, 'email')];
  return list.some((entry) => ids.includes(entry.trim().toLowerCase()));
}

/** True for a call with the token of a service account: the only mark such an actor has. */
export function isServiceAccountCall(event: AuditLogEvent): boolean {
  const method = asText(field(event, 'context', 'api_authentication_method'));
  return method?.toLowerCase() === 'service_account';
}

function idOf(event: AuditLogEvent, role: Role, name: string): string | undefined {
  return asText(field(event, role, name))
    ?.trim()
    .toLowerCase();
}
