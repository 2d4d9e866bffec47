// Reads one line of a history: an audit log event as Asana sends it, an event of the bus, or a line of `npm start --json`.
// All come out as events of the bus. Pure.
import { createdAtOf, gidOf } from '../asana/event.ts';
import { isJsonObject, parseLossless } from '../asana/lossless-json.ts';
import { detailTypeOf } from '../bus/envelope.ts';
import { DEFAULT_REDACT_PATHS, redactor } from '../bus/redaction.ts';
import type { AuditLogEvent, BusEvent, EventMetadata } from '../contract/bus-event.ts';
import { AUDIT_LOG_SOURCE, SCHEMA_VERSION } from '../contract/sources.ts';
import type { Arrival } from '../detections/arrival.ts';
import { remembered } from '../detections/remembered.ts';

export interface HistoryEvent extends Arrival {
  /** Milliseconds since the epoch: `created_at`; without a readable one the envelope's time, else `before`. */
  readonly at: number;
  readonly gid: string;
  /** It counts at `before`. */
  readonly isUntimed: boolean;
}

/** `other`: nothing of the audit log, as an archive of the bus holds alerts and the poller's notes, too. */
export type LineContent = HistoryEvent | { readonly malformed: string } | 'other';

/**
 * @param workspaceGid of what does not say, as no event of Asana's does
 * @param before time of the event before it: when an event without any time counts
 */
export function readEventLine(text: string, workspaceGid: string, before: number): LineContent {
  let value: unknown;
  try {
    value = parseLossless(text);
  } catch {
    return { malformed: 'it is not JSON' };
  }
  return readEvent(value, workspaceGid, before);
}

/** The same for a value that is parsed. */
export function readEvent(value: unknown, workspaceGid: string, before: number): LineContent {
  if (!isJsonObject(value)) return { malformed: 'it is no JSON object' };
  const { detail, kind } = value;
  if (isJsonObject(detail)) return ofBus(value, detail, workspaceGid, before);
  if (typeof kind === 'string' && gidOf(value) === undefined) {
    const { event } = value;
    if (kind !== 'event') return 'other';
    if (isJsonObject(event)) return readEvent(event, workspaceGid, before);
  }
  const gid = gidOf(value);
  if (gid === undefined) return { malformed: NO_GID };
  redact(value);
  const createdAt = createdAtOf(value);
  const at = createdAt ?? before;
  const time = createdAt === undefined ? new Date(at).toISOString() : '';
  const event = framed(value, typeOf(value), time, bareMetadata(workspaceGid));
  return { event, gid, at, isOdd: false, isUntimed: createdAt === undefined };
}

function ofBus(
  event: Record<string, unknown>,
  { data, metadata }: Record<string, unknown>,
  workspaceGid: string,
  before: number,
): LineContent {
  if (typeof event['source'] === 'string' && event['source'] !== AUDIT_LOG_SOURCE) return 'other';
  if (!isJsonObject(data)) return { malformed: 'its detail has no data' };
  const gid = gidOf(data);
  if (gid === undefined) return { malformed: NO_GID };
  const said = isJsonObject(metadata) ? metadata['workspaceGid'] : undefined;
  const type = event['detail-type'];
  const detailType = typeof type === 'string' ? type : typeOf(data);
  const createdAt = createdAtOf(data);
  const known = createdAt ?? createdAtOf({ created_at: event['time'] });
  const at = known ?? before;
  const time = createdAt === undefined ? new Date(at).toISOString() : '';
  const bare = bareMetadata(typeof said === 'string' ? said : workspaceGid);
  const framedEvent = framed(data, detailType, time, bare);
  return { event: framedEvent, gid, at, isOdd: false, isUntimed: known === undefined };
}

/** As the poller does before an event goes on the bus. */
const redact = redactor(DEFAULT_REDACT_PATHS);
const NO_GID = 'it has no usable gid';

let lastMetadata: EventMetadata | undefined;

/** Whether an event was history when it was published, or is from a replay, makes no difference to what it shows. */
function bareMetadata(workspaceGid: string): EventMetadata {
  if (lastMetadata?.workspaceGid !== workspaceGid) {
    lastMetadata = { schemaVersion: SCHEMA_VERSION, workspaceGid, origin: 'live', publishedAt: '' };
  }
  return lastMetadata;
}

/** The same type is the same string, by which what is known of it is found sooner. */
const oneType = remembered((type) => detailTypeOf({ event_type: type }));

function typeOf(data: Record<string, unknown>): string {
  const type = data['event_type'];
  return typeof type === 'string' ? oneType(type) : detailTypeOf(data);
}

const NO_RESOURCES: readonly string[] = [];

function framed(
  data: Record<string, unknown>,
  detailType: string,
  time: string,
  metadata: EventMetadata,
): BusEvent {
  return {
    version: '0',
    id: '',
    'detail-type': detailType,
    source: AUDIT_LOG_SOURCE,
    account: '',
    time,
    region: '',
    resources: NO_RESOURCES,
    detail: { metadata, data: data as AuditLogEvent },
  };
}
