// Operational events: what the poller says about the feed itself, and detect about its detections. Other teams may alarm on
// them as we do.
import * as z from 'zod';

export const operationalSchema = z
  .object({
    /** Stable and dotted, e.g. `offset.expired`: test this, not the message. */
    code: z.string(),
    /** For people: what happened and what to do. Holds no personal data. */
    message: z.string(),
  })
  .loose();
export type Operational = z.infer<typeof operationalSchema>;

export const operationalDetailSchema = z.object({
  metadata: z.object({
    schemaVersion: z.literal('1'),
    workspaceGid: z.string(),
    publishedAt: z.string(),
  }),
  data: operationalSchema,
});
