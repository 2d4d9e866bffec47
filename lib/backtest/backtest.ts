// Detections over a history, by the engines of the deployed path: what they would have raised, in the end state of each alert,
// and what thresholds met. No detection reads what another made, so threads can share them. Prints nothing.
import type { Alert } from '../contract/alert.ts';
import { type Compared, compared } from './compare.ts';
import type { HistoryCounts, HistoryOptions } from './history.ts';
import { type Failures, type Outcome, runSides, type SideOutcome, type Span } from './run.ts';
import { sampleOf, sharesOf } from './shares.ts';
import { partOf, type Side } from './side.ts';
import { Thread } from './thread.ts';
import type { ThresholdReport } from './threshold-gauge.ts';

export interface BacktestOptions extends HistoryOptions {
  readonly here: Side;
  /** What `here` is compared with. */
  readonly there?: Side;
  /** Threads that share the detections, this one among them; one where files can be read once only. @default 1 */
  readonly threads?: number;
  /** What a thread runs. @default - the module that is for it */
  readonly threadMain?: URL;
}

export interface Backtest {
  readonly counts: HistoryCounts;
  readonly span: Span;
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
  const { here, there } = options;
  const { counts, span, sides } = await inThreads(options, there ? [here, there] : [here]);
  const [ours, theirs] = sides as [SideOutcome, SideOutcome?];
  const failures = [...new Map([...(theirs?.failures ?? []), ...ours.failures])];
  return {
    counts,
    span,
    failures: new Map(failures.sort(([a], [b]) => (a < b ? -1 : 1))),
    thresholds: ours.thresholds,
    alerts: () =>
      theirs === undefined
        ? asKept(ours.alerts.sorted())
        : compared(ours.alerts.sorted(), theirs.alerts.sorted()),
    close: () => closeAll(sides),
  };
}

function* asKept(alerts: Iterable<Alert>): Generator<Compared> {
  for (const alert of alerts) yield { alert, is: 'kept' };
}

function closeAll(sides: readonly SideOutcome[]): void {
  for (const { alerts } of sides) alerts.close();
}

/** The outcome as of one run with all detections. */
async function inThreads(options: BacktestOptions, sides: readonly Side[]): Promise<Outcome> {
  const { here: _, there: __, threads: count = 1, threadMain, onProgress, ...rest } = options;
  const history = { ...rest, ...(onProgress === undefined ? {} : { onProgress }) };
  const most = Math.max(...sides.map(({ catalogue }) => catalogue.length));
  const parts = options.readable === 'once' ? 1 : Math.min(count, most);
  if (parts <= 1) return runSides(history, sides);
  const sample = await sampleOf(history);
  const shares = sides.map((side) => sharesOf(side, sample, parts));
  const idsOf = (side: number, part: number) => shares[side]?.[part] ?? new Set<string>();
  const threads = Array.from({ length: parts - 1 }, (_, index) => {
    const job = sides.map(({ source }, side) => ({ source, ids: idsOf(side, index + 1) }));
    return new Thread({ options: rest, sides: job }, threadMain);
  });
  try {
    const own = sides.map((side, index) => partOf(side, idsOf(index, 0)));
    const outcome = await runSides(history, own, () => {
      for (const { error } of threads) if (error !== undefined) throw error;
    });
    try {
      return await joined(outcome, threads);
    } catch (error) {
      closeAll(outcome.sides);
      throw error;
    }
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}

async function joined(own: Outcome, threads: readonly Thread[]): Promise<Outcome> {
  const sides = own.sides.map(({ alerts, failures, thresholds }) => ({
    alerts,
    failures: new Map(failures),
    thresholds: new Map(thresholds),
  }));
  for (const thread of threads) {
    for (const [index, theirs] of (await thread.outcome()).entries()) {
      for (const [id, failures] of theirs.failures) sides[index]?.failures.set(id, failures);
      for (const [id, report] of theirs.thresholds) sides[index]?.thresholds.set(id, report);
    }
    for await (const { side, alerts } of thread.alerts()) sides[side]?.alerts.add(alerts);
  }
  return { ...own, sides };
}
