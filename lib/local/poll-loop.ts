// When the local run polls, and what each answer means for the run: go on, wait, or end and why.
// One poll is the poller's own; what is said about it comes back as words for whoever shows them.
import { REFUSAL_CODES } from '../asana/errors.ts';
import type { Clock } from '../clock.ts';
import type { AuditBusError } from '../errors.ts';
import type { Poller } from '../poller/poll.ts';
import type { RunSummary } from '../poller/summary.ts';

export type LoopEnd =
  | { readonly end: 'caught-up' }
  /** Asked to stop, or nobody reads any more. */
  | { readonly end: 'stopped' }
  | { readonly end: 'failed'; readonly code: string; readonly message: string };

export interface Totals {
  fetched: number;
  published: number;
  duplicates: number;
  quarantined: number;
  pages: number;
  polls: number;
}

export interface PollLoopOptions {
  readonly poller: Pick<Poller, 'run'>;
  readonly workspaceGid: string;
  /** End when caught up. */
  readonly once: boolean;
  readonly intervalSeconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of a failure that the next poll may not meet again, and `undefined` once one went well after it. */
  onTrouble(failure: { code: string; message: string } | undefined): void;
  /** Told of the first answer without anything new after some with. */
  onIdle(): void;
}

const LEASE_MS = 30_000;
const RENEW_LEASE_MS = 10_000;
/** One call of the poller; with more to fetch the next call goes on at once. */
const RUN_MS = 60_000;
/** `--once` ends when nothing new came for so long, whatever the API answers meanwhile. */
export const PATIENCE_MS = 90_000;
/** Failures of our own parts (a lease that ran out while the machine slept, say) that `--once` gets over. */
const OWN_FAILURES = 3;
const SHORT_WAIT_MS = 1_000;

export class PollLoop {
  readonly totals: Totals = {
    fetched: 0,
    published: 0,
    duplicates: 0,
    quarantined: 0,
    pages: 0,
    polls: 0,
  };
  readonly #options: PollLoopOptions;
  #progressAt: number;
  #ownFailures = 0;
  #troubled = false;
  #idle = false;

  constructor(options: PollLoopOptions) {
    this.#options = options;
    this.#progressAt = options.clock.monotonic();
  }

  async run(): Promise<LoopEnd> {
    const { poller, workspaceGid, clock, signal } = this.#options;
    for (;;) {
      if (signal.aborted) return { end: 'stopped' };
      const begun = clock.monotonic();
      const summary = await poller.run(workspaceGid, {
        deadline: begun + RUN_MS,
        leaseMs: LEASE_MS,
        renewLeaseMs: RENEW_LEASE_MS,
        signal,
      });
      this.#count(summary);
      if (signal.aborted || summary.outcome === 'stopped') return { end: 'stopped' };
      const verdict = this.#options.once ? this.#judgeOnce(summary) : this.#judge(summary, begun);
      if (typeof verdict !== 'number') return verdict;
      await clock.sleep(verdict, signal);
    }
  }

  /** @returns the end of the run, or milliseconds until the next poll */
  #judgeOnce(summary: RunSummary): LoopEnd | number {
    const { clock } = this.#options;
    const { outcome, failure, notBefore } = summary;
    if (outcome === 'caught-up') return { end: 'caught-up' };
    const patience = PATIENCE_MS - (clock.monotonic() - this.#progressAt);
    if (outcome === 'failed' && failure !== undefined) {
      this.#ownFailures += 1;
      const ours = failure.retryable && !failure.code.startsWith('asana.');
      return ours && this.#ownFailures <= OWN_FAILURES && patience > 0
        ? SHORT_WAIT_MS
        : failed(failure);
    }
    if (outcome === 'out-of-time' && patience > 0) return 0;
    const wait =
      notBefore === undefined ? SHORT_WAIT_MS : Date.parse(notBefore) - clock.now() + SHORT_WAIT_MS;
    if (wait < patience) return Math.max(SHORT_WAIT_MS, wait);
    return {
      end: 'failed',
      code: `poll.${outcome}`,
      message:
        notBefore === undefined
          ? `Nothing new came within ${PATIENCE_MS / 1000} s.`
          : `Asana asks to wait until ${notBefore}.`,
    };
  }

  #judge(summary: RunSummary, begun: number): LoopEnd | number {
    const { clock, intervalSeconds, onTrouble } = this.#options;
    const { outcome, failure, notBefore } = summary;
    if (failure !== undefined && REFUSAL_CODES.has(failure.code)) return failed(failure);
    if (failure !== undefined) {
      this.#troubled = true;
      onTrouble(failure);
    } else if (outcome === 'waiting') {
      this.#troubled = true;
      const until = notBefore === undefined ? '' : ` until ${notBefore}`;
      onTrouble({ code: 'asana.rate-limited', message: `Asana asks to wait${until}.` });
    } else if (this.#troubled) {
      this.#troubled = false;
      onTrouble(undefined);
    }
    const isIdle = outcome === 'caught-up' && summary.published === 0;
    if (isIdle && !this.#idle) this.#options.onIdle();
    if (outcome === 'caught-up') this.#idle = isIdle;
    if (outcome === 'out-of-time') return 0;
    return Math.max(0, begun + intervalSeconds * 1000 - clock.monotonic());
  }

  #count(summary: RunSummary): void {
    const { totals } = this;
    totals.polls += 1;
    totals.fetched += summary.fetched;
    totals.published += summary.published;
    totals.duplicates += summary.duplicates;
    totals.quarantined += summary.quarantined;
    totals.pages += summary.pages;
    // What a failed poll put aside it puts aside again the next time: that alone is no progress.
    const putAside = summary.outcome === 'failed' ? 0 : summary.quarantined;
    if (summary.published + putAside > 0) {
      this.#progressAt = this.#options.clock.monotonic();
      this.#ownFailures = 0;
    }
  }
}

function failed({ code, message }: AuditBusError): LoopEnd {
  return { end: 'failed', code, message };
}
