// The life of an alert as one Slack message: posted once, edited as it goes on, new context told in its thread.
// What is remembered of it lies with the claim, which also keeps two copies of the notifier apart.
import * as z from 'zod';
import { type Alert, type ContextValue, contextValueSchema } from '../../contract/alert.ts';
import type { Delivery, Notice, SinkMemory } from '../delivery/sink-port.ts';
import { contextMessage, slackMessage } from './message.ts';
import type { PostedMessage, SlackApi } from './web-api.ts';

/** At most one reply in so long: a thread is for reading, not for watching. */
export const REPLY_INTERVAL_MS = 5 * 60_000;
/** Refusals of an edit that leave nothing to edit, or nobody allowed to: no reason to wake anyone. */
const GONE: ReadonlySet<string> = new Set(['slack.message_not_found', 'slack.thread_not_found']);
const NOT_EDITABLE: ReadonlySet<string> = new Set([
  'slack.cant_update_message',
  'slack.edit_window_closed',
]);

const memorySchema = z.object({
  channel: z.string(),
  ts: z.string(),
  /** The revision the message shows. */
  revision: z.number(),
  /** When the last reply was posted. */
  repliedAt: z.number().optional(),
  /** What the message or the thread has told, as `keyOf` names it. */
  told: z.array(z.string()),
  /** What waits for the next reply, of the newest revision that waits: whichever comes back first tells all of it. */
  waiting: z
    .object({
      revision: z.number(),
      count: z.number(),
      firstSeen: z.string(),
      lastSeen: z.string(),
      contextSeen: z.array(contextValueSchema),
    })
    .optional(),
  /** Somebody removed the message: nothing more is said. */
  gone: z.boolean().optional(),
});
type Memory = z.infer<typeof memorySchema>;

/** @param channel where a message that is not posted yet goes */
export async function deliverToThread(
  notice: Notice,
  remembered: SinkMemory,
  channel: string,
  api: SlackApi,
  now: number,
): Promise<Delivery> {
  const read = memorySchema.safeParse(remembered);
  if (!read.success) return post(notice, channel, api);
  const memory = read.data;
  if (memory.gone === true) return { outcome: 'delivered' };
  const edited = await edit(notice, memory, api);
  if ('outcome' in edited) return edited;
  return reply(notice.alert, edited, api, now);
}

async function post(notice: Notice, channel: string, api: SlackApi): Promise<Delivery> {
  const answer = await api.post(channel, slackMessage(notice));
  if (answer.outcome !== 'taken') return answer;
  const { alert } = notice;
  const memory: Memory = {
    ...answer.message,
    revision: alert.revision,
    told: (alert.contextSeen ?? []).map(keyOf),
  };
  return { outcome: 'delivered', memory };
}

/** @returns what is remembered from now on, or how the delivery ends here */
async function edit(notice: Notice, memory: Memory, api: SlackApi): Promise<Memory | Delivery> {
  const { revision } = notice.alert;
  if (revision <= memory.revision) return memory;
  const answer = await api.update(place(memory), slackMessage(notice));
  if (answer.outcome === 'taken') return { ...memory, revision };
  if (answer.outcome === 'retry') return answer;
  if (GONE.has(answer.reason)) return { outcome: 'delivered', memory: { ...memory, gone: true } };
  if (NOT_EDITABLE.has(answer.reason)) return { ...memory, revision };
  return answer;
}

async function reply(
  given: Alert,
  { waiting, ...memory }: Memory,
  api: SlackApi,
  now: number,
): Promise<Delivery> {
  const alert =
    waiting === undefined || waiting.revision < given.revision ? given : { ...given, ...waiting };
  const told = new Set(memory.told);
  const fresh = (alert.contextSeen ?? []).filter((value) => !told.has(keyOf(value)));
  if (fresh.length === 0) return { outcome: 'delivered', memory };
  const wait = (memory.repliedAt ?? Number.NEGATIVE_INFINITY) + REPLY_INTERVAL_MS - now;
  if (wait > 0) {
    const { revision, count, firstSeen, lastSeen, contextSeen = [] } = alert;
    const newest = { revision, count, firstSeen, lastSeen, contextSeen };
    return {
      outcome: 'delivered',
      memory: { ...memory, waiting: newest },
      againAfterSeconds: wait / 1_000,
    };
  }
  const answer = await api.post(memory.channel, contextMessage(alert, fresh), memory.ts);
  if (answer.outcome === 'refused' && GONE.has(answer.reason)) {
    return { outcome: 'delivered', memory: { ...memory, gone: true } };
  }
  if (answer.outcome !== 'taken') return { ...answer, memory: { ...memory, waiting } };
  return {
    outcome: 'delivered',
    memory: { ...memory, repliedAt: now, told: [...memory.told, ...fresh.map(keyOf)] },
  };
}

function place({ channel, ts }: Memory): PostedMessage {
  return { channel, ts };
}

const keyOf = ({ field, value }: ContextValue) => `${field} ${value}`;
