// What is delivered where: the deployment's settings for Slack and SNS, as the CDK app checks them and the notifiers
// read them back. Which alert goes where by them is lib/alerts/delivery/rules.ts.
import * as z from 'zod';
import { severitySchema } from './alert.ts';

/** New alerts a minute that are told one by one; what is above that comes as one message. */
export const DEFAULT_NEW_ALERTS_PER_MINUTE = 30;
/** A function's environment holds 4 KB in all. */
export const MAX_DELIVERY_BYTES = 2_000;

/** A channel's id: names can be taken by another channel, and editing a message takes ids only. */
const channel = z.string().regex(/^[CGD][A-Z0-9]{6,20}$/);
/** A detection's id, or the beginning of some: `asana.export.*`. */
const detections = z
  .string()
  .max(64)
  .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*(\.\*)?$/);

const route = z
  .strictObject({
    severities: z.array(severitySchema).min(1).optional(),
    detections: z.array(detections).min(1).max(30).optional(),
    channel,
  })
  .refine((one) => one.severities !== undefined || one.detections !== undefined);

const common = {
  minimumSeverity: severitySchema.default('info'),
  newAlertsPerMinute: z.int().min(1).max(1_000).default(DEFAULT_NEW_ALERTS_PER_MINUTE),
};

export const deliverySchema = z.strictObject({
  slack: z
    .strictObject({
      ...common,
      channel: channel.optional(),
      /** The first that fits decides; where none does, `channel`. */
      routes: z.array(route).max(20).default([]),
    })
    .prefault({}),
  sns: z.strictObject(common).prefault({}),
});
export type Delivery = z.output<typeof deliverySchema>;
export type SlackDelivery = Delivery['slack'];
