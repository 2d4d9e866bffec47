// Posts alerts to a Slack incoming webhook with Node's own fetch, and says what Slack's answers mean.
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (October 2026)
import type { Clock } from '../clock.ts';
import type { Alert } from '../contract/alert.ts';
import { AuditBusError } from '../errors.ts';
import type { Delivery, Sink } from './sink-port.ts';
import { slackMessage } from './slack-message.ts';
import { parseWebhook } from './slack-webhook.ts';

/** Where the webhook's address comes from. `fresh` asks the store even when a value is remembered. */
export interface WebhookSource {
  read(fresh?: boolean): Promise<string | undefined>;
}

interface Options {
  readonly webhook: WebhookSource;
  readonly clock: Clock;
  /** Milliseconds for one request. */
  readonly timeoutMs?: number;
}

const PERMANENT: ReadonlySet<number> = new Set([400, 403, 404, 410]);
/** Refusals that a new webhook in the secret may mend. */
const MAY_BE_ROTATED: ReadonlySet<number> = new Set([403, 404, 410]);
/** Slack asks for at least this when it names no time. */
const DEFAULT_RETRY_AFTER_SECONDS = 30;

export class SlackSink implements Sink {
  readonly name = 'slack';
  readonly #webhook: WebhookSource;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  #url = '';

  constructor(options: Options) {
    this.#webhook = options.webhook;
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs ?? 5_000;
  }

  async prepare(): ReturnType<Sink['prepare']> {
    const webhook = parseWebhook(await this.#webhook.read());
    if ('url' in webhook) {
      this.#url = webhook.url;
      return { ready: true };
    }
    return {
      ready: false,
      todo: `the Slack webhook secret is not set up: ${webhook.problem}. Create an incoming webhook in Slack and put its address into the secret with "aws secretsmanager put-secret-value".`,
    };
  }

  async deliver(alert: Alert): Promise<Delivery> {
    const body = JSON.stringify(slackMessage(alert));
    const used = this.#url;
    const answer = await this.#post(used, body);
    if (answer.delivery.outcome !== 'refused' || !MAY_BE_ROTATED.has(answer.status)) {
      return answer.delivery;
    }
    const fresh = parseWebhook(await this.#webhook.read(true));
    if (!('url' in fresh) || fresh.url === used) return answer.delivery;
    this.#url = fresh.url;
    return (await this.#post(fresh.url, body)).delivery;
  }

  async #post(url: string, body: string): Promise<{ status: number; delivery: Delivery }> {
    let response: Response;
    let text: string;
    try {
      response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      text = await response.text();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const reason = error.name === 'TimeoutError' ? 'slack.timeout' : 'slack.unreachable';
      return { status: 0, delivery: { outcome: 'retry', reason } };
    }
    return { status: response.status, delivery: this.#judge(response, text) };
  }

  #judge(response: Response, text: string): Delivery {
    const { status } = response;
    if (response.ok) return { outcome: 'delivered' };
    if (status === 429) {
      const afterSeconds = this.#retryAfter(response.headers.get('retry-after'));
      return { outcome: 'retry', reason: 'slack.429', afterSeconds };
    }
    // Slack explains itself in one word such as invalid_blocks or no_service; anything longer is not Slack's.
    const word = /^[a-z_]{1,60}$/.exec(text.trim())?.[0];
    const reason = `slack.${status}${word === undefined ? '' : ` ${word}`}`;
    return PERMANENT.has(status) ? { outcome: 'refused', reason } : { outcome: 'retry', reason };
  }

  /** Seconds or a date, as HTTP allows. */
  #retryAfter(header: string | null): number {
    if (header === null) return DEFAULT_RETRY_AFTER_SECONDS;
    if (/^\s*\d+\s*$/.test(header)) return Number(header);
    const date = Date.parse(header);
    if (Number.isNaN(date)) return DEFAULT_RETRY_AFTER_SECONDS;
    return Math.max(0, Math.ceil((date - this.#clock.now()) / 1_000));
  }
}

/** For a webhook that is configured outright, as in a local run. */
export function fixedWebhook(address: string): WebhookSource {
  const webhook = parseWebhook(address);
  if ('problem' in webhook) {
    throw new AuditBusError(
      'slack.webhook-invalid',
      `The Slack webhook cannot be used: ${webhook.problem}.`,
    );
  }
  return { read: async () => address };
}
