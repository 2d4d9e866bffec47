// Reads the log to its end, page by page: while pages are published the next is fetched and the last is saved.
// Publishing is pages-under-way.ts's; leases, and what a failure means for the run, are poll.ts's.
import type { AuditLogPage } from '../asana/client.ts';
import { AsanaError } from '../asana/errors.ts';
import type { EnvelopeContext } from '../bus/envelope.ts';
import { OPERATIONAL_DETAIL_TYPES } from '../contract/sources.ts';
import { type Checkpoint, type Cursor, cursorOf, pageFinished } from './checkpoint.ts';
import type { Lease } from './lease.ts';
import type { Memory } from './memory.ts';
import { EventUnreadableError, PageReader } from './page-reader.ts';
import { PagesUnderWay } from './pages-under-way.ts';
import { preparePage } from './prepare-page.ts';
import { cursorStuck, Recovery } from './recovery.ts';
import { Reports } from './reports.ts';
import { SavePipeline } from './save-pipeline.ts';
import type { PollerDependencies, PollerSettings, Timings } from './settings.ts';
import { instantAfterUnreadable } from './skip-unreadable.ts';
import type { Tally } from './summary.ts';

export interface DrainOptions {
  /** Monotonic milliseconds: nothing is sent after it. */
  readonly deadline: number;
  /** Save the last position and release the lease in one write. */
  readonly releaseWhenCaughtUp: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A page on its way. */
interface Coming {
  readonly cursor: Cursor;
  readonly fetching: Promise<AuditLogPage>;
  /** Monotonic milliseconds. */
  readonly since: number;
}

/** The state of one call of `run`. */
interface Reading extends DrainOptions {
  readonly fetch: (cursor: Cursor) => Coming;
  /** Ends the fetch that is under way. */
  readonly giveUp: () => void;
  /** A page has been begun. */
  begun: boolean;
}

export class Drain {
  /** Where the log stands with all finished pages, saved or about to be. */
  checkpoint: Checkpoint;
  /** Where it stands once those being published are finished too. */
  #planned: Checkpoint;
  readonly saves: SavePipeline;
  readonly #deps: PollerDependencies;
  readonly #settings: PollerSettings;
  readonly #timings: Timings;
  readonly #lease: Lease;
  readonly #tally: Tally;
  readonly #reader: PageReader;
  readonly #reports: Reports;
  readonly #recovery: Recovery;
  readonly #pages: PagesUnderWay;
  #memory: Memory | undefined;
  #deadline = 0;

