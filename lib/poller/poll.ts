// One run of the poller over one workspace: takes the lease, drains the log, releases, and says what happened.
import { randomUUID } from 'node:crypto';
import { AsanaError, CREDENTIAL_CODES, REFUSAL_CODES } from '../asana/errors.ts';
import { operationalEntry } from '../bus/envelope.ts';
import { OPERATIONAL_DETAIL_TYPES, type OperationalDetailType } from '../contract/sources.ts';
import { AuditBusError } from '../errors.ts';
import { type Checkpoint, noted } from './checkpoint.ts';
import { LeaseLostError } from './checkpoint-store.ts';
import { Drain } from './drain.ts';
import { Lease } from './lease.ts';
import { EventUnreadableError } from './page-reader.ts';
import {
  DEFAULT_TIMINGS,
  type PollerDependencies,
  type PollerSettings,
  type Timings,
} from './settings.ts';
import { resolveStart } from './start-from.ts';
import { type RunOutcome, type RunSummary, Tally } from './summary.ts';

export interface RunBudget {
  /** Monotonic milliseconds: the run is over by then. */
  readonly deadline: number;
  /** Milliseconds the lease lasts, unless renewed. */
  readonly leaseMs: number;
  /** Renew the lease this often, in milliseconds; absent: never, as where the run cannot outlast it. */
  readonly renewLeaseMs?: number;
  /** How long to wait for a lease that another run holds, in milliseconds. */
  readonly waitForLeaseMs?: number;
  /** Poll again each `everyMs` until the wall clock says `until` (epoch milliseconds), within one lease. */
  readonly repeat?: { readonly everyMs: number; readonly until: number };
  /** Ends the run early and well: the page at hand is finished, the lease released. */
  readonly signal?: AbortSignal;
}

