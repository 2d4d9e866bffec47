// The pages being published: one begins while answers to the last are outstanding, and they are finished in order.
// Which page comes next, and whether there is time for it, is drain.ts's.
import type { EnvelopeContext } from '../bus/envelope.ts';
import type { BulkPublisher, BusEntry } from '../bus/publisher-port.ts';
import type { QuarantineStore } from '../bus/quarantine.ts';
import type { Clock } from '../clock.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Memory } from './memory.ts';
import type { PreparedEvent, PreparedPage } from './prepare-page.ts';
import { type PageOutcome, publishPage } from './publish-page.ts';
import type { SavePipeline } from './save-pipeline.ts';
import { type PageTurn, SendWindow } from './send-window.ts';
import type { PollerDependencies } from './settings.ts';
import type { Tally } from './summary.ts';

export interface PageUnderWay {
  readonly prepared: PreparedPage;
  readonly context: EnvelopeContext;
  /** Operational events that go out with it. */
  readonly reports: readonly BusEntry[];
  /** Where the log stands once this page and all before it are finished. */
  readonly checkpoint: Checkpoint;
  /** Epoch milliseconds: where the page before ended. */
  readonly before: number;
  /** Monotonic milliseconds: when it was first waited for. */
  readonly since: number;
  /** Called once, when this page or one before it cannot be finished. */
  readonly onFailure: () => void;
}

interface Dependencies {
  readonly publisher: BulkPublisher;
  readonly quarantine: QuarantineStore;
  readonly saves: SavePipeline;
  readonly tally: Tally;
  readonly clock: Clock;
  readonly maySend: () => boolean;
  /** The page is finished; its checkpoint is about to be saved. */
  readonly onFinished: (page: PageUnderWay) => void;
  /** Told of what is on the bus of a page, finished or not. */
  readonly onPublished?: PollerDependencies['onPublished'];
}

export class PagesUnderWay {
  readonly #deps: Dependencies;
  readonly #window: SendWindow;
  /** Of the last two begun: settles when the page is finished or given up; never rejects. */
  #last: Promise<void> = Promise.resolve();
  #beforeLast: Promise<void> = Promise.resolve();
  readonly #since: number[] = [];
  #longestMs = 0;
  /** Why a page could not be finished; the first reason counts. */
  #failure: { readonly error: unknown } | undefined;
  /** What a page that could not be finished has on the bus: not saved yet. */
  #unsaved: Memory | undefined;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    // So a run that dies, or whose lease is taken, has sent one page at most, and what could have been in flight, that the
    // next one does not know of.
    this.#window = new SendWindow(deps.publisher.entriesInFlight);
  }

  /** Milliseconds: the longest that a page took so far, those being published included. */
  longestMs(): number {
    const [oldest = Number.POSITIVE_INFINITY] = this.#since;
    return Math.max(this.#longestMs, this.#deps.clock.monotonic() - oldest);
  }

  /** Resolves when another page may begin: at most one other is being published then. @throws as `settled` */
  async room(): Promise<void> {
    await this.#beforeLast;
    if (this.#failure !== undefined) await this.settled();
  }

  /** Begins to publish a page; there must be room. */
  begin(page: PageUnderWay, memory: Memory): void {
    const { prepared, since } = page;
    this.#since.push(since);
    memory.pageBegun(prepared.newGids, prepared.unknownTypes);
    const turn = this.#window.begin();
    const previous = this.#last;
    // A page larger than the window would leave nothing to send while it is being remembered.
    const isLarge = prepared.events.length > this.#deps.publisher.entriesInFlight;
    const onFirstHalf = (events: readonly PreparedEvent[]) => {
      previous.then(() => this.#rememberHalf(page, events, memory, turn));
    };
    const publishing = publishPage(prepared, page.reports, page.context, {
      publisher: this.#deps.publisher,
      quarantine: this.#deps.quarantine,
      // A later page is of no use without the earlier one: what is unsent of it stays so.
      maySend: () => this.#failure === undefined && this.#deps.maySend(),
      turn: turn.take,
      onFirstHalf: isLarge ? onFirstHalf : undefined,
    });
    this.#beforeLast = previous;
    this.#last = this.#finish(page, memory, turn, publishing, previous);
  }

  /**
   * Resolves when every page begun is finished, if not saved.
   * @throws AuditBusError when one could not be; what is on the bus of it, and of the one behind it, is remembered then
   */
  async settled(): Promise<void> {
    await this.#last;
    if (this.#failure === undefined) return;
    // Should a write have failed meanwhile, that is what stopped the sending, and what is thrown here.
    await this.#deps.saves.flush();
    const unsaved = this.#unsaved;
    this.#unsaved = undefined;
    if (unsaved !== undefined) await this.#deps.saves.pagePartlyFinished(unsaved.snapshot());
    throw this.#failure.error;
  }

  async #finish(
    page: PageUnderWay,
    memory: Memory,
    turn: PageTurn,
    publishing: Promise<PageOutcome>,
    before: Promise<void>,
  ): Promise<void> {
    const { saves, clock } = this.#deps;
    try {
      const outcome = await publishing;
      await before;
      this.#take(page, outcome, memory);
      if (outcome.failure !== undefined) throw outcome.failure;
      if (this.#failure !== undefined) return;
      this.#deps.onFinished(page);
      await saves.pageFinished(page.checkpoint, memory.snapshotSoon());
      const fail = (error: unknown) => this.#fail(page, error);
      saves.remembered().then(turn.remembered, fail);
      saves.saved().catch(fail);
    } catch (error) {
      this.#fail(page, error);
    } finally {
      const since = this.#since.shift() ?? 0;
      this.#longestMs = Math.max(this.#longestMs, clock.monotonic() - since);
    }
  }

  /** The pages before are finished. */
  #rememberHalf(
    page: PageUnderWay,
    events: readonly PreparedEvent[],
    memory: Memory,
    turn: PageTurn,
  ): void {
    if (this.#failure !== undefined) return;
    const { saves } = this.#deps;
    memory.pagePartlyPublished(events, page.before, page.context.publishedAt);
    saves.pageHalfPublished(memory.snapshotSoon());
    saves.remembered().then(
      () => turn.partRemembered(events.length),
      (error: unknown) => this.#fail(page, error),
    );
  }

  /** Counts what came of the page, and remembers what of it is on the bus. */
  #take(page: PageUnderWay, outcome: PageOutcome, memory: Memory): void {
    const { prepared, before, context } = page;
    const { tally } = this.#deps;
    this.#deps.onPublished?.(outcome.finished);
    tally.duplicates += prepared.duplicates.length;
    tally.published += outcome.published;
    tally.quarantined += outcome.quarantined;
    tally.publishRetries += outcome.retries;
    memory.pagePublished(outcome.finished, prepared.duplicates, before, context.publishedAt);
    const unfinished = outcome.failure !== undefined || this.#failure !== undefined;
    if (unfinished && outcome.finished.length > 0) this.#unsaved = memory;
    if (outcome.failure !== undefined) return;
    tally.unknownTypes += prepared.unknownTypes.length;
    for (const type of prepared.unknownTypes) memory.reported(type);
  }

  #fail(page: PageUnderWay, error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = { error };
    this.#window.lift();
    page.onFailure();
  }
}