  constructor(
    deps: PollerDependencies,
    settings: PollerSettings,
    timings: Timings,
    lease: Lease,
    checkpoint: Checkpoint,
    tally: Tally,
  ) {
    this.#deps = deps;
    this.#settings = settings;
    this.#timings = timings;
    this.#lease = lease;
    this.checkpoint = checkpoint;
    this.#planned = checkpoint;
    this.#tally = tally;
    this.saves = new SavePipeline(deps.checkpoints, lease, checkpoint.page);
    this.#reader = new PageReader(deps.asana, checkpoint.workspaceGid, settings.pageLimit);
    this.#reports = new Reports(checkpoint.workspaceGid, deps.clock);
    this.#recovery = new Recovery(deps, tally, this.#reports);
    this.#pages = new PagesUnderWay({
      ...deps,
      tally,
      saves: this.saves,
      maySend: () => this.#maySend(),
      onFinished: (page) => {
        this.checkpoint = page.checkpoint;
      },
    });
  }

  /**
   * Resolves when all that was finished is saved.
   * @throws AuditBusError when the page at hand cannot be finished; all that was finished is saved or being saved
   */
  async run(options: DrainOptions): Promise<'caught-up' | 'out-of-time' | 'stopped'> {
    this.#deadline = options.deadline;
    const outcome = await this.#readOn(options);
    await this.saves.flush();
    return outcome;
  }

  /** For a run that has lost its lease, or cannot save. Never rejects. */
  async handOver(): Promise<void> {
    if (this.#memory !== undefined) await this.saves.handOver(this.#memory.snapshot());
  }

  async #readOn(options: DrainOptions): Promise<'caught-up' | 'out-of-time' | 'stopped'> {
    const { clock } = this.#deps;
    const abort = new AbortController();
    const signal =
      options.signal === undefined ? abort.signal : AbortSignal.any([options.signal, abort.signal]);
    const fetch = (cursor: Cursor) => {
      const budget = Math.min(options.deadline, clock.monotonic() + this.#timings.pageBudget);
      const fetching = this.#reader.read(cursor, budget, signal);
      // A page fetched ahead may fail while another is published; it is awaited in its turn.
      fetching.catch(() => {});
      return { cursor, fetching, since: clock.monotonic() };
    };
    const run: Reading = { ...options, fetch, giveUp: () => abort.abort(), begun: false };

    try {
      let coming = fetch(cursorOf(this.#planned));
      for (;;) {
        const next = await this.#step(coming, run);
        if (typeof next === 'string') return next;
        coming = next;
      }
    } catch (error) {
      // What is being published is brought to its end first; should that fail, it is what counts.
      await this.#pages.settled();
      if (options.signal?.aborted && error instanceof AsanaError) return 'stopped';
      throw error;
    } finally {
      abort.abort();
    }
  }

  /** Publishes one page. A call of its own for each, so that nothing holds on to a page that is done with. */
  async #step(
    { cursor, fetching, since }: Coming,
    run: Reading,
  ): Promise<Coming | 'caught-up' | 'out-of-time' | 'stopped'> {
    const page = await this.#awaitPage(fetching);
    if (page === undefined) return run.fetch(cursorOf(this.checkpoint));
    if (page.entries.length === 0) {
      await this.#pages.settled();
      return this.#caughtUp(page.nextOffset, run.releaseWhenCaughtUp);
    }
    await this.#pages.room();
    const halt = this.#mustHalt(run);
    if (halt !== undefined) {
      await this.#pages.settled();
      return halt;
    }

    const next = page.nextOffset === null ? undefined : { offset: page.nextOffset };
    const coming = next && run.fetch(next);
    const newEvents = await this.#begin(page, since, run.giveUp);
    run.begun = true;
    // Without a way on, what comes next depends on how this page ends.
    const last = next === undefined || (newEvents === 0 && isSameOffset(cursor, next));
    const haltNow = this.#mustHalt(run);
    if (coming !== undefined && !last && haltNow === undefined) return coming;

    await this.#pages.settled();
    if (newEvents === 0 && next === undefined) {
      // Nothing new, and no way on: the end, as far as Asana tells.
      return this.#caughtUp(null, run.releaseWhenCaughtUp);
    }
    if (last && next !== undefined) {
      throw cursorStuck('Asana answers with the same events and the same offset again.');
    }
    return this.#mustHalt(run) ?? run.fetch(cursorOf(this.checkpoint));
  }

  #mustHalt({ begun, signal }: Reading): 'out-of-time' | 'stopped' | undefined {
    if (!begun) return this.#maySend() ? undefined : 'out-of-time';
    if (signal?.aborted) return 'stopped';
    return this.#maySend() && this.hasTimeForAPage() ? undefined : 'out-of-time';
  }

  /** Whether a page begun now, as long as the longest so far, would be finished in time. */
  hasTimeForAPage(afterMs = 0): boolean {
    const left = Math.min(this.#deadline - this.#deps.clock.monotonic(), this.#lease.remaining());
    return left - afterMs >= this.#pages.longestMs() + this.#timings.stopMargin;
  }

  /** @returns the page, or undefined when the position changed instead and must be asked for afresh */
  async #awaitPage(fetching: Promise<AuditLogPage>): Promise<AuditLogPage | undefined> {
    try {
      const page = await fetching;
      this.#tally.fetched += page.entries.length;
      this.#tally.pages++;
      this.#tally.largestPage = Math.max(this.#tally.largestPage, page.entries.length);
      return page;
    } catch (error) {
      if (error instanceof AsanaError && error.code === 'asana.offset-expired') {
        await this.#pages.settled();
        await this.#fallBackToTime();
        return undefined;
      }
      if (error instanceof EventUnreadableError) {
        this.#tally.unreadablePages++;
        await this.#pages.settled();
        if (this.#settings.skipUnreadable && (await this.#stepOver())) return undefined;
      }
      throw error;
    }
  }

  /** Saved before anything is asked: what was known at this moment is what can prove later that nothing was lost. */
  async #fallBackToTime(): Promise<void> {
    await this.saves.flush();
    const { gids } = await this.#load();
    this.#moveTo(this.#recovery.fallBack(this.checkpoint, gids));
    await this.#publishReports();
    await this.saves.saveNow(this.checkpoint, false);
  }

  /** @returns false when no event by time is at fault */
  async #stepOver(): Promise<boolean> {
    await this.saves.flush();
    const { mode, lastCreatedAt, resumeFrom, startAt } = this.checkpoint;
    const from = mode === 'offset' ? lastCreatedAt : (resumeFrom ?? startAt);
    const to = await instantAfterUnreadable(from, this.#deps.clock.now(), (begin, end) =>
      this.#reader.canRead(begin, end, this.#deadline),
    );
    if (to === undefined) return false;
    this.#deps.log.error('stepping over an event that cannot be read', { from, to });
    this.#tally.possibleGaps++;
    this.#reports.add(OPERATIONAL_DETAIL_TYPES.possibleGap, {
      code: 'gap.skipped-unreadable',
      message:
        'An event that cannot be read even alone was stepped over, with whatever shares its millisecond behind it.',
      from,
      to,
    });
    this.#moveTo({ ...this.checkpoint, mode: 'time', offset: undefined, resumeFrom: to });
    return true;
  }

  /** Begins to publish a page. @returns how many new events it holds */
  async #begin(page: AuditLogPage, since: number, onFailure: () => void): Promise<number> {
    const { clock } = this.#deps;
    const memory = await this.#load();
    const { workspaceGid, liveFrom, recovery, lastCreatedAt } = this.#planned;
    const context: EnvelopeContext = {
      workspaceGid,
      liveFrom: Date.parse(liveFrom),
      publishedAt: clock.now(),
    };
    const prepared = preparePage(page.entries, {
      ...context,
      redact: this.#settings.redact,
      maxEventBytes: this.#settings.maxEventBytes,
      memory,
      knownUntil: recovery?.knownUntil === undefined ? undefined : Date.parse(recovery.knownUntil),
    });
    memory.sawTypes(prepared.types);
    this.#recovery.pageRead(prepared, memory.gids.size);
    const settled = this.#recovery.settle(this.#planned, {
      knownSeen: prepared.knownSeen,
      reached: prepared.newestCreatedAt,
      caughtUp: false,
    });
    for (const type of prepared.unknownTypes) {
      this.#reports.add(OPERATIONAL_DETAIL_TYPES.unknownEventType, {
        code: 'event-type.unknown',
        message:
          'Asana sent an event type that this version does not know. Its events flow like all others.',
        eventType: type.slice(0, 128),
      });
    }
    this.#planned = pageFinished(settled, {
      nextOffset: page.nextOffset,
      newestCreatedAt: isoOf(prepared.newestCreatedAt),
      empty: false,
      answeredAt: new Date(clock.now()).toISOString(),
    });
    const before = Date.parse(lastCreatedAt ?? liveFrom);
    const reports = this.#reports.take();
    this.#pages.begin(
      { prepared, context, reports, checkpoint: this.#planned, before, since, onFailure },
      memory,
    );
    return prepared.events.length;
  }

  async #caughtUp(nextOffset: string | null, release: boolean): Promise<'caught-up'> {
    const evidence = { knownSeen: false, caughtUp: true };
    const settled = this.#recovery.settle(this.checkpoint, evidence);
    await this.#publishReports();
    this.#moveTo(
      pageFinished(settled, {
        nextOffset,
        empty: true,
        answeredAt: new Date(this.#deps.clock.now()).toISOString(),
      }),
    );
    await this.saves.saveNow(this.checkpoint, release);
    return 'caught-up';
  }

  /** Nothing is being published. */
  #moveTo(checkpoint: Checkpoint): void {
    this.checkpoint = checkpoint;
    this.#planned = checkpoint;
  }

  async #publishReports(): Promise<void> {
    this.#tally.publishRetries += await this.#reports.publish(this.#deps.publisher, () =>
      this.#maySend(),
    );
  }

  #maySend(): boolean {
    return (
      this.#lease.remaining() >= this.#timings.leaseMargin &&
      this.#deps.clock.monotonic() < this.#deadline
    );
  }

  async #load(): Promise<Memory> {
    this.#memory ??= await this.#deps.checkpoints.loadMemory(this.checkpoint.workspaceGid);
    return this.#memory;
  }
}

function isSameOffset(cursor: Cursor, next: { readonly offset: string }): boolean {
  return 'offset' in cursor && cursor.offset === next.offset;
}

function isoOf(instant: number | undefined): string | undefined {
  return instant === undefined ? undefined : new Date(instant).toISOString();
}
