// What the workers do with a batch: the very functions the Lambdas call, with the local queues in SQS's place.
import type { Claims } from '../alerts/delivery/claims.ts';
import { notifyBatch } from '../alerts/delivery/notify.ts';
import type { Sink } from '../alerts/delivery/sink-port.ts';
import type { Clock } from '../clock.ts';
import { type DetectDeps, detectBatch } from '../detections/detect.ts';
import { type Log, silentLog } from '../log.ts';
import type { DurableQueues, ReceivedMessage } from './queue.ts';
import type { BatchOutcome } from './worker.ts';

export type Handle = (batch: readonly ReceivedMessage[]) => Promise<BatchOutcome>;

/** As the detect function does. */
export function detectHandler(deps: Omit<DetectDeps, 'log'>): Handle {
  return async (batch) => {
    const reasons = new FailureReasons();
    const records = batch.map(({ id, body }) => ({ messageId: id, body }));
    const { batchItemFailures } = await detectBatch(records, { ...deps, log: reasons.log });
    return { failed: reasons.of(batch, batchItemFailures) };
  };
}

export interface NotifyHandlerDeps {
  readonly queues: DurableQueues;
  readonly claims: Claims;
  readonly sink: Sink;
  readonly clock: Clock;
  /** Hears why the sink did not take an alert. */
  readonly log: Log;
}

/** As a notifier function does. */
export function notifyHandler({ queues, log, ...deps }: NotifyHandlerDeps): Handle {
  return async (batch) => {
    const settled = new Set<string>();
    const reasons = new FailureReasons();
    const messages = batch.map(({ id, body, receipt, receives }) => ({
      messageId: id,
      receiptHandle: receipt,
      body,
      attributes: { ApproximateReceiveCount: String(receives) },
    }));
    const { batchItemFailures } = await notifyBatch(messages, {
      ...deps,
      queue: {
        async defer({ receiptHandle }, seconds) {
          settled.add(receiptHandle);
          queues.defer(receiptHandle, seconds * 1000);
        },
        async bury({ receiptHandle }, { reason = 'refused' }) {
          queues.deadLetter(receiptHandle, reason);
        },
      },
      log: { ...silentLog, warn: log.warn, error: reasons.log.error },
    });
    const failed = reasons.of(
      batch.filter(({ receipt }) => !settled.has(receipt)),
      batchItemFailures,
    );
    return { failed, settled };
  };
}

/** The functions say why a message failed to their log alone: this log keeps it, for the dead letter to carry. */
class FailureReasons {
  readonly #byMessage = new Map<string, string>();

  readonly log: Log = {
    ...silentLog,
    error: (message, fields = {}) => {
      const { messageId, messageIds, reason } = fields as {
        messageId?: string;
        messageIds?: string[];
        reason?: string;
      };
      for (const id of messageIds ?? (messageId === undefined ? [] : [messageId])) {
        this.#byMessage.set(id, reason ?? message);
      }
    },
  };

  of(
    batch: readonly ReceivedMessage[],
    failures: ReadonlyArray<{ itemIdentifier: string }>,
  ): ReadonlyMap<string, string> {
    const failed = new Set(failures.map(({ itemIdentifier }) => itemIdentifier));
    return new Map(
      batch
        .filter(({ id }) => failed.has(id))
        .map(({ id, receipt }) => [receipt, this.#byMessage.get(id) ?? 'unknown']),
    );
  }
}
