// Turns audit log events into entries for the bus: the envelope of lib/contract/bus-event.ts. Pure.
import { createdAtOf, cutForm, eventTypeOf } from '../asana/event.ts';
import type { EventMetadata, Origin } from '../contract/bus-event.ts';
import type { Operational } from '../contract/operational.ts';
import {
  AUDIT_LOG_SOURCE,
  MAX_DETAIL_TYPE_CHARACTERS,
  type OperationalDetailType,
  POLLER_SOURCE,
  SCHEMA_VERSION,
  UNKNOWN_DETAIL_TYPE,
} from '../contract/sources.ts';
import type { BusEntry } from './publisher-port.ts';

/** 240 KB: SNS, Lambda's asynchronous calls and older SQS queues take 256 KB, frame and transformers included. */
export const DEFAULT_MAX_EVENT_BYTES = 240 * 1024;
/** EventBridge's own frame round the detail: version, id, account, time, region and punctuation, rounded up. */
const FRAME_BYTES = 512;

/** What all events of one page share. */
export interface EnvelopeContext {
  readonly workspaceGid: string;
  /** Epoch milliseconds: events created before it are history. */
  readonly liveFrom: number;
  /** Epoch milliseconds. */
  readonly publishedAt: number;
}

export interface Envelope {
  readonly entry: BusEntry;
  /** Bytes of what a target receives. */
  readonly deliveredBytes: number;
}

/** @param redacted paths that were redacted in this event */
export function envelope(
  event: Record<string, unknown>,
  redacted: readonly string[],
  context: EnvelopeContext,
): Envelope {
  return sealed(event, event, context, redacted.length === 0 ? {} : { redacted: [...redacted] });
}

/** The form that goes on the bus in place of an event whose whole is in quarantine at `uri`. */
export function cutEnvelope(
  event: Record<string, unknown>,
  redacted: readonly string[],
  context: EnvelopeContext,
  uri: string,
): Envelope {
  const extra = redacted.length === 0 ? {} : { redacted: [...redacted] };
  return sealed(event, cutForm(event), context, { ...extra, quarantine: uri });
}

function sealed(
  event: Record<string, unknown>,
  data: Record<string, unknown>,
  context: EnvelopeContext,
  extra: Partial<EventMetadata>,
): Envelope {
  const createdAt = createdAtOf(event);
  const all = createdAt === undefined ? { ...extra, createdAtMissing: true as const } : extra;
  const metadata = metadataText(originOf(createdAt, context.liveFrom), context, all);
  const detail = `{"metadata":${metadata},"data":${JSON.stringify(data)}}`;
  const detailBytes = Buffer.byteLength(detail);
  const detailType = detailTypeOf(event);
  const time = createdAt ?? context.publishedAt;
  return {
    entry: { source: AUDIT_LOG_SOURCE, detailType, time, detail, detailBytes },
    deliveredBytes: detailBytes + Buffer.byteLength(detailType) + FRAME_BYTES,
  };
}

/** By context and origin: nearly all events of a page share the text. */
const sharedTexts = new WeakMap<EnvelopeContext, Partial<Record<Origin, string>>>();

function metadataText(
  origin: Origin,
  context: EnvelopeContext,
  extra: Partial<EventMetadata>,
): string {
  const shared = sharedTexts.get(context) ?? {};
  const isShared = Object.keys(extra).length === 0;
  const known = isShared ? shared[origin] : undefined;
  if (known !== undefined) return known;
  const metadata: EventMetadata = {
    schemaVersion: SCHEMA_VERSION,
    workspaceGid: context.workspaceGid,
    origin,
    publishedAt: new Date(context.publishedAt).toISOString(),
    ...extra,
  };
  const text = JSON.stringify(metadata);
  if (isShared) sharedTexts.set(context, { ...shared, [origin]: text });
  return text;
}

/** An event whose age nobody knows is live: better an alert too many than one too few. */
function originOf(createdAt: number | undefined, liveFrom: number): Origin {
  return createdAt !== undefined && createdAt < liveFrom ? 'backfill' : 'live';
}

/** The detail type of an event: its own type, unless that is none or too long. */
export function detailTypeOf(event: Record<string, unknown>): string {
  // A cut through a surrogate pair, or a lone one from Asana, is no text that EventBridge takes.
  return (eventTypeOf(event) ?? UNKNOWN_DETAIL_TYPE)
    .slice(0, MAX_DETAIL_TYPE_CHARACTERS)
    .toWellFormed();
}

/** @returns an operational event as an entry; `data` must hold no personal data */
export function operationalEntry(
  type: OperationalDetailType,
  data: Operational,
  context: Pick<EnvelopeContext, 'workspaceGid' | 'publishedAt'>,
): BusEntry {
  const metadata = {
    schemaVersion: SCHEMA_VERSION,
    workspaceGid: context.workspaceGid,
    publishedAt: new Date(context.publishedAt).toISOString(),
  };
  return {
    source: POLLER_SOURCE,
    detailType: type,
    time: context.publishedAt,
    detail: JSON.stringify({ metadata, data }),
  };
}
