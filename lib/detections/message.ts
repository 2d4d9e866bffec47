// Reads messages of the detection queue: what the rules' input template makes. Whether the event matches is not asked.
import * as z from 'zod';
import { parseLossless } from '../asana/lossless-json.ts';
import { type BusEvent, originSchema } from '../contract/bus-event.ts';
import { AuditBusError } from '../errors.ts';

const messageSchema = z.object({
  detectionId: z.string(),
  event: z.looseObject({
    source: z.string(),
    'detail-type': z.string(),
    time: z.string(),
    detail: z.looseObject({
      metadata: z.looseObject({ workspaceGid: z.string(), origin: originSchema }),
      data: z.looseObject({}),
    }),
  }),
});

export interface DetectMessage {
  readonly detectionId: string;
  readonly event: BusEvent;
}

/** @throws AuditBusError `detect.message-malformed` */
export function parseMessage(body: string): DetectMessage {
  let content: unknown;
  try {
    content = parseLossless(body);
  } catch (cause) {
    throw new AuditBusError('detect.message-malformed', 'The message is not JSON.', { cause });
  }
  const parsed = messageSchema.safeParse(content);
  // As it came, not zod's copy of it.
  if (parsed.success) return content as DetectMessage;
  const where = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw new AuditBusError('detect.message-malformed', `The message lacks or misuses: ${where}.`);
}
