// The event envelope on the bus: the public contract other teams build on.
// Says the shape only; lib/bus makes these.
import * as z from 'zod';

/** `live`: created at or after the workspace's `liveFrom`. `backfill`: history, which pages nobody by default. */
export const originSchema = z.enum(['live', 'backfill']);
export type Origin = z.infer<typeof originSchema>;

export const eventMetadataSchema = z
  .object({
    schemaVersion: z.literal('1'),
    workspaceGid: z.string(),
    origin: originSchema,
    /** ISO 8601 UTC with milliseconds: when the poller handed the event to the bus. */
    publishedAt: z.string(),
    /** Dotted paths below `data` that were redacted in this very event; absent when none was. */
    redacted: z.array(z.string()).optional(),
    /** S3 URI of the whole event, present when `data` is a cut form of it. */
    quarantine: z.string().optional(),
    /** True when Asana gave no readable `created_at`, so that `time` is the time of publishing. */
    createdAtMissing: z.literal(true).optional(),
  })
  .loose();
export type EventMetadata = z.infer<typeof eventMetadataSchema>;

/** Asana's AuditLogEvent. Only the fields we rely on are named, none but `gid` is promised, all others pass. */
export const auditLogEventSchema = z
  .object({
    gid: z.union([z.string(), z.number()]),
    created_at: z.unknown().optional(),
    event_type: z.unknown().optional(),
    event_category: z.unknown().optional(),
    actor: z.unknown().optional(),
    resource: z.unknown().optional(),
    details: z.unknown().optional(),
    context: z.unknown().optional(),
  })
  .loose();

/** The usual form of an audit log event, for code that has checked or does not care. Every field may be absent. */
export interface AuditLogEvent {
  readonly gid?: string;
  readonly created_at?: string;
  readonly event_type?: string;
  readonly event_category?: string;
  readonly actor?: Readonly<Record<string, unknown>>;
  readonly resource?: Readonly<Record<string, unknown>>;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export const auditLogDetailSchema = z.object({
  metadata: eventMetadataSchema,
  data: auditLogEventSchema,
});

/** What a rule's target receives (EventBridge's own frame). `TData` is `AuditLogEvent`, `Alert` or an operational detail. */
export interface BusEvent<TData = AuditLogEvent> {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** ISO 8601 UTC, whole seconds: EventBridge keeps no more. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  /** Present only on events that an EventBridge replay sends. */
  readonly 'replay-name'?: string;
  readonly detail: { readonly metadata: EventMetadata; readonly data: TData };
}
