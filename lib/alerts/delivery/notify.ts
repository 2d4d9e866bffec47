// Delivers a batch of alerts to one sink, and decides what becomes of each message: done, later, or a dead letter.
// Knows nothing of Lambda, Slack or SNS: the functions and the local run both call it. One alert's way is deliver.ts.
import type { Clock } from '../../clock.ts';
import { AuditBusError, describeError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { shownText } from '../../text.ts';
import { type DeliverDeps, deliverNotice, type Fate, notePutOff } from './deliver.ts';
import type { NotifierQueue, QueueMessage } from './notifier-queue.ts';
import { readAlarm } from './read-alarm.ts';
import { readNotice } from './read-notice.ts';
import type { Delivery, Notice } from './sink-port.ts';

export interface NotifyDeps extends DeliverDeps {
  readonly queue: NotifierQueue;
  readonly log: Log;
  readonly clock: Clock;
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
 * Each message is done (delivered, delivered before, not for sinks, buried with its reason, or for a sink that nobody has set
 * up) or among the failures, which SQS brings again: all of them where the sink is set up so that it cannot work. Rejects
 * only when the sink cannot say whether it is set up: then all come again.
 */
export async function notifyBatch(
  messages: readonly QueueMessage[],
  deps: NotifyDeps,
): Promise<NotifyResult> {
  const prepared = await deps.sink.prepare();
  if (!prepared.ready && !prepared.isAmiss) {
    deps.log.warn(`Nothing is delivered: ${prepared.todo}`, {
      sink: deps.sink.name,
      messages: messages.length,
    });
    return { batchItemFailures: [] };
  }
  const batch = new Batch(deps, prepared.ready && prepared.edits);
  if (!prepared.ready) {
    deps.log.error(`Nothing can be delivered: ${prepared.todo}`, { sink: deps.sink.name });
  }
  for (const message of messages) {
    await (prepared.ready ? batch.take(message) : batch.putOff(message));
  }
  deps.log.info('Notified.', { sink: deps.sink.name, ...batch.counts });
  return { batchItemFailures: [...batch.failed].map((itemIdentifier) => ({ itemIdentifier })) };
}

class Batch {
  readonly failed = new Set<string>();
  readonly counts = { delivered: 0, known: 0, ignored: 0, deferred: 0, buried: 0 };
  readonly #deps: NotifyDeps;
  readonly #edits: boolean;
  readonly #endsAt: number;
  /** Until when the sink has asked to be left alone; milliseconds of the wall clock. */
  #quietUntil = 0;

  constructor(deps: NotifyDeps, edits: boolean) {
    this.#deps = deps;
    this.#edits = edits;
    this.#endsAt = deps.clock.monotonic() + BATCH_BUDGET_MS;
  }

  take(message: QueueMessage): Promise<void> {
    return this.#guarded(message, () => this.#handle(message));
  }

  /** For a sink that takes nothing at all for now. */
  putOff(message: QueueMessage): Promise<void> {
    return this.#guarded(message, async () => {
      const notice = readNotice(message.body);
      await this.#defer(message, this.#backoff(message));
      if (typeof notice === 'object') await this.#notePutOff(notice);
    });
  }

  async #guarded(message: QueueMessage, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.failed.add(message.messageId);
      this.#deps.log.error('A message failed and will come again.', {
        sink: this.#deps.sink.name,
        messageId: message.messageId,
        code: error instanceof AuditBusError ? error.code : 'notify.failed',
        reason: describeError(error),
      });
    }
  }

  async #handle(message: QueueMessage): Promise<void> {
    const { clock, sink } = this.#deps;
    const alarm = readAlarm(message.body);
    if (alarm !== undefined && sink.deliverAlarm !== undefined) {
      return this.#settleAlarm(message, await sink.deliverAlarm(alarm));
    }
    const notice = readNotice(message.body);
    if (notice === 'malformed') return this.#bury(message, 'notify.malformed', {});
    if (notice === 'not for sinks') {
      this.counts.ignored += 1;
      return;
    }
    const quiet = this.#quietUntil - clock.now();
    if (quiet > 0) {
      await this.#defer(message, quiet / 1_000);
      return this.#notePutOff(notice);
    }
    if (clock.monotonic() >= this.#endsAt) return this.#defer(message, 0);

    const { alertId, revision, detectionId } = notice.alert;
    const warn = (outcome: string, reason: string) =>
      this.#deps.log.warn('The sink did not take an alert.', {
        ...{ sink: this.#deps.sink.name, outcome, reason, alertId, revision, detectionId },
      });
    const fate = await deliverNotice(notice, this.#edits, this.#deps, async (reason) => {
      warn('refused', reason);
      await this.#bury(message, reason, { alertId, revision: String(revision), detectionId });
    });
    if (fate.outcome === 'later' && fate.reason !== undefined) warn('retry', fate.reason);
    return this.#settle(message, fate);
  }

  /** Claimed by nobody: one that comes twice is told twice. */
  async #settleAlarm(message: QueueMessage, delivery: Delivery): Promise<void> {
    if (delivery.outcome === 'refused') return this.#bury(message, delivery.reason, {});
    if (delivery.outcome === 'delivered') return this.#settle(message, { outcome: 'delivered' });
    const { afterSeconds } = delivery;
    const quiet = afterSeconds === undefined ? {} : { quietForSeconds: afterSeconds };
    return this.#settle(message, { outcome: 'later', ...quiet });
  }

  async #settle(message: QueueMessage, fate: Fate): Promise<void> {
    if (fate.outcome === 'buried') return;
    if (fate.outcome !== 'later') {
      this.counts[fate.outcome] += 1;
      return;
    }
    if (fate.quietForSeconds !== undefined) {
      this.#quietUntil = this.#deps.clock.now() + fate.quietForSeconds * 1_000;
    }
    await this.#defer(message, fate.afterSeconds ?? fate.quietForSeconds ?? this.#backoff(message));
  }

  async #notePutOff(notice: Notice): Promise<void> {
    if (!this.#edits) await notePutOff(notice, this.#deps);
  }

  async #defer(message: QueueMessage, seconds: number): Promise<void> {
    this.failed.add(message.messageId);
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
