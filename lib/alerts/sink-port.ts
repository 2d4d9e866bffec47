// What a notifier asks of a sink. Slack and SNS have one each; claims, queue and dead letters are none of a sink's business.
import type { Alert } from '../contract/alert.ts';

/** What became of one attempt to deliver. `reason` is short, stable and holds neither secrets nor personal data. */
export type Delivery =
  | { readonly outcome: 'delivered' }
  /** A passing failure. `afterSeconds` is the sink's own wish (Retry-After); absent leaves it to our backoff. */
  | { readonly outcome: 'retry'; readonly reason: string; readonly afterSeconds?: number }
  /** Sending this again can never help. */
  | { readonly outcome: 'refused'; readonly reason: string };

export interface Sink {
  /** Stable: part of the key of a claim. */
  readonly name: string;
  /**
   * Asked once a batch. A sink that nobody has set up yet says what to do about it; nothing is delivered then.
   * @throws when it cannot tell, for example because Secrets Manager does not answer
   */
  prepare(): Promise<{ readonly ready: true } | { readonly ready: false; readonly todo: string }>;
  /** Never rejects for what the other side answers. Takes well under `CLAIM_LEASE_MS`. */
  deliver(alert: Alert): Promise<Delivery>;
}
