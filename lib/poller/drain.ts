// Reads the log to its end, page by page: while one page is published the next is fetched and the last is saved.
// Leases, and what a failure means for the run, are poll.ts's.
import type { AuditLogPage } from '../asana/client.ts';
import { AsanaError } from '../asana/errors.ts';
import { type EnvelopeContext, operationalEntry } from '../bus/envelope.ts';
import type { BusEntry } from '../bus/publisher-port.ts';
import type { Operational } from '../contract/operational.ts';
import { OPERATIONAL_DETAIL_TYPES, type OperationalDetailType } from '../contract/sources.ts';
import { AuditBusError } from '../errors.ts';
import {
  type Checkpoint,
  type Cursor,
  cursorOf,
  gapVerdict,
  offsetExpired,
  pageFinished,
  recoverySettled,
} from './checkpoint.ts';
import type { Lease } from './lease.ts';
import type { Memory } from './memory.ts';
import { EventUnreadableError, PageReader } from './page-reader.ts';
import { type PreparedPage, preparePage } from './prepare-page.ts';
import { type PageOutcome, publishPage } from './publish-page.ts';
import { SavePipeline } from './save-pipeline.ts';
import type { PollerDependencies, PollerSettings, Timings } from './settings.ts';
import { firstReadableInstant } from './skip-unreadable.ts';
import type { Tally } from './summary.ts';

/** Offsets taken back in a row, none of which led to an event that was not known. */
const MAX_FRUITLESS_RESETS = 3;

