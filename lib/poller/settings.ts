// What a poller can be told, and what it is told when nobody says anything.

import type { BulkPublisher } from '../bus/publisher-port.ts';
import type { QuarantineStore } from '../bus/quarantine.ts';
import type { Redactor } from '../bus/redaction.ts';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { CheckpointStore } from './checkpoint-store.ts';
import type { PageSource } from './page-reader.ts';
import type { PreparedEvent } from './prepare-page.ts';
import type { StartFrom } from './start-from.ts';

export interface PollerDependencies {
  readonly asana: PageSource;
  readonly publisher: BulkPublisher;
  readonly quarantine: QuarantineStore;
  readonly checkpoints: CheckpointStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Told of the events that are on the bus, page by page. @default - nobody is */
  readonly onPublished?: (events: readonly PreparedEvent[]) => void;
}

export interface PollerSettings {
  readonly startFrom: StartFrom;
  readonly redact: Redactor;
  readonly maxEventBytes: number;
  /** Undefined leaves the page size to Asana. */
  readonly pageLimit?: number | undefined;
  readonly skipUnreadable: boolean;
  readonly timings?: Partial<Timings>;
}

/** Milliseconds. The harness for faults runs them a hundred times shorter. */
export interface Timings {
  /** No page is begun and no request sent with less of the lease left than this. */
  readonly leaseMargin: number;
  /** Kept free at a run's end, on top of the longest page so far. */
  readonly stopMargin: number;
  /** At most this for one page, waits and retries included: past it the next run is the better retry. */
  readonly pageBudget: number;
  /**
   * Waited after taking a lease that was not given back. Who held it may live, where a clock is wrong: its next save is
   * refused, and it remembers what it has sent, for this run to read.
   */
  readonly handover: number;
}

export const DEFAULT_TIMINGS: Timings = {
  leaseMargin: 5_000,
  stopMargin: 5_000,
  pageBudget: 90_000,
  handover: 10_000,
};
