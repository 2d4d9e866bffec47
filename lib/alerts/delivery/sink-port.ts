// What a notifier asks of a sink. Slack and SNS have one each; claims, queue and dead letters are none of a sink's business.
import type { Alert } from '../../contract/alert.ts';
import type { AlarmNotice } from './read-alarm.ts';
import type { RollUp } from './roll-up.ts';

/** What an event on the bus says of an alert. */
export interface Notice {
  readonly kind: 'opened' | 'updated' | 'closed';
  readonly alert: Alert;
}

/** What a sink must remember of an alert, kept with its claim: JSON, small. */
export type SinkMemory = Readonly<Record<string, unknown>>;

/** What became of one attempt to deliver. `reason` is short, stable and holds neither secrets nor personal data. */
export type Delivery =
  | {
      readonly outcome: 'delivered';
      readonly memory?: SinkMemory;
      /** Something of this notice is left for later: it comes again after so long. */
      readonly againAfterSeconds?: number;
    }
  /** A passing failure. `afterSeconds` is the sink's own wish (Retry-After); absent leaves it to our backoff. */
  | {
      readonly outcome: 'retry';
      readonly reason: string;
      readonly afterSeconds?: number;
      readonly memory?: SinkMemory;
    }
  /** Sending this again can never help. */
  | { readonly outcome: 'refused'; readonly reason: string; readonly memory?: SinkMemory };

export type Prepared =
  | {
      readonly ready: true;
      /**
       * True where all revisions of an alert are one message that the sink edits: it is then given each of them. False
       * where every notice is a message of its own: it is given the first and the last.
       */
      readonly edits: boolean;
    }
  | {
      readonly ready: false;
      readonly todo: string;
      /** Somebody has set it up, and not so that it can work: what comes waits until that is mended. */
      readonly isAmiss?: true;
    };

export interface Sink {
  /** Stable: part of the key of a claim. */
  readonly name: string;
  /**
   * Asked once a batch. A sink that nobody has set up says what to do about it; nothing is ever delivered of what comes then.
   * @throws when it cannot tell, for example because Secrets Manager does not answer
   */
  prepare(): Promise<Prepared>;
  /** Where the alert goes, for a sink with several places; '' for one with a single one. */
  destination(alert: Alert): string;
  /** Never rejects for what the other side answers. Takes well under `CLAIM_LEASE_MS`. */
  deliver(notice: Notice, memory: SinkMemory): Promise<Delivery>;
  /** One message instead of many. As `deliver`. */
  deliverRollUp(rollUp: RollUp): Promise<Delivery>;
  /** An alarm about another sink's deliveries. As `deliver`. @default - this sink takes none */
  deliverAlarm?(alarm: AlarmNotice): Promise<Delivery>;
}
