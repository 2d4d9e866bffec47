// Whom or what an alert is about: small pieces from which a detection says where to look, and what to fall back on.
// The id decides which alerts merge, so it never comes from a name that people can change while a gid is there.
import type { Entity } from '../../contract/alert.ts';
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import { shownText } from '../../text.ts';
import { actorWords, asText, field, resourceWords } from './fields.ts';

/** An entity, or undefined when the event does not carry what this one needs. */
export type EntityCandidate = (event: AuditLogEvent, workspaceGid: string) => Entity | undefined;
/** Always answers: the last resort of every detection is the workspace or the kind of actor. */
export type EntityOf = (event: AuditLogEvent, workspaceGid: string) => Entity;

/** The first candidate that answers, else `fallback`. */
export function firstOf(...[fallback, ...candidates]: [EntityOf, ...EntityCandidate[]]): EntityOf {
  return (event, workspaceGid) => {
    for (const candidate of candidates) {
      const found = candidate(event, workspaceGid);
      if (found) return found;
    }
    return fallback(event, workspaceGid);
  };
}

/** `resource`, by gid, else by email. */
export const resource: EntityCandidate = (event) => {
  const id = asText(field(event, 'resource', 'gid')) ?? lower(field(event, 'resource', 'email'));
  if (id === undefined) return undefined;
  const type = asText(field(event, 'resource', 'resource_type')) ?? 'resource';
  return entity(type, id, resourceWords(event));
};

/** `actor`, by gid, else by email, else by its bare type: support staff and anonymous visitors carry no more. */
export const actor: EntityOf = (event) => {
  const type = asText(field(event, 'actor', 'actor_type')) ?? 'unknown';
  const id =
    asText(field(event, 'actor', 'gid')) ?? lower(field(event, 'actor', 'email')) ?? `any-${type}`;
  return entity(type === 'unknown' ? 'actor' : type, id, actorWords(event));
};

/** The person for whom support acted: one ticket is one matter, whoever of support works on it. */
export const helpedUser: EntityCandidate = (event) => {
  const id = asText(field(event, 'context', 'on_behalf_of_user_id'));
  return id === undefined ? undefined : entity('user', id, `user ${shownText(id, 120)}`);
};

/** An email domain named in `details.new_value`, whatever its case or a leading @. */
export const newEmailDomain: EntityCandidate = (event) => {
  const domain = lower(field(event, 'details', 'new_value'))?.replace(/^@/, '');
  return domain ? entity('email_domain', domain, shownText(domain, 120)) : undefined;
};

/** The workspace the event came from: always known, because the envelope says it. */
export const workspace: EntityOf = (_event, workspaceGid) => ({
  type: 'workspace',
  id: workspaceGid,
  label: `workspace ${workspaceGid}`,
});

/** Ids of Asana's are 16 digits; the limits are for what is none of Asana's. */
function entity(type: string, id: string, label: string): Entity {
  return { type: shownText(type, 40), id: shownText(id, 200), label };
}

function lower(value: unknown): string | undefined {
  return asText(value)?.trim().toLowerCase();
}
