// Waits until everything accepted has been delivered, or until delivering gets nowhere.
import type { Clock } from '../clock.ts';

/** Delivering counts as stuck when nothing was handled for so long. */
const SETTLE_PATIENCE_MS = 60_000;
const LOOK_MS = 20;

export interface Settling {
  isDrained(): boolean;
  handled(): number;
  /** A reader keeps output waiting: that is his time, and no lack of progress. */
  isOutputWaiting(): boolean;
}

/** @returns true when nothing is left, false when stuck or told to stop */
export async function settle(
  queues: Settling,
  clock: Clock,
  signal: AbortSignal,
): Promise<boolean> {
  let handled = queues.handled();
  let progressAt = clock.monotonic();
  while (!queues.isDrained()) {
    if (signal.aborted || clock.monotonic() - progressAt > SETTLE_PATIENCE_MS) return false;
    await clock.sleep(LOOK_MS, signal);
    if (queues.handled() !== handled || queues.isOutputWaiting()) {
      handled = queues.handled();
      progressAt = clock.monotonic();
    }
  }
  return true;
}
