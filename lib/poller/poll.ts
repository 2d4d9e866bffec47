// One run of the poller over one workspace: takes the lease, drains the log, releases, and says what happened.
import { AsanaError, CREDENTIAL_CODES } from '../asana/errors.ts';
import type { AuditBusError } from '../errors.ts';
import type { RunBudget } from './budget.ts';
import { type Checkpoint, noted, publishedUntil } from './checkpoint.ts';
import { LeaseLostError } from './checkpoint-store.ts';
import { Drain } from './drain.ts';
import { asFailure, reportOf } from './failure.ts';
import { type Lease, type TakenLease, takeLease } from './lease.ts';
import { EventUnreadableError } from './page-reader.ts';
import { Reports } from './reports.ts';
import {
  DEFAULT_TIMINGS,
  type PollerDependencies,
  type PollerSettings,
  type Timings,
} from './settings.ts';
import { type RunOutcome, type RunSummary, Tally } from './summary.ts';
import { nextPollAt, prolonged } from './tick.ts';

export class Poller {
  readonly #deps: PollerDependencies;
  readonly #settings: PollerSettings;
  readonly #timings: Timings;

  constructor(deps: PollerDependencies, settings: PollerSettings) {
    this.#deps = deps;
    this.#settings = settings;
    this.#timings = { ...DEFAULT_TIMINGS, ...settings.timings };
  }

  /** Never rejects: a failure is in the summary, with all that was done before it. */
  async run(workspaceGid: string, budget: RunBudget): Promise<RunSummary> {
    const { clock, log } = this.#deps;
    const begun = clock.monotonic();
    const run = new Run(this.#deps, this.#settings, this.#timings, workspaceGid, budget);
    const outcome = await run.outcome();
    const summary: RunSummary = {
      workspaceGid,
      ...run.tally,
      ...outcome,
      ...run.position(outcome.outcome),
      durationMs: Math.round(clock.monotonic() - begun),
    };
    const { failure, ...figures } = summary;
    if (failure === undefined) log.info('poll finished', figures);
    else log.error('poll failed', { ...figures, code: failure.code, reason: failure.message });
    return summary;
  }
}

type Position = Pick<RunSummary, 'lagSeconds' | 'unpublishedSeconds' | 'mode' | 'notBefore'>;

interface Outcome {
  readonly outcome: RunOutcome;
  readonly failure?: AuditBusError;
}

/** The state of one run. */
class Run {
  readonly tally = new Tally();
  readonly #deps: PollerDependencies;
  readonly #settings: PollerSettings;
  readonly #timings: Timings;
  readonly #workspaceGid: string;
  readonly #budget: RunBudget;
  #drain: Drain | undefined;
  #released = false;

  constructor(
    deps: PollerDependencies,
    settings: PollerSettings,
    timings: Timings,
    workspaceGid: string,
    budget: RunBudget,
  ) {
    this.#deps = deps;
    this.#settings = settings;
    this.#timings = timings;
    this.#workspaceGid = workspaceGid;
    this.#budget = budget;
  }

  async outcome(): Promise<Outcome> {
    try {
      const taken = await takeLease(
        this.#deps,
        this.#workspaceGid,
        this.#settings.startFrom,
        this.#budget,
      );
      if (taken === undefined) return { outcome: 'held' };
      return await this.#whileHeld(taken);
    } catch (error) {
      return { outcome: 'failed', failure: asFailure(error) };
    }
  }

