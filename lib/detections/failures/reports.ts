// Says on the bus which detection's own code fails: once an hour for each, from each instance of a function. Counting is
// metric.ts's; the messages that failed come again and end among the dead letters.
import { operationalEntry } from '../../bus/envelope.ts';
import type { BusEntry, Publisher } from '../../bus/publisher-port.ts';
import type { Clock } from '../../clock.ts';
import { OPERATIONAL_DETAIL_TYPES } from '../../contract/sources.ts';
import type { Log } from '../../log.ts';
import type { DetectMetrics } from '../detect.ts';

const EVERY_MS = 60 * 60_000;

export interface FailureReportDeps {
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly log: Log;
  readonly count: (detectionId: string) => void;
}

export class FailureReports implements DetectMetrics {
  readonly #deps: FailureReportDeps;
  /** Monotonic milliseconds of the last report, by detection. */
  readonly #reportedAt = new Map<string, number>();
  #pending = new Map<string, BusEntry>();

  constructor(deps: FailureReportDeps) {
    this.#deps = deps;
  }

  detectionFailed(detectionId: string, workspaceGid: string): void {
    this.#deps.count(detectionId);
    const { clock } = this.#deps;
    const last = this.#reportedAt.get(detectionId);
    if (last !== undefined && clock.monotonic() - last < EVERY_MS) return;
    const data = {
      code: 'detection.failing',
      message: `The detection ${detectionId} fails on an event that it matched. Its messages are tried again and then kept as dead letters; other detections go on.`,
      detectionId,
    };
    const context = { workspaceGid, publishedAt: clock.now() };
    this.#pending.set(
      detectionId,
      operationalEntry(OPERATIONAL_DETAIL_TYPES.detectionFailing, data, context),
    );
  }

  /** Sends what is due. Never rejects for what the bus answers: what was not taken is reported at the next failure. */
  async publish(): Promise<void> {
    if (this.#pending.size === 0) return;
    const pending = [...this.#pending];
    this.#pending = new Map();
    const { published, failure } = await this.#deps.publisher.publish(
      pending.map(([, entry]) => entry),
    );
    for (const [at, [detectionId]] of pending.entries()) {
      if (published[at]) this.#reportedAt.set(detectionId, this.#deps.clock.monotonic());
    }
    if (failure !== undefined) {
      this.#deps.log.warn('a report could not be published', { code: failure.code });
    }
  }
}
