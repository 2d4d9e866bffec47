// Delivers a batch of alerts to one sink: claim, send, confirm; and decides what happens to what was not delivered.
// Knows nothing of Lambda, Slack or SNS: the functions and the local run both call it.

import { parseLossless } from '../asana/lossless-json.ts';
import type { Clock } from '../clock.ts';
import { type Alert, alertDetailSchema } from '../contract/alert.ts';
import { ALERT_DETAIL_TYPES, ALERT_SOURCE } from '../contract/sources.ts';
import { AuditBusError, describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import { shownText } from '../text.ts';
import type { Claims } from './claims.ts';
import type { NotifierQueue, QueueMessage } from './notifier-queue.ts';
import type { Sink } from './sink-port.ts';

export interface NotifyDeps {
  readonly sink: Sink;
  readonly claims: Claims;
  readonly queue: NotifierQueue;
  readonly clock: Clock;
  readonly log: Log;
  readonly random?: () => number;
}

export interface NotifyResult {
  readonly batchItemFailures: Array<{ itemIdentifier: string }>;
}

/** No delivery begins later than this into a batch: Lambda ends the function after 30 seconds. */
const BATCH_BUDGET_MS = 12_000;
const FIRST_BACKOFF_SECONDS = 15;
/** So that an alert is at most about as late again as the outage was long, and never later than an hour. */
const LONGEST_BACKOFF_SECONDS = 3_600;

/**
 * Each message is done (delivered, delivered before, not for sinks, or buried with its reason) or among the failures,
 * which SQS brings again. Rejects only when the sink cannot say whether it is set up: then all come again.
 */
export async function notifyBatch(
  messages: readonly QueueMessage[],
  deps: NotifyDeps,
): Promise<NotifyResult> {
  const prepared = await deps.sink.prepare();
  if (!prepared.ready) {
    deps.log.warn(`Nothing is delivered: ${prepared.todo}`, {
      sink: deps.sink.name,
      messages: messages.length,
    });
    return { batchItemFailures: [] };
  }
  const batch = new Batch(deps);
  for (const message of messages) await batch.take(message);
  deps.log.info('Notified.', { sink: deps.sink.name, ...batch.counts });
  return { batchItemFailures: batch.failed.map((itemIdentifier) => ({ itemIdentifier })) };
}

class Batch {
  readonly failed: string[] = [];
  readonly counts = { delivered: 0, known: 0, ignored: 0, deferred: 0, buried: 0 };
  readonly #deps: NotifyDeps;
  readonly #endsAt: number;
  /** Until when the sink has asked to be left alone; milliseconds of the wall clock. */
  #quietUntil = 0;

  constructor(deps: NotifyDeps) {
    this.#deps = deps;
    this.#endsAt = deps.clock.monotonic() + BATCH_BUDGET_MS;
  }

  async take(message: QueueMessage): Promise<void> {
    try {
      await this.#handle(message);
    } catch (error) {
      this.failed.push(message.messageId);
      this.#deps.log.error('A message failed and will come again.', {
        sink: this.#deps.sink.name,
        messageId: message.messageId,
        code: error instanceof AuditBusError ? error.code : 'notify.failed',
        reason: describeError(error),
      });
    }
  }

  async #handle(message: QueueMessage): Promise<void> {
    const { sink, claims, clock } = this.#deps;
    const read = readMessage(message.body);
    if (read.kind === 'malformed') return this.#bury(message, 'notify.malformed', {});
    if (read.kind === 'other') {
      this.counts.ignored += 1;
      return;
    }
    const { alert } = read;
    const quiet = this.#quietUntil - clock.now();
    if (quiet > 0) return this.#defer(message, quiet / 1_000);
    if (clock.monotonic() >= this.#endsAt) return this.#defer(message, 0);

    const claim = await claims.claim(alert, sink.name);
    if (claim.outcome === 'delivered') {
      this.counts.known += 1;
      return;
    }
    if (claim.outcome === 'held') return this.#defer(message, claim.leftMs / 1_000 + 1);

    const delivery = await sink.deliver(alert);
    if (delivery.outcome === 'delivered') {
      this.counts.delivered += 1;
      return claims.confirm(alert, sink.name);
    }
    const { reason } = delivery;
    const { alertId, revision, detectionId } = alert;
    this.#deps.log.warn('The sink did not take an alert.', {
      ...{ sink: sink.name, outcome: delivery.outcome, reason, alertId, revision, detectionId },
    });
    if (delivery.outcome === 'refused') {
      await this.#bury(message, reason, { alertId, revision: String(revision), detectionId });
      return claims.release(alert, sink.name, claim.token);
    }
    await claims.release(alert, sink.name, claim.token);
    if (delivery.afterSeconds !== undefined) {
      this.#quietUntil = clock.now() + delivery.afterSeconds * 1_000;
    }
    return this.#defer(message, delivery.afterSeconds ?? this.#backoff(message));
  }

  async #defer(message: QueueMessage, seconds: number): Promise<void> {
    this.failed.push(message.messageId);
    this.counts.deferred += 1;
    await this.#deps.queue.defer(message, seconds);
  }

  async #bury(
    message: QueueMessage,
    reason: string,
    attributes: Readonly<Record<string, string>>,
  ): Promise<void> {
    const sink = this.#deps.sink.name;
    await this.#deps.queue.bury(message, { reason: shownText(reason, 200), sink, ...attributes });
    this.counts.buried += 1;
    this.#deps.log.error('A message went to the dead-letter queue.', { sink, reason });
  }

  /** Doubles with every delivery of the message, with jitter in its upper half. */
  #backoff(message: QueueMessage): number {
    const received = Number(message.attributes?.ApproximateReceiveCount ?? 1) || 1;
    const full = Math.min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2 ** (received - 1));
    return full * (0.5 + (this.#deps.random ?? Math.random)() / 2);
  }
}

type ReadMessage =
  | { readonly kind: 'alert'; readonly alert: Alert }
  /** An event that is not for sinks: updated, staged, suppressed, from a replay, or no alert. */
  | { readonly kind: 'other' }
  | { readonly kind: 'malformed' };

/** The rule has checked all this; a message sent by hand or by an outdated rule has not. */
function readMessage(body: string): ReadMessage {
  let event: Record<string, unknown>;
  try {
    event = parseLossless(body) as Record<string, unknown>;
  } catch {
    return { kind: 'malformed' };
  }
  if (typeof event !== 'object' || event === null) return { kind: 'malformed' };
  if (event['source'] !== ALERT_SOURCE || event['detail-type'] !== ALERT_DETAIL_TYPES.opened) {
    return { kind: 'other' };
  }
  if (event['replay-name'] !== undefined) return { kind: 'other' };
  const detail = alertDetailSchema.safeParse(event['detail']);
  if (!detail.success) return { kind: 'malformed' };
  const alert = detail.data.data;
  return alert.status === 'active' ? { kind: 'alert', alert } : { kind: 'other' };
}