  /** What the summary says of where the log stands now. Zero seconds behind is only who has read to the end. */
  position(outcome: RunOutcome): Position {
    const checkpoint = this.#drain?.checkpoint;
    if (checkpoint === undefined) return {};
    const { lastCreatedAt, mode, notBefore } = checkpoint;
    const since = (instant: number) =>
      outcome === 'caught-up'
        ? 0
        : Math.max(1, Math.round((this.#deps.clock.now() - instant) / 1000));
    return {
      lagSeconds:
        outcome === 'caught-up' || lastCreatedAt !== undefined
          ? since(Date.parse(lastCreatedAt ?? ''))
          : undefined,
      unpublishedSeconds: since(publishedUntil(checkpoint)),
      mode,
      notBefore,
    };
  }

  async #whileHeld({ lease, checkpoint, abandoned }: TakenLease): Promise<Outcome> {
    const { checkpoints } = this.#deps;
    const drain = new Drain(
      this.#deps,
      this.#settings,
      this.#timings,
      lease,
      checkpoint,
      this.tally,
    );
    this.#drain = drain;
    const renewal = new AbortController();
    const { leaseMs, renewLeaseMs } = this.#budget;
    const renewing =
      renewLeaseMs && lease.keepRenewed(renewLeaseMs, leaseMs, this.#deps.log, renewal.signal);
    let outcome: Outcome;
    try {
      if (abandoned) await this.#awaitHandover(lease);
      outcome = { outcome: await this.#poll(drain) };
    } catch (error) {
      outcome = await this.#failed(drain, lease, error);
    }
    renewal.abort();
    await renewing;
    if (this.#released) return outcome;
    try {
      await checkpoints.release(lease.key);
      return outcome;
    } catch (error) {
      // What ended the run before matters more; a lease that was not given back runs out by itself.
      return outcome.failure === undefined
        ? { outcome: 'failed', failure: asFailure(error) }
        : outcome;
    }
  }

  /**
   * A run that has little time spends little of it on this.
   * @throws LeaseLostError when the lease was taken meanwhile
   */
  async #awaitHandover(lease: Lease): Promise<void> {
    const { clock } = this.#deps;
    const { deadline, signal } = this.#budget;
    const left = Math.max(0, deadline - clock.monotonic());
    await clock.sleep(Math.min(this.#timings.handover, left / 4), signal);
    await lease.renew(lease.remaining());
  }

  async #poll(drain: Drain): Promise<RunOutcome> {
    const { clock } = this.#deps;
    const { deadline, signal } = this.#budget;
    let { repeat } = this.#budget;
    for (;;) {
      const { notBefore } = drain.checkpoint;
      if (notBefore !== undefined && Date.parse(notBefore) > clock.now()) return 'waiting';
      const begun = clock.now();
      const next = repeat && nextPollAt(begun, repeat);
      const outcome = await drain.run({
        deadline,
        releaseWhenCaughtUp: next === undefined,
        signal,
      });
      if (outcome !== 'caught-up') return outcome;
      if (repeat === undefined || next === undefined) {
        this.#released = true;
        return outcome;
      }
      repeat = prolonged(repeat, clock.now());
      const wait = Math.max(0, next - clock.now());
      if (!drain.hasTimeForAPage(wait)) return 'caught-up';
      await clock.sleep(wait, signal);
      if (signal?.aborted) return 'stopped';
    }
  }

  async #failed(drain: Drain, lease: Lease, error: unknown): Promise<Outcome> {
    let failure = asFailure(error);
    try {
      // A page cut short by the deadline is no fault: the next run sends the rest of it.
      if (failure.code === 'publish.stopped' && !lease.lost) {
        await drain.saves.flush();
        return { outcome: 'out-of-time' };
      }
      if (error instanceof AsanaError && error.code === 'asana.rate-limited') {
        await this.#honour(drain, error);
        return { outcome: 'waiting' };
      }
      if (CREDENTIAL_CODES.has(failure.code)) this.tally.credentialRejections++;
      if (!(error instanceof LeaseLostError)) await this.#reportOnce(drain, failure);
      // A save still under way must land before the release, or it would be refused for want of the lease.
      await drain.saves.flush();
    } catch (another) {
      failure = asFailure(another);
    }
    if (lease.lost) await drain.handOver();
    if (failure instanceof LeaseLostError) {
      this.#deps.log.warn('the lease is lost, nothing more is sent', { code: failure.code });
    }
    return { outcome: 'failed', failure };
  }

  /** A Retry-After that outlasts this run is the next ones' to wait out. */
  async #honour(drain: Drain, { retryAfterMs }: AsanaError): Promise<void> {
    if (retryAfterMs === undefined) return drain.saves.flush();
    const until = new Date(this.#deps.clock.now() + retryAfterMs).toISOString();
    await this.#note(drain, { notBefore: until, refusal: drain.checkpoint.refusal });
  }

  /** Not at every run: the code of the last report stays in the checkpoint until a page is read. */
  async #reportOnce(drain: Drain, failure: AuditBusError): Promise<void> {
    const report = reportOf(failure, drain.checkpoint);
    if (report === undefined || drain.checkpoint.refusal === failure.code) return;
    const reports = new Reports(this.#workspaceGid, this.#deps.clock);
    reports.add(...report);
    try {
      await reports.publish(this.#deps.publisher);
    } catch (error) {
      // The failure at hand matters more, and the next run reports it again.
      this.#deps.log.warn('a report could not be published', { code: asFailure(error).code });
      return;
    }
    if (failure instanceof EventUnreadableError) this.tally.possibleGaps++;
    await this.#note(drain, { notBefore: undefined, refusal: failure.code });
  }

  async #note(drain: Drain, note: Pick<Checkpoint, 'notBefore' | 'refusal'>): Promise<void> {
    drain.checkpoint = noted(drain.checkpoint, note);
    await drain.saves.saveNow(drain.checkpoint, true);
    this.#released = true;
  }
}