export interface DrainOptions {
  /** Monotonic milliseconds: everything must be done by then. */
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
  #memory: Memory | undefined;
  /** Reports that go out with the next page. */
  #reports: BusEntry[] = [];
  #longestPageMs = 0;
  #newSinceReset = true;
  #fruitlessResets = 0;

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
  }

  /** @throws AuditBusError when the page at hand cannot be finished; all that was finished is saved or being saved */
  async run(options: DrainOptions): Promise<'caught-up' | 'out-of-time' | 'stopped'> {
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
        const page = await this.#awaitPage(fetching, options);
        if (page === undefined) {
          cursor = cursorOf(this.checkpoint);
          fetching = fetch(cursor);
          continue;
        }
        if (page.entries.length === 0) {
          await this.#caughtUp(page, options.releaseWhenCaughtUp);
          return 'caught-up';
        }
        if (!this.#maySend()) return 'out-of-time';

        const next: Cursor | undefined =
          page.nextOffset === null ? undefined : { offset: page.nextOffset };
        if (next !== undefined) fetching = fetch(next);
        const prepared = await this.#publish(page);
        const stuck =
          prepared.events.length === 0 && (next === undefined || sameCursor(cursor, next));
        if (stuck) return await this.#stuck(next === undefined, options.releaseWhenCaughtUp);

        if (options.signal?.aborted) return 'stopped';
        this.#longestPageMs = Math.max(this.#longestPageMs, clock.monotonic() - begun);
        const left = Math.min(options.deadline - clock.monotonic(), this.#lease.remaining());
        if (left < this.#longestPageMs + this.#timings.stopMargin) return 'out-of-time';
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

  /** @returns the page, or undefined when the position changed instead and must be asked for afresh */
  async #awaitPage(
    fetching: Promise<AuditLogPage>,
    options: DrainOptions,
  ): Promise<AuditLogPage | undefined> {
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
        if (this.#settings.skipUnreadable && (await this.#stepOver(options.deadline)))
          return undefined;
      }
      throw error;
    }
  }

  /** Saved before anything is asked: what was known at this moment is what can prove later that nothing was lost. */
  async #fallBackToTime(): Promise<void> {
    await this.saves.flush();
    const { gids } = await this.#load();
    if (!this.#newSinceReset && ++this.#fruitlessResets > MAX_FRUITLESS_RESETS) {
      throw new AuditBusError(
        'asana.cursor-stuck',
        'Asana takes back each offset before it leads to a new event. The poller stays where it is.',
        { retryable: true },
      );
    }
    this.#tally.offsetResets++;
    this.checkpoint = offsetExpired(this.checkpoint, {
      // Asking from the oldest known event again and again without meeting a new one would never get on.
      oldest: this.#newSinceReset ? gids.oldest() : undefined,
      newest: gids.newest(),
    });
    this.#newSinceReset = false;
    const from = cursorOf(this.checkpoint);
    this.#deps.log.warn('the offset expired, asking by time', { from });
    this.#report(OPERATIONAL_DETAIL_TYPES.offsetExpired, {
      code: 'offset.expired',
      message:
        'The stored offset is no longer valid. The log is read by time from the oldest event remembered; known events are dropped.',
      ...from,
    });
    await this.#publishReports();
    await this.saves.saveNow(this.checkpoint, false);
  }

  async #stepOver(deadline: number): Promise<boolean> {
    await this.saves.flush();
    const { clock, log } = this.#deps;
    const { lastCreatedAt, resumeFrom, startAt } = this.checkpoint;
    const from = lastCreatedAt ?? resumeFrom ?? startAt;
    const readable = await firstReadableInstant(from, clock.now(), (instant) =>
      this.#reader.canRead(instant, deadline),
    );
    if (readable === undefined) return false;
    log.error('stepping over an event that cannot be read', { from, to: readable });
    this.#tally.possibleGaps++;
    this.#report(OPERATIONAL_DETAIL_TYPES.possibleGap, {
      code: 'gap.skipped-unreadable',
      message:
        'An event that cannot be read even alone was stepped over, with whatever shares its millisecond behind it.',
      from,
      to: readable,
    });
    this.checkpoint = { ...this.checkpoint, mode: 'time', offset: undefined, resumeFrom: readable };
    return true;
  }

  async #publish(page: AuditLogPage): Promise<PreparedPage> {
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
    this.#settleRecovery(prepared.knownSeen, prepared.newestCreatedAt, false);
    for (const type of prepared.unknownTypes) {
      this.#report(OPERATIONAL_DETAIL_TYPES.unknownEventType, {
        code: 'event-type.unknown',
        message:
          'Asana sent an event type that this version does not know. Its events flow like all others.',
        eventType: type.slice(0, 128),
      });
    }

    const reports = this.#reports;
    const outcome = await publishPage(prepared, reports, context, {
      publisher: this.#deps.publisher,
      quarantine: this.#deps.quarantine,
      maySend: () => this.#maySend(),
    });
    this.#count(prepared, outcome);
    this.#remember(memory, outcome);
    if (outcome.failure !== undefined) {
      if (outcome.finished.length > 0) await this.saves.pagePartlyFinished(memory.snapshot());
      throw outcome.failure;
    }
    this.#reports = [];
    if (prepared.events.length > 0) {
      this.#newSinceReset = true;
      this.#fruitlessResets = 0;
    }
    for (const type of prepared.unknownTypes) memory.reported(type);
    this.checkpoint = pageFinished(this.checkpoint, {
      nextOffset: page.nextOffset,
      newestCreatedAt: isoOf(prepared.newestCreatedAt),
      empty: false,
      answeredAt: new Date(clock.now()).toISOString(),
    });
    await this.saves.pageFinished(this.checkpoint, memory.snapshot());
    return prepared;
  }

  async #caughtUp(page: AuditLogPage, release: boolean): Promise<void> {
    this.#settleRecovery(false, undefined, true);
    await this.#publishReports();
    this.checkpoint = pageFinished(this.checkpoint, {
      nextOffset: page.nextOffset,
      empty: true,
      answeredAt: new Date(this.#deps.clock.now()).toISOString(),
    });
    await this.saves.saveNow(this.checkpoint, release);
  }

  /** A page that held nothing new and leads nowhere. Without an offset it is the end; with the same one, a fault. */
  async #stuck(atEnd: boolean, release: boolean): Promise<'caught-up'> {
    if (!atEnd) {
      throw new AuditBusError(
        'asana.cursor-stuck',
        'Asana answers with the same events and the same offset again. The poller stays where it is.',
        { retryable: true },
      );
    }
    await this.#caughtUp({ entries: [], nextOffset: null, bytes: 0 }, release);
    return 'caught-up';
  }

  #settleRecovery(knownSeen: boolean, reached: number | undefined, caughtUp: boolean): void {
    const { recovery } = this.checkpoint;
    if (recovery === undefined) return;
    const now = this.#deps.clock.now();
    const verdict = gapVerdict(recovery, { knownSeen, reached, caughtUp, now });
    if (verdict === 'undecided') return;
    this.checkpoint = recoverySettled(this.checkpoint);
    if (verdict === 'none') return;
    this.#tally.possibleGaps++;
    this.#deps.log.error('events may have been deleted before they could be read', { ...recovery });
    this.#report(OPERATIONAL_DETAIL_TYPES.possibleGap, {
      code: 'gap.possible',
      message:
        'After an expired offset none of the known events came again: events after the newest known one may have been deleted by Asana before they could be read.',
      from: recovery.knownUntil,
      to: isoOf(reached) ?? new Date(now).toISOString(),
    });
  }

  /** Reports that no page carries, because there is none. */
  async #publishReports(): Promise<void> {
    if (this.#reports.length === 0) return;
    const result = await this.#deps.publisher.publish(this.#reports, {
      maySend: () => this.#maySend(),
    });
    this.#tally.publishRetries += result.retries;
    if (result.failure !== undefined) {
      const { code, message, retryable } = result.failure;
      throw new AuditBusError(code, message, { retryable });
    }
    this.#reports = [];
  }

  #report(type: OperationalDetailType, data: Operational): void {
    const publishedAt = this.#deps.clock.now();
    const { workspaceGid } = this.checkpoint;
    this.#reports.push(operationalEntry(type, data, { workspaceGid, publishedAt }));
  }

  #count(prepared: PreparedPage, outcome: PageOutcome): void {
    this.#tally.duplicates += prepared.duplicates;
    this.#tally.unknownTypes += prepared.unknownTypes.length;
    this.#tally.published += outcome.published;
    this.#tally.quarantined += outcome.quarantined;
    this.#tally.publishRetries += outcome.retries;
  }

  /** An event without a readable time is remembered beside its neighbours, so that it is not the first forgotten. */
  #remember(memory: Memory, outcome: PageOutcome): void {
    const { lastCreatedAt, liveFrom } = this.checkpoint;
    let neighbour = Date.parse(lastCreatedAt ?? liveFrom);
    for (const { gid, createdAt } of outcome.finished) {
      neighbour = createdAt ?? neighbour;
      memory.gids.add(gid, neighbour);
    }
  }

  #maySend(): boolean {
    return this.#lease.remaining() >= this.#timings.leaseMargin;
  }

  async #load(): Promise<Memory> {
    this.#memory ??= await this.#deps.checkpoints.loadMemory(this.checkpoint.workspaceGid);
    return this.#memory;
  }
}

function sameCursor(asked: Cursor, next: Cursor): boolean {
  return 'offset' in asked && 'offset' in next && asked.offset === next.offset;
}

function isoOf(instant: number | undefined): string | undefined {
  return instant === undefined ? undefined : new Date(instant).toISOString();
}
