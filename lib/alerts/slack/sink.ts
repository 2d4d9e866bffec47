// Slack as a sink: an incoming webhook that takes messages, or a bot that also edits them, as the secret says.
// What the messages hold is message.ts's, how an alert lives as one message thread.ts's.
import type { Clock } from '../../clock.ts';
import type { Alert } from '../../contract/alert.ts';
import type { SlackDelivery } from '../../contract/delivery.ts';
import { AuditBusError } from '../../errors.ts';
import type { AlarmNotice } from '../delivery/read-alarm.ts';
import type { RollUp } from '../delivery/roll-up.ts';
import { channelOf } from '../delivery/rules.ts';
import type { Delivery, Notice, Prepared, Sink, SinkMemory } from '../delivery/sink-port.ts';
import type { Digest } from '../digest/digest.ts';
import {
  alarmMessage,
  digestMessage,
  rollUpMessage,
  type SlackMessage,
  slackMessage,
} from './message.ts';
import { parseSlackSecret, type SlackCredential } from './secret.ts';
import { deliverToThread } from './thread.ts';
import { SLACK_API_URL, SlackWebApi } from './web-api.ts';
import { postToWebhook } from './webhook.ts';

/** Where the credential comes from. `fresh` asks the store even when a value is remembered. */
export interface CredentialSource {
  read(fresh?: boolean): Promise<string | undefined>;
}

interface Options {
  readonly credential: CredentialSource;
  readonly clock: Clock;
  /** Channels, for a bot. */
  readonly delivery?: Pick<SlackDelivery, 'channel' | 'routes'>;
  /** Slack's Web API, ends in a slash. */
  readonly apiUrl?: string;
  /** Milliseconds for one request. */
  readonly timeoutMs?: number;
}

/** Refusals that a new value in the secret may mend. */
const MAY_BE_ROTATED =
  /^slack\.(403|404|410|invalid_auth|not_authed|account_inactive|token_revoked|token_expired|missing_scope)\b/;
const NO_CHANNEL =
  'the Slack secret holds a bot token, and no channel is configured for it. Set delivery.slack.channel to the id of a channel and invite the bot there.';

type Connection = Exclude<SlackCredential, { kind: 'none' }>;

export class SlackSink implements Sink {
  readonly name = 'slack';
  readonly #options: Options;
  readonly #rules: Pick<SlackDelivery, 'channel' | 'routes'>;
  readonly #timeoutMs: number;
  #connection: Connection | undefined;
  #api: SlackWebApi | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.#rules = options.delivery ?? { channel: undefined, routes: [] };
    this.#timeoutMs = options.timeoutMs ?? 5_000;
  }

  async prepare(): Promise<Prepared> {
    const secret = await this.#options.credential.read();
    const credential = parseSlackSecret(secret);
    const amiss = secret === undefined ? {} : ({ isAmiss: true } as const);
    if (credential.kind === 'none') {
      return {
        ready: false,
        todo: `the Slack secret is not set up: ${credential.problem}. Create an incoming webhook in Slack, or a bot with the scope chat:write, and put its address or its token into the secret with "aws secretsmanager put-secret-value".`,
        ...amiss,
      };
    }
    if (credential.kind === 'bot' && this.#rules.channel === undefined) {
      return { ready: false, todo: NO_CHANNEL, ...amiss };
    }
    this.#use(credential);
    return { ready: true, edits: credential.kind === 'bot' };
  }

  /** A webhook has its one channel, which Slack knows. */
  destination(alert: Alert): string {
    return this.#connection?.kind === 'bot' ? (channelOf(alert, this.#rules) ?? '') : '';
  }

  deliver(notice: Notice, memory: SinkMemory): Promise<Delivery> {
    return this.#withFreshCredential(() =>
      this.#api === undefined
        ? this.#post(slackMessage(notice))
        : deliverToThread(
            notice,
            memory,
            this.destination(notice.alert),
            this.#api,
            this.#options.clock.now(),
          ),
    );
  }

  deliverRollUp(rollUp: RollUp): Promise<Delivery> {
    return this.#send(rollUp.destination, rollUpMessage(rollUp));
  }

  deliverAlarm(alarm: AlarmNotice): Promise<Delivery> {
    return this.#send(this.#rules.channel ?? '', alarmMessage(alarm));
  }

  /** Into the channel of all that no route says otherwise of. */
  deliverDigest(digest: Digest): Promise<Delivery> {
    return this.#send(this.#rules.channel ?? '', digestMessage(digest));
  }

  /** A message of its own, edited never. */
  #send(channel: string, message: SlackMessage): Promise<Delivery> {
    return this.#withFreshCredential(async () => {
      if (this.#api === undefined) return this.#post(message);
      const answer = await this.#api.post(channel, message);
      return answer.outcome === 'taken' ? { outcome: 'delivered' } : answer;
    });
  }

  #use(connection: Connection): void {
    if (sameConnection(this.#connection, connection)) return;
    this.#connection = connection;
    this.#api =
      connection.kind === 'bot'
        ? new SlackWebApi({
            token: connection.token,
            apiUrl: this.#options.apiUrl ?? SLACK_API_URL,
            clock: this.#options.clock,
            timeoutMs: this.#timeoutMs,
          })
        : undefined;
  }

  #post(message: SlackMessage): Promise<Delivery> {
    const url = this.#connection?.kind === 'webhook' ? this.#connection.url : '';
    return postToWebhook(url, JSON.stringify(message), this.#timeoutMs, this.#options.clock.now());
  }

  /** A credential that Slack refuses may have been replaced since it was read. */
  async #withFreshCredential(send: () => Promise<Delivery>): Promise<Delivery> {
    const used = this.#connection;
    const delivery = await send();
    if (delivery.outcome !== 'refused' || !MAY_BE_ROTATED.test(delivery.reason)) return delivery;
    const fresh = parseSlackSecret(await this.#options.credential.read(true));
    // Another kind of credential delivers otherwise: the next batch begins with it.
    if (fresh.kind === 'none' || fresh.kind !== used?.kind) return delivery;
    if (sameConnection(used, fresh)) return delivery;
    this.#use(fresh);
    return send();
  }
}

function sameConnection(one: Connection | undefined, other: Connection): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** For a credential that is configured outright, as in a local run. */
export function fixedCredential(value: string): CredentialSource {
  const credential = parseSlackSecret(value);
  if (credential.kind === 'none') {
    throw new AuditBusError(
      'slack.credential-invalid',
      `The Slack credential cannot be used: ${credential.problem}.`,
    );
  }
  return { read: async () => value };
}
