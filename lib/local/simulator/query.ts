// Reads the endpoint's query parameters as Asana does, or says in Asana's way what is wrong with them.
// https://developers.asana.com/reference/getauditlogevents
import type { Filters } from './event-index.ts';

export interface AuditLogQuery {
  readonly filters: Filters;
  readonly limit?: number;
  readonly offset?: string;
}

/** OpenAPI's `date-time` (RFC 3339): date, time and zone. */
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i;
const ACTOR_TYPES = ['user', 'asana', 'asana_support', 'anonymous', 'external_administrator'];

/** A text is the message of a 400. Parameters Asana does not document (`opt_pretty` too) change nothing. */
export function parseQuery(query: URLSearchParams, maxLimit: number): AuditLogQuery | string {
  const [startAt, endAt] = [query.get('start_at'), query.get('end_at')].map((text) =>
    text === null ? undefined : DATE_TIME.test(text) ? Date.parse(text) : Number.NaN,
  );
  if (Number.isNaN(startAt)) return 'start_at: Not a valid ISO 8601 date-time with a time zone';
  if (Number.isNaN(endAt)) return 'end_at: Not a valid ISO 8601 date-time with a time zone';
  const limitText = query.get('limit');
  const limit = limitText === null ? undefined : Number(limitText);
  if (limitText !== null && !/^\d{1,9}$/.test(limitText)) return 'limit: Not a valid integer';
  if (limit !== undefined && (limit < 1 || limit > maxLimit)) {
    return `limit: The value must be between 1 and ${maxLimit}`;
  }
  const actorType = query.get('actor_type');
  if (actorType !== null && !ACTOR_TYPES.includes(actorType)) {
    return `actor_type: Not one of ${ACTOR_TYPES.join(', ')}`;
  }
  for (const name of ['event_type', 'actor_gid', 'resource_gid']) {
    if (query.get(name) === '') return `${name}: Missing input`;
  }
  const offset = query.get('offset');
  return {
    filters: present({
      startAt,
      endAt,
      eventType: query.get('event_type'),
      actorType,
      actorGid: query.get('actor_gid'),
      resourceGid: query.get('resource_gid'),
    }),
    ...present({ limit, offset }),
  };
}

/** True when a request that carries an offset asks for other events than the offset was made for. */
export function contradicts(asked: Filters, bound: Filters): boolean {
  return Object.entries(asked).some(([name, value]) => bound[name as keyof Filters] !== value);
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], null | undefined> };

function present<T extends Record<string, unknown>>(fields: T): Present<T> {
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
  ) as Present<T>;
}
