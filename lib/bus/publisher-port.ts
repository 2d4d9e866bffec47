// What the poller and the alerts ask of a publisher. The PutEvents one is in put-events-publisher.ts.

/** One entry for the bus, its detail already JSON text so that it is measured and sent without a second encoding. */
export interface BusEntry {
  readonly source: string;
  readonly detailType: string;
  /** Milliseconds since the epoch; absent means the time of publishing. */
  readonly time?: number | undefined;
  /** A JSON object as text. */
  readonly detail: string;
  /** Bytes of the detail in UTF-8, where they were counted already. */
  readonly detailBytes?: number;
}

/** An entry that EventBridge refuses for itself, so that sending it again can never help. */
export interface PoisonEntry {
  readonly index: number;
  readonly code: string;
  readonly message: string;
}

export interface PublishResult {
  /** Per entry, in order: true once EventBridge has taken it. */
  readonly published: readonly boolean[];
  readonly poison: readonly PoisonEntry[];
  /** Entries sent again after a failure that was not theirs. */
  readonly retries: number;
  /** Why entries that are neither published nor poison are left; absent when none is. */
  readonly failure?: {
    readonly code: string;
    readonly message: string;
    readonly retryable: boolean;
  };
}

export interface PublishOptions {
  /** Asked before every request; false ends the publishing with what is unsent left over. */
  readonly maySend?: () => boolean;
  /** Asked before each entry's first request, with how many it holds: resolves when they may leave; undefined is at once. */
  readonly turn?: (entries: number) => Promise<void> | undefined;
  /** Told after each answer which entries EventBridge has taken so far, in order. */
  readonly onAnswer?: (published: readonly boolean[]) => void;
}

export interface Publisher {
  /** Never rejects for what EventBridge answers: every entry's fate is in the result. */
  publish(entries: readonly BusEntry[], options?: PublishOptions): Promise<PublishResult>;
}

/** For who publishes many at a time and has to know how many a death may double. */
export interface BulkPublisher extends Publisher {
  /** Entries that may be on their way at the same time, at most. */
  readonly entriesInFlight: number;
}
