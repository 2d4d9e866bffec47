// Reads the log to its end, page by page: while one page is published the next is fetched and the last is saved.
// Leases, and what a failure means for the run, are poll.ts's.
import type { AuditLogPage } from '../asana/client.ts';
import { AsanaError } from '../asana/errors.ts';
import type { EnvelopeContext } from '../bus/envelope.ts';
import { OPERATIONAL_DETAIL_TYPES } from '../contract/sources.ts';
import { type Checkpoint, type Cursor, cursorOf, pageFinished } from './checkpoint.ts';
import type { Lease } from './lease.ts';
import type { Memory } from './memory.ts';
import { EventUnreadableError, PageReader } from './page-reader.ts';
import { type PreparedPage, preparePage } from './prepare-page.ts';
import { publishPage } from './publish-page.ts';
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

export class Drain {
  /** Where the log stands with all finished pages, saved or about to be. */
  checkpoint: Checkpoint;
  readonly saves: SavePipeline;
  readonly #deps: PollerDependencies;
  readonly #settings: PollerSettings;
  readonly #timings: Timings;
  readonly #lease: Lease;
  readonly #tally: Tally;
  readonly #reader: PageReader;
  readonly #reports: Reports;
  readonly #recovery: Recovery;
  #memory: Memory | undefined;
  #deadline = 0;
  #longestPageMs = 0;

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
    this.#tally = tally;
    this.saves = new SavePipeline(deps.checkpoints, lease, checkpoint.page);
    this.#reader = new PageReader(deps.asana, checkpoint.workspaceGid, settings.pageLimit);
    this.#reports = new Reports(checkpoint.workspaceGid, deps.clock);
    this.#recovery = new Recovery(deps, tally, this.#reports);
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
      return fetching;
    };

    try {
      let cursor = cursorOf(this.checkpoint);
      let fetching = fetch(cursor);
      for (;;) {
        const begun = clock.monotonic();
        const page = await this.#awaitPage(fetching);
        if (page === undefined) {
          cursor = cursorOf(this.checkpoint);
          fetching = fetch(cursor);
          continue;
        }
        if (page.entries.length === 0) {
          await this.#caughtUp(page.nextOffset, options.releaseWhenCaughtUp);
          return 'caught-up';
        }
        if (!this.#maySend()) return 'out-of-time';

        const next = page.nextOffset === null ? undefined : { offset: page.nextOffset };
        if (next !== undefined) fetching = fetch(next);
        const newEvents = await this.#publish(page);
        if (newEvents === 0 && next === undefined) {
          // Nothing new, and no way on: the end, as far as Asana tells.
          await this.#caughtUp(null, options.releaseWhenCaughtUp);
          return 'caught-up';
        }
        if (newEvents === 0 && 'offset' in cursor && cursor.offset === next?.offset) {
          throw cursorStuck('Asana answers with the same events and the same offset again.');
        }

        if (options.signal?.aborted) return 'stopped';
        this.#longestPageMs = Math.max(this.#longestPageMs, clock.monotonic() - begun);
        if (!this.hasTimeForAPage()) return 'out-of-time';
        cursor = next ?? cursorOf(this.checkpoint);
        if (next === undefined) fetching = fetch(cursor);
      }
    } catch (error) {
      if (options.signal?.aborted && error instanceof AsanaError) return 'stopped';
      throw error;
    } finally {
      abort.abort();
    }
  }

  /** Whether a page begun now, as long as the longest so far, would be finished in time. */
  hasTimeForAPage(afterMs = 0): boolean {
    const left = Math.min(this.#deadline - this.#deps.clock.monotonic(), this.#lease.remaining());
    return left - afterMs >= this.#longestPageMs + this.#timings.stopMargin;
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
        await this.#fallBackToTime();
        return undefined;
      }
      if (error instanceof EventUnreadableError) {
        this.#tally.unreadablePages++;
        if (this.#settings.skipUnreadable && (await this.#stepOver())) return undefined;
      }
      throw error;
    }
  }

  /** Saved before anything is asked: what was known at this moment is what can prove later that nothing was lost. */
  async #fallBackToTime(): Promise<void> {
    await this.saves.flush();
    const { gids } = await this.#load();
    this.checkpoint = this.#recovery.fallBack(this.checkpoint, gids);
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
    this.checkpoint = { ...this.checkpoint, mode: 'time', offset: undefined, resumeFrom: to };
    return true;
  }

  /** @returns how many new events the page held */
  async #publish(page: AuditLogPage): Promise<number> {
    const { clock } = this.#deps;
    const memory = await this.#load();
    const context: EnvelopeContext = {
      workspaceGid: this.checkpoint.workspaceGid,
      liveFrom: Date.parse(this.checkpoint.liveFrom),
      publishedAt: clock.now(),
    };
    const { recovery } = this.checkpoint;
    const prepared = preparePage(page.entries, {
      ...context,
      redact: this.#settings.redact,
      maxEventBytes: this.#settings.maxEventBytes,
      memory,
      knownUntil: recovery?.knownUntil === undefined ? undefined : Date.parse(recovery.knownUntil),
    });
    memory.sawTypes(prepared.types);
    this.#recovery.pageRead(prepared, memory.gids.size);
    const settled = this.#recovery.settle(this.checkpoint, {
      knownSeen: prepared.knownSeen,
      reached: prepared.newestCreatedAt,
      caughtUp: false,
    });
    await this.#publishPrepared(prepared, context, memory);
    this.checkpoint = pageFinished(settled, {
      nextOffset: page.nextOffset,
      newestCreatedAt: isoOf(prepared.newestCreatedAt),
      empty: false,
      answeredAt: new Date(clock.now()).toISOString(),
    });
    await this.saves.pageFinished(this.checkpoint, memory.snapshotSoon());
    return prepared.events.length;
  }

  /** @throws AuditBusError when the page is not finished; what is on the bus of it is remembered then */
  async #publishPrepared(
    prepared: PreparedPage,
    context: EnvelopeContext,
    memory: Memory,
  ): Promise<void> {
    for (const type of prepared.unknownTypes) {
      this.#reports.add(OPERATIONAL_DETAIL_TYPES.unknownEventType, {
        code: 'event-type.unknown',
        message:
          'Asana sent an event type that this version does not know. Its events flow like all others.',
        eventType: type.slice(0, 128),
      });
    }
    const outcome = await publishPage(prepared, this.#reports.pending, context, {
      publisher: this.#deps.publisher,
      quarantine: this.#deps.quarantine,
      maySend: () => this.#maySend(),
    });
    this.#deps.onPublished?.(outcome.finished);
    this.#tally.duplicates += prepared.duplicates.length;
    this.#tally.published += outcome.published;
    this.#tally.quarantined += outcome.quarantined;
    this.#tally.publishRetries += outcome.retries;
    const { lastCreatedAt, liveFrom } = this.checkpoint;
    const before = Date.parse(lastCreatedAt ?? liveFrom);
    memory.pagePublished(outcome.finished, prepared.duplicates, before, context.publishedAt);
    if (outcome.failure !== undefined) {
      // Should a write have failed meanwhile, that is what stopped the sending, and what is thrown here.
      await this.saves.flush();
      if (outcome.finished.length > 0) await this.saves.pagePartlyFinished(memory.snapshot());
      throw outcome.failure;
    }
    this.#reports.sent();
    this.#tally.unknownTypes += prepared.unknownTypes.length;
    for (const type of prepared.unknownTypes) memory.reported(type);
  }

  async #caughtUp(nextOffset: string | null, release: boolean): Promise<void> {
    const evidence = { knownSeen: false, caughtUp: true };
    const settled = this.#recovery.settle(this.checkpoint, evidence);
    await this.#publishReports();
    this.checkpoint = pageFinished(settled, {
      nextOffset,
      empty: true,
      answeredAt: new Date(this.#deps.clock.now()).toISOString(),
    });
    await this.saves.saveNow(this.checkpoint, release);
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

function isoOf(instant: number | undefined): string | undefined {
  return instant === undefined ? undefined : new Date(instant).toISOString();
}
