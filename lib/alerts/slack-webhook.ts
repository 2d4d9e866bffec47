// The secret that holds Slack's incoming webhook, as people fill it in: a bare address, or JSON with it.
// The address is a credential: it appears in no log line and no error.

export type Webhook = { readonly url: string } | { readonly problem: string };

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/;

/** @param secret undefined while nobody has set one */
export function parseWebhook(secret: string | undefined): Webhook {
  const text = addressIn(secret?.trim() ?? '');
  if (text === '') return { problem: 'it has no value yet' };
  if (!URL.canParse(text)) return { problem: 'its value is no address' };
  const { protocol, hostname } = new URL(text);
  if (protocol === 'https:' || (protocol === 'http:' && LOOPBACK.test(hostname))) {
    return { url: text };
  }
  return { problem: 'its address does not begin with https://' };
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
