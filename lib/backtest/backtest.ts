// Detections over a history, by the engines of the deployed path: what they would have raised, in the end state of each alert,
// and what thresholds met. One run, or two at once over the same events, to be compared. Prints nothing.
import type { Alert } from '../contract/alert.ts';
import type { Detection } from '../detections/define.ts';
import { Detector } from '../detections/detector.ts';
import type { Onlooker } from '../detections/post.ts';
import type { Watch } from '../detections/watch.ts';
import { describeError } from '../errors.ts';
import { shownText } from '../text.ts';
import { AlertLog } from './alert-log.ts';
import { type Compared, compared } from './compare.ts';
import { type HistoryCounts, type HistoryOptions, readHistory } from './history.ts';
import type { HistoryEvent } from './history-event.ts';
import { ThresholdGauge, type ThresholdReport } from './threshold-gauge.ts';

/** Detections, as configuration has them, and what else decides their alerts. */
export interface Side {
  readonly catalogue: readonly Detection[];
  /** Milliseconds. */
  readonly windowMs: number;
  readonly runbookBaseUrl: string;
}

export interface BacktestOptions extends HistoryOptions {
  readonly here: Side;
  /** What `here` is compared with. */
  readonly there?: Side;
}

export interface Failures {
  /** How often the detection's own code failed, each time on one event. */
  count: number;
  /** Why, the first time. */
  readonly reason: string;
}

export interface Backtest {
  readonly counts: HistoryCounts;
  /** Of the first and the last event, milliseconds since the epoch; undefined without events. */
  readonly span: { readonly from: number; readonly to: number } | undefined;
  /** By detection id, of both sides. */
  readonly failures: ReadonlyMap<string, Failures>;
  /** By detection id. */
  readonly thresholds: ReadonlyMap<string, ThresholdReport>;
  /** Each alert once, in its last state, in the order of its first event's time; with what it is compared, where it is. */
  alerts(): Iterable<Compared>;
  close(): void;
}

/** @throws AuditBusError `history.invalid`, `history.temporary`, or EventPatternError for a pattern that EventBridge refuses */
export async function backtest(options: BacktestOptions): Promise<Backtest> {
  const { here, there, sortBytes } = options;
  let sides: Run[] = [];
  let span: { from: number; to: number } | undefined;
  const close = () => {
    for (const side of sides) side.close();
  };
  try {
    const counts = await readHistory(options, () => {
      close();
      span = undefined;
      sides = [new Run(here, sortBytes), ...(there ? [new Run(there, sortBytes)] : [])];
      return (event) => {
        // At 0 is what has no time, before any event that has one.
        if (span !== undefined) span.to = event.at;
        else if (event.at > 0) span = { from: event.at, to: event.at };
        for (const side of sides) side.take(event);
      };
    });
    for (const side of sides) side.finish();
    const [ours, theirs] = sides as [Run, Run?];
    return {
      counts,
      span,
      failures: new Map([...(theirs?.failures ?? []), ...ours.failures]),
      thresholds: ours.thresholds(span === undefined ? 0 : span.to - span.from),
      alerts: () =>
        theirs === undefined
          ? asKept(ours.alerts.sorted())
          : compared(ours.alerts.sorted(), theirs.alerts.sorted()),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function* asKept(alerts: Iterable<Alert>): Generator<Compared> {
  for (const alert of alerts) yield { alert, is: 'kept' };
}

/** Events that are looked at in one go. With twice as many V8 takes events for long-lived, and collects them late. */
const BATCH = 64;

class Run {
  readonly alerts: AlertLog;
  readonly failures = new Map<string, Failures>();
  readonly #detector: Detector;
  readonly #gauges = new Map<string, ThresholdGauge>();
  readonly #batch: HistoryEvent[] = [];

  constructor({ catalogue, windowMs, runbookBaseUrl }: Side, sortBytes: number | undefined) {
    const detector = new Detector(catalogue, {
      // All of it is history, and what it would have raised is what is asked.
      alertOnHistory: true,
      isOrdered: true,
      windowMs,
      runbookBaseUrl,
      onFailure: (id, error) => this.#failed(id, error),
      onlooker: (watch) => this.#gauge(watch),
    });
    this.#detector = detector;
    const settleMs = new Map(detector.watches.map((watch) => [watch.detection.id, watch.settleMs]));
    this.alerts = new AlertLog((id) => settleMs.get(id) ?? 0, sortBytes);
  }

  take(event: HistoryEvent): void {
    this.#batch.push(event);
    if (this.#batch.length < BATCH) return;
    this.#work();
    this.alerts.passed(event.at, BATCH);
  }

  finish(): void {
    this.#work();
    this.alerts.take(this.#detector.finish());
  }

  #work(): void {
    this.alerts.take(this.#detector.observeAll(this.#batch));
    this.#batch.length = 0;
  }

  thresholds(spanMs: number): Map<string, ThresholdReport> {
    return new Map([...this.#gauges].map(([id, gauge]) => [id, gauge.report(spanMs)]));
  }

  close(): void {
    this.alerts.close();
  }

  #gauge({ detection, window }: Watch): Onlooker | undefined {
    if (detection.kind !== 'threshold') return undefined;
    const gauge = new ThresholdGauge(detection, window.windowMs);
    this.#gauges.set(detection.id, gauge);
    return (placed) => gauge.see(placed);
  }

  #failed(id: string, error: unknown): void {
    const known = this.failures.get(id);
    if (known !== undefined) known.count += 1;
    else this.failures.set(id, { count: 1, reason: shownText(describeError(error), 300) });
  }
}