/** A lease that is held is looked at again this often, in milliseconds. */
const LEASE_RETRY_MS = 500;

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
  #checkpoint: Checkpoint | undefined;
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
      const taken = await this.#takeLease();
      if (taken === undefined) return { outcome: 'held' };
      return await this.#whileHeld(taken.lease, taken.checkpoint);
    } catch (error) {
      return { outcome: 'failed', failure: asFailure(error) };
    }
  }

  /** What the summary says of where the log stands now. */
  position(outcome: RunOutcome): Pick<RunSummary, 'lagSeconds' | 'mode' | 'notBefore'> {
    const checkpoint = this.#drain?.checkpoint ?? this.#checkpoint;
    if (checkpoint === undefined) return {};
    const { lastCreatedAt, mode, notBefore } = checkpoint;
    const behind = lastCreatedAt && (this.#deps.clock.now() - Date.parse(lastCreatedAt)) / 1000;
    const lagSeconds =
      outcome === 'caught-up' ? 0 : behind ? Math.max(0, Math.round(behind)) : undefined;
    return { lagSeconds, mode, notBefore };
  }

  async #takeLease() {
    const { clock, checkpoints, log } = this.#deps;
    const { leaseMs, waitForLeaseMs = 0, signal } = this.#budget;
    const owner = randomUUID();
    const giveUpAt = clock.monotonic() + waitForLeaseMs;
    for (;;) {
      const takenAt = clock.monotonic();
      const now = clock.now();
      const start = resolveStart(this.#settings.startFrom, now);
      const answer = await checkpoints.takeLease(
        this.#workspaceGid,
        owner,
        now,
        now + leaseMs,
        start,
      );
      if (answer.taken) {
        if (answer.fresh && start.warning !== undefined) log.warn(start.warning);
        const lease = new Lease(answer.lease, checkpoints, clock, takenAt, leaseMs);
        return { lease, checkpoint: answer.checkpoint };
      }
      if (clock.monotonic() >= giveUpAt || signal?.aborted) return undefined;
      await clock.sleep(LEASE_RETRY_MS, signal);
    }
  }

  async #whileHeld(lease: Lease, checkpoint: Checkpoint): Promise<Outcome> {
    this.#checkpoint = checkpoint;
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
    const renewing = this.#keepRenewed(lease, renewal.signal);
    try {
      return { outcome: await this.#poll(drain) };
    } catch (error) {
      return await this.#failed(drain, error);
    } finally {
      renewal.abort();
      await renewing;
      if (!this.#released) await this.#release(drain, lease);
    }
  }

  async #poll(drain: Drain): Promise<RunOutcome> {
    const { clock } = this.#deps;
    const { deadline, repeat, signal } = this.#budget;
    for (;;) {
      const { notBefore } = drain.checkpoint;
      if (notBefore !== undefined && Date.parse(notBefore) > clock.now()) return 'waiting';
      const begun = clock.now();
      const next = repeat && nextPoll(begun, repeat);
      const outcome = await drain.run({
        deadline,
        releaseWhenCaughtUp: next === undefined,
        signal,
      });
      if (outcome !== 'caught-up') return outcome;
      if (next === undefined) {
        this.#released = true;
        return outcome;
      }
      await clock.sleep(Math.max(0, next - clock.now()), signal);
      if (signal?.aborted) return 'stopped';
      // A slow answer may have carried this run past its end: the next tick goes on.
      if (repeat !== undefined && clock.now() > repeat.until) return 'caught-up';
    }
  }

  async #failed(drain: Drain, error: unknown): Promise<Outcome> {
    const failure = asFailure(error);
    if (error instanceof LeaseLostError) {
      this.#deps.log.warn('the lease is lost, nothing more is sent', { code: failure.code });
      return { outcome: 'failed', failure };
    }
    if (error instanceof AsanaError && error.code === 'asana.rate-limited') {
      const { retryAfterMs } = error;
      if (retryAfterMs !== undefined) {
        const until = new Date(this.#deps.clock.now() + retryAfterMs).toISOString();
        await this.#note(drain, { notBefore: until, refusal: drain.checkpoint.refusal });
      }
      return { outcome: 'waiting' };
    }
    if (CREDENTIAL_CODES.has(failure.code)) this.tally.credentialRejections++;
    if (failure instanceof EventUnreadableError) this.tally.possibleGaps++;
    const report = reportOf(failure, drain.checkpoint);
    // Reported once, not at every run: the code of the last report stays in the checkpoint until a page is read.
    if (report !== undefined && drain.checkpoint.refusal !== failure.code) {
      const reported = await this.#report(report);
      if (reported) await this.#note(drain, { notBefore: undefined, refusal: failure.code });
    }
    return { outcome: 'failed', failure };
  }

  async #note(drain: Drain, note: Pick<Checkpoint, 'notBefore' | 'refusal'>): Promise<void> {
    drain.checkpoint = noted(drain.checkpoint, note);
    await drain.saves.saveNow(drain.checkpoint, true);
    this.#released = true;
  }

  /** @returns false when the bus did not take it: the failure at hand matters more, and the next run reports again */
  async #report([type, data]: Report): Promise<boolean> {
    const publishedAt = this.#deps.clock.now();
    const entry = operationalEntry(type, data, { workspaceGid: this.#workspaceGid, publishedAt });
    const { failure } = await this.#deps.publisher.publish([entry]);
    if (failure !== undefined) this.#deps.log.warn('a report could not be published', failure);
    return failure === undefined;
  }

  async #release(drain: Drain, lease: Lease): Promise<void> {
    // A save still under way must land first, or it would be refused for want of the lease.
    await drain.saves.flush().catch(() => {});
    await this.#deps.checkpoints.release(lease.key);
  }

  async #keepRenewed(lease: Lease, signal: AbortSignal): Promise<void> {
    const { renewLeaseMs, leaseMs } = this.#budget;
    if (renewLeaseMs === undefined) return;
    for (;;) {
      await this.#deps.clock.sleep(renewLeaseMs, signal);
      if (signal.aborted) return;
      try {
        await lease.renew(leaseMs);
      } catch (error) {
        if (error instanceof LeaseLostError) return lease.lose();
        // The table did not answer: the lease runs on as it is, and the next renewal is tried in its turn.
        this.#deps.log.warn('the lease could not be renewed', { code: asFailure(error).code });
      }
    }
  }
}

/** Epoch milliseconds of the next poll within this run, or undefined when it would be past the run's end. */
function nextPoll(begun: number, repeat: { everyMs: number; until: number }): number | undefined {
  const next = begun + repeat.everyMs;
  return next <= repeat.until ? next : undefined;
}

type Report = readonly [OperationalDetailType, { code: string; message: string }];

function reportOf(failure: AuditBusError, checkpoint: Checkpoint): Report | undefined {
  const data = { code: failure.code, message: failure.message };
  if (CREDENTIAL_CODES.has(failure.code))
    return [OPERATIONAL_DETAIL_TYPES.credentialRejected, data];
  if (REFUSAL_CODES.has(failure.code)) return [OPERATIONAL_DETAIL_TYPES.requestRefused, data];
  if (failure instanceof EventUnreadableError) {
    const position = { after: checkpoint.lastCreatedAt, ...failure.cursor };
    return [OPERATIONAL_DETAIL_TYPES.possibleGap, { ...data, ...position }];
  }
  return undefined;
}

/** What the SDK or anything else threw, under a code of ours. */
function asFailure(error: unknown): AuditBusError {
  if (error instanceof AuditBusError) return error;
  const name = error instanceof Error ? error.name : 'Error';
  return new AuditBusError('poll.failed', `The run ended with ${name}.`, {
    retryable: true,
    cause: error,
  });
}
