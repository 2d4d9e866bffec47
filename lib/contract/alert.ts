// The alert as it stands on the bus, in the table and in every message: the second public contract.
import * as z from 'zod';

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const;
export const severitySchema = z.enum(SEVERITIES);
export type Severity = z.infer<typeof severitySchema>;

export const alertStatusSchema = z.enum(['active', 'staged', 'suppressed']);
export type AlertStatus = z.infer<typeof alertStatusSchema>;

/** Whom or what an alert is about. `label` is for people (attacker-controlled text), `id` is stable. */
export const entitySchema = z.object({ type: z.string(), id: z.string(), label: z.string() });
export type Entity = z.infer<typeof entitySchema>;

/**
 * One thing a matching event came with. `field` is the event's dotted path (`context.client_ip_address`,
 * `context.user_agent`, `context.oauth_app_name`, `resource.gid`, `actor.gid`; more may come), `value` what stood there,
 * `label` a name for people. All of it may be attacker-controlled text.
 */
export const contextValueSchema = z.object({
  field: z.string(),
  value: z.string(),
  label: z.string().optional(),
});
export type ContextValue = z.infer<typeof contextValueSchema>;

export const alertSchema = z
  .object({
    alertId: z.string(),
    /** 1 when opened, one more with each update: orders and dedupes what sinks see. */
    revision: z.number().int().positive(),
    detectionId: z.string(),
    detectionVersion: z.number().int().positive(),
    title: z.string(),
    /** One sentence about the event that opened the alert. Holds text from Asana, so escape it. */
    summary: z.string(),
    severity: severitySchema,
    status: alertStatusSchema,
    /** The suppression that covers every match of it, where `status` is `suppressed`. */
    suppressionId: z.string().optional(),
    workspaceGid: z.string(),
    entity: entitySchema,
    /** Matching events so far. */
    count: z.number().int().positive(),
    /** ISO 8601 UTC: created_at of the oldest and newest matching event. */
    firstSeen: z.string(),
    lastSeen: z.string(),
    /** ISO 8601 UTC: when the alert was first raised; `detectedAt - firstSeen` is how late it was found. */
    detectedAt: z.string(),
    /** The first ten gids in event order, at most. */
    eventGids: z.array(z.string()).max(10),
    /** What the matching events came with, in the order it was first seen: at most five values of a field. */
    contextSeen: z.array(contextValueSchema).optional(),
    /** Those of `contextSeen` that no revision before had, over all matches this one tells; absent where there are none. */
    newContext: z.array(contextValueSchema).optional(),
    /**
     * ISO 8601 UTC: when the alert was closed, its window over after more came. Absent before, and for good where nothing
     * but the opening came. A revision after it only corrects what it says: an event was very late.
     */
    closedAt: z.string().optional(),
    eventType: z.string(),
    /** actor, resource, context and details of the event that opened the alert, as Asana sent them (redactions aside). */
    actor: z.unknown().optional(),
    resource: z.unknown().optional(),
    context: z.unknown().optional(),
    details: z.unknown().optional(),
    /** MITRE ATT&CK technique ids. */
    attack: z.array(z.string()),
    triage: z.array(z.string()),
    falsePositives: z.string(),
    runbookUrl: z.string(),
    /** A person sends it to see whether alerts arrive: nothing has happened, and nobody need act. */
    test: z.literal(true).optional(),
  })
  .loose();
export type Alert = z.infer<typeof alertSchema>;

export const alertDetailSchema = z.object({
  metadata: z.object({
    schemaVersion: z.literal('1'),
    workspaceGid: z.string(),
    publishedAt: z.string(),
  }),
  data: alertSchema,
});
export type AlertDetail = z.infer<typeof alertDetailSchema>;
