// Reads the few fields of an audit log event that the feed itself relies on. Nothing here is a schema: all else passes.
import { parseInstant } from '../instant.ts';
import { isJsonObject, numberText } from './lossless-json.ts';

/** Asana's are 16 digits; what is longer than this is no identity that anything could remember. */
const MAX_GID_CHARACTERS = 256;

/** The event's identity everywhere; undefined when there is none. A number counts by its digits. */
export function gidOf(event: Record<string, unknown>): string | undefined {
  const given = event['gid'];
  const gid = typeof given === 'string' ? given : numberText(given);
  return gid !== undefined && gid !== '' && gid.length <= MAX_GID_CHARACTERS ? gid : undefined;
}

/**
 * `created_at` in milliseconds since the epoch, or undefined when absent, unreadable or before 1970. Asana sends UTC with
 * milliseconds; other zones and a missing one are understood.
 */
export function createdAtOf(event: Record<string, unknown>): number | undefined {
  const createdAt = event['created_at'];
  const instant = typeof createdAt === 'string' ? parseInstant(createdAt) : undefined;
  return instant === undefined || instant < 0 ? undefined : instant;
}

export function eventTypeOf(event: Record<string, unknown>): string | undefined {
  const type = event['event_type'];
  return typeof type === 'string' && type !== '' ? type : undefined;
}

/** What is left of an event that cannot travel whole: who, what and when, by ids only. */
export function cutForm(event: Record<string, unknown>): Record<string, unknown> {
  return {
    gid: event['gid'],
    created_at: scalar(event['created_at']),
    event_type: scalar(event['event_type']),
    actor: pick(event['actor'], 'actor_type'),
    resource: pick(event['resource'], 'resource_type'),
  };
}

function pick(party: unknown, typeField: string): Record<string, unknown> | undefined {
  return isJsonObject(party)
    ? { [typeField]: scalar(party[typeField]), gid: scalar(party['gid']) }
    : undefined;
}

/** Keeps short values only: the cut form must fit whatever made the whole too large. */
function scalar(value: unknown): unknown {
  return typeof value === 'string'
    ? value.slice(0, 256)
    : numberText(value) === undefined
      ? undefined
      : value;
}
