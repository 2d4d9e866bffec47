// Operator events: what people did to this deployment with its commands: who, what, why. For an audit trail of their own.
import * as z from 'zod';

const texts = z.array(z.string());

/** A reasoned, owned, expiring exception: events that fit all conditions raise no alert that is delivered. */
export const suppressionSchema = z.object({
  id: z.string(),
  /** A detection's id, or `*` for all. */
  detectionId: z.string(),
  /** All that are there must hold, each by one of its values. Stable fields only: names can be chosen by an attacker. */
  conditions: z.object({
    /** `actor.gid` */
    actor: texts.optional(),
    /** `type:id` of whom or what the alert is about. */
    entity: texts.optional(),
    /** `details.app_gid`, or `resource.gid` of an app. */
    app: texts.optional(),
    /** Addresses and CIDR ranges, for `context.client_ip_address`. */
    ip: texts.optional(),
    /** `resource.gid` */
    resource: texts.optional(),
    workspace: texts.optional(),
  }),
  reason: z.string(),
  /** Who answers for it, as given: a person or a team. */
  owner: z.string(),
  /** Who ran the command: an ARN in AWS, the user of the operating system in a local run. */
  createdBy: z.string(),
  /** ISO 8601 UTC. From `expiresAt` on it covers nothing. */
  createdAt: z.string(),
  expiresAt: z.string(),
});
export type Suppression = z.infer<typeof suppressionSchema>;

export const operatorSchema = z
  .object({
    /** Stable and dotted, e.g. `suppression.added`: test this, not the message. */
    code: z.string(),
    /** For people: who did what and why. */
    message: z.string(),
    /** Who ran the command. */
    by: z.string(),
    reason: z.string(),
    /** What was added or removed. */
    suppression: suppressionSchema.optional(),
  })
  .loose();
export type Operator = z.infer<typeof operatorSchema>;

export const operatorDetailSchema = z.object({
  metadata: z.object({ schemaVersion: z.literal('1'), publishedAt: z.string() }),
  data: operatorSchema,
});
