// Slack's incoming webhook: its address as people fill it in (bare, or JSON with it), and posting to it with Node's own
// fetch. The address is a credential: it appears in no log line and no error.
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (October 2026)
import { isSafeAddress } from '../../safe-address.ts';
import type { Delivery } from '../delivery/sink-port.ts';
import { judgeStatus, unreachable } from './answer.ts';

export type Webhook = { readonly url: string } | { readonly problem: string };

/** @param secret undefined while nobody has set one */
export function parseWebhook(secret: string | undefined): Webhook {
  const text = addressIn(secret?.trim() ?? '');
  if (text === '') return { problem: 'it has no value yet' };
  if (!URL.canParse(text)) return { problem: 'its value is no address' };
  return isSafeAddress(text)
    ? { url: text }
    : { problem: 'its address does not begin with https://' };
}

function addressIn(text: string): string {
  if (!text.startsWith('{')) return text;
  try {
    const { url, webhookUrl } = JSON.parse(text) as Record<string, unknown>;
    const address = url ?? webhookUrl ?? '';
    return typeof address === 'string' ? address.trim() : 'not a text';
  } catch {
    return text;
  }
}

/** @param now milliseconds since the epoch, for a Retry-After that is a date */
export async function postToWebhook(
  url: string,
  body: string,
  timeoutMs: number,
  now: number,
): Promise<Delivery> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = await response.text();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return unreachable(error.name === 'TimeoutError');
  }
  if (response.ok) return { outcome: 'delivered' };
  return judgeStatus(response.status, response.headers.get('retry-after'), text, now);
}
