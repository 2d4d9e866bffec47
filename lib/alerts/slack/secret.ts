// The secret of the Slack notifier, as people fill it in: an incoming webhook's address or a bot's token, bare or in JSON.
// Both are credentials: they appear in no log line and no error.
import { parseWebhook } from './webhook.ts';

export type SlackCredential =
  | { readonly kind: 'webhook'; readonly url: string }
  | { readonly kind: 'bot'; readonly token: string }
  | { readonly kind: 'none'; readonly problem: string };

/** Bot tokens; with token rotation on they begin with xoxe. (docs.slack.dev/authentication/tokens, November 2026). */
const BOT_TOKEN = /^(xoxb-|xoxe\.xoxb-)\S+$/;
/** Tokens of people and apps, which an alert must not be posted with. */
const OTHER_TOKEN = /^(xox|xapp-)/;

/** @param secret undefined while nobody has set one */
export function parseSlackSecret(secret: string | undefined): SlackCredential {
  const text = secret?.trim() ?? '';
  const token = tokenIn(text);
  if (BOT_TOKEN.test(token)) return { kind: 'bot', token };
  if (OTHER_TOKEN.test(token)) {
    return { kind: 'none', problem: 'its token is not a bot token, which begins with xoxb-' };
  }
  const webhook = parseWebhook(text);
  return 'url' in webhook
    ? { kind: 'webhook', url: webhook.url }
    : { kind: 'none', problem: webhook.problem };
}

function tokenIn(text: string): string {
  if (!text.startsWith('{')) return text;
  try {
    const { botToken, token } = JSON.parse(text) as Record<string, unknown>;
    const given = botToken ?? token ?? '';
    return typeof given === 'string' ? given.trim() : '';
  } catch {
    return text;
  }
}
