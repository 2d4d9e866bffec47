// Detections over a history in one thread, by the engines of the deployed path: one side, or two at once over the same
// events. A backtest is one such run, or several that share the detections.
import { Detector } from '../detections/detector.ts';
import { describeError } from '../errors.ts';
import { shownText } from '../text.ts';
import { AlertLog } from './alert-log.ts';
import { type HistoryCounts, type HistoryOptions, readHistory } from './history.ts';
import type { HistoryEvent } from './history-event.ts';
import type { Side } from './side.ts';
import { ThresholdGauge, type ThresholdReport } from './threshold-gauge.ts';

export interface Failures {
  /** How often the detection's own code failed, each time on one event. */
  count: number;
  /** Why, the first time. */
  readonly reason: string;
}

/** Of the first and the last event, milliseconds since the epoch; undefined without events. */
export type Span = { readonly from: number; readonly to: number } | undefined;

export interface SideOutcome {
  readonly alerts: AlertLog;
  /** By detection id. */
  readonly failures: ReadonlyMap<string, Failures>;
  /** By detection id. */
  readonly thresholds: ReadonlyMap<string, ThresholdReport>;
}

export interface Outcome {
  readonly counts: HistoryCounts;
  readonly span: Span;
  readonly sides: readonly SideOutcome[];
}

/**
 * The alerts' logs are the caller's to close.
 * @param check asked before each event; what it throws ends the run
 * @throws AuditBusError `history.invalid`, `history.temporary`, or EventPatternError for a pattern that EventBridge refuses
 */
export async function runSides(
  options: HistoryOptions,
  sides: readonly Side[],
  check: () => void = () => {},
): Promise<Outcome> {
  let runs: Run[] = [];
  let span: { from: number; to: number } | undefined;
  const close = () => {
    for (const run of runs) run.alerts.close();
  };
  try {
    const counts = await readHistory(options, () => {
      close();
      span = undefined;
      runs = sides.map((side) => new Run(side, options.sortBytes));
      return (event) => {
        check();
        // At 0 is what has no time, before any event that has one.
        if (span !== undefined) span.to = event.at;
        else if (event.at > 0) span = { from: event.at, to: event.at };
        for (const run of runs) run.take(event);
      };
    });
    for (const run of runs) run.finish();
    const spanMs = span === undefined ? 0 : span.to - span.from;
    return { counts, span, sides: runs.map((run) => run.outcome(spanMs)) };
  } catch (error) {
    close();
    throw error;
  }
}

class Run {
  readonly alerts: AlertLog;
  readonly #failures = new Map<string, Failures>();
  readonly #detector: Detector;
  readonly #gauges = new Map<string, ThresholdGauge>();

  constructor({ catalogue, windowMs, runbookBaseUrl }: Side, sortBytes: number | undefined) {
    const detector = new Detector(catalogue, {
      // All of it is history, and what it would have raised is what is asked.
      alertOnHistory: true,
      isOrdered: true,
      windowMs,
      runbookBaseUrl,
      onFailure: (id, error) => this.#failed(id, error),
      onPlaced: (placed) => this.#gauges.get(placed.group.detectionId)?.see(placed),
    });
    this.#detector = detector;
    const settleMs = new Map(detector.watches.map((watch) => [watch.detection.id, watch.settleMs]));
    this.alerts = new AlertLog((id) => settleMs.get(id) ?? 0, sortBytes);
    for (const watch of detector.watches) {
      const { detection } = watch;
      if (detection.kind !== 'threshold') continue;
      this.#gauges.set(detection.id, new ThresholdGauge(detection, watch.window.windowMs));
    }
  }

  take({ at, event }: HistoryEvent): void {
    const alerts = this.#detector.observe(event);
    if (alerts.length > 0) this.alerts.take(alerts);
    this.alerts.passed(at);
  }

  finish(): void {
    this.alerts.take(this.#detector.finish());
  }

  outcome(spanMs: number): SideOutcome {
    const thresholds = [...this.#gauges].map(([id, gauge]) => [id, gauge.report(spanMs)] as const);
    return { alerts: this.alerts, failures: this.#failures, thresholds: new Map(thresholds) };
  }

  #failed(id: string, error: unknown): void {
    const known = this.#failures.get(id);
    if (known !== undefined) known.count += 1;
    else this.#failures.set(id, { count: 1, reason: shownText(describeError(error), 300) });
  }
}
