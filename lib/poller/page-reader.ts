// Reads pages, and finds a way past those that cannot be read: the same offset with smaller and smaller limits.

import type { AuditLogPage, PageRequest } from '../asana/client.ts';
import { AsanaError, UNREADABLE_CODES } from '../asana/errors.ts';
import { AuditBusError } from '../errors.ts';
import type { Cursor } from './checkpoint.ts';

/** What the reader needs of the Asana client. */
export interface PageSource {
  fetchPage(page: PageRequest, deadline: number, signal?: AbortSignal): Promise<AuditLogPage>;
}

/** The largest explicit limit that Asana documents; asking for none serves up to 1,000. */
const FIRST_SMALLER_LIMIT = 100;
/** Pages read at a smaller size before a larger one is tried: what was too large just now mostly still is. */
const READ_BEFORE_GROWING = 4;

/** One event cannot be read even alone. `cursor` is where it stands. */
export class EventUnreadableError extends AuditBusError {
  readonly cursor: Cursor;

  constructor(cursor: Cursor, cause: AsanaError) {
    super(
      'page.unreadable',
      `The next event cannot be read even alone (${cause.code}). The poller stays before it and tries again at each run; set skipUnreadable to step over it.`,
      { cause },
    );
    this.cursor = cursor;
  }
}

export class PageReader {
  readonly #source: PageSource;
  readonly #workspaceGid: string;
  readonly #configuredLimit: number | undefined;
  /** Undefined while pages are read at their usual size. */
  #smallerLimit: number | undefined;
  #readSinceChange = 0;

  constructor(source: PageSource, workspaceGid: string, limit: number | undefined) {
    this.#source = source;
    this.#workspaceGid = workspaceGid;
    this.#configuredLimit = limit;
  }

  /**
   * @param deadline on the clock's monotonic scale
   * @throws EventUnreadableError; AsanaError for all that a smaller page cannot mend
   */
  async read(cursor: Cursor, deadline: number, signal?: AbortSignal): Promise<AuditLogPage> {
    let failures = 0;
    for (;;) {
      try {
        const page = await this.#source.fetchPage(
          { workspaceGid: this.#workspaceGid, ...cursor, limit: this.#limit() },
          deadline,
          signal,
        );
        this.#grow();
        return page;
      } catch (error) {
        if (!(error instanceof AsanaError) || !UNREADABLE_CODES.has(error.code)) throw error;
        failures++;
        // What does not parse may have been cut on its way, so it is asked for twice; what is too large stays so.
        if (error.code !== 'asana.response-too-large' && failures < 2) continue;
        if (this.#limit() === 1) throw new EventUnreadableError(cursor, error);
        this.#shrink();
        failures = 0;
      }
    }
  }

  /** Whether a window of time can be read, for skipUnreadable's search. Takes no part in the shrinking. */
  async canRead(startAt: string, endAt: string, deadline: number): Promise<boolean> {
    const window = { workspaceGid: this.#workspaceGid, startAt, endAt, limit: FIRST_SMALLER_LIMIT };
    for (let failures = 0; failures < 2; failures++) {
      try {
        await this.#source.fetchPage(window, deadline);
        return true;
      } catch (error) {
        if (!(error instanceof AsanaError) || !UNREADABLE_CODES.has(error.code)) throw error;
      }
    }
    return false;
  }

  #limit(): number | undefined {
    return this.#smallerLimit ?? this.#configuredLimit;
  }

  #shrink(): void {
    const limit = this.#limit();
    this.#smallerLimit =
      limit === undefined ? FIRST_SMALLER_LIMIT : Math.max(1, Math.floor(limit / 2));
    this.#readSinceChange = 0;
  }

  #grow(): void {
    if (this.#smallerLimit === undefined || ++this.#readSinceChange < READ_BEFORE_GROWING) return;
    this.#readSinceChange = 0;
    const larger = this.#smallerLimit * 2;
    const usual = this.#configuredLimit ?? FIRST_SMALLER_LIMIT;
    this.#smallerLimit = larger > usual ? undefined : larger;
  }
}
