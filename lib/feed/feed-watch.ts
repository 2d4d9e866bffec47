// Watches over one or more workspaces' feeds after each poll: learns when events come, reports a silence once, and when it is
// over. What counts as a silence is silence.ts's. It never fails a poll: polling matters more.
import { operationalEntry } from '../bus/envelope.ts';
import type { Publisher } from '../bus/publisher-port.ts';
import type { Clock } from '../clock.ts';
import type { Operational } from '../contract/operational.ts';
import { OPERATIONAL_DETAIL_TYPES, type OperationalDetailType } from '../contract/sources.ts';
import { AuditBusError, describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { FeedStore, StoredFeed } from './feed-store.ts';
import { heard, newFeed, type Silence, silenceAt } from './silence.ts';

export interface FeedWatchDeps {
  readonly store: FeedStore;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Poll {
  readonly workspaceGid: string;
  /** Whether the log was read to its end: only then can it be silent. */
  readonly caughtUp: boolean;
  /** Slots in which the events it published were created. */
  readonly slots: ReadonlySet<number>;
  /** One request for one event, whichever: says how many came. @throws what the API answers otherwise */
  readonly probe: () => Promise<number>;
}

/** Tries at an item that another invocation keeps changing; what is not written now is learned at the next events. */
const MAX_TRIES = 3;

export class FeedWatch {
  readonly #deps: FeedWatchDeps;
  /** As last read or written here. Another instance may have written since, so nothing is reported without reading afresh. */
  readonly #cached = new Map<string, StoredFeed>();

  constructor(deps: FeedWatchDeps) {
    this.#deps = deps;
  }

  /** Never rejects. @returns whether the workspace is in a silence that has been reported */
  async after(poll: Poll): Promise<boolean> {
    try {
      return await this.#look(poll);
    } catch (error) {
      this.#cached.delete(poll.workspaceGid);
      this.#deps.log.warn('the feed could not be watched', {
        workspaceGid: poll.workspaceGid,
        reason: describeError(error),
      });
      return false;
    }
  }

  async #look(poll: Poll): Promise<boolean> {
    const { store, clock } = this.#deps;
    const { workspaceGid, slots, caughtUp } = poll;
    const known = this.#cached.get(workspaceGid);
    const isQuiet =
      known !== undefined &&
      known.feed.silentFrom === undefined &&
      heard(known.feed, slots, clock.now()) === undefined &&
      !(caughtUp && silenceAt(known.feed, clock.now()).unusual);
    if (isQuiet) return false;

    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const now = clock.now();
      const stored = await store.read(workspaceGid);
      const { feed, version } = stored ?? { feed: newFeed(now), version: 0 };
      const learned = heard(feed, slots, now);
      const next = await this.#settle(learned ?? feed, poll, now);
      const isWritten =
        stored !== undefined && learned === undefined && next === feed
          ? undefined
          : await store.write(workspaceGid, next, version);
      if (isWritten === false) continue;
      this.#cached.set(workspaceGid, { feed: next, version: version + (isWritten ? 1 : 0) });
      return next.silentFrom !== undefined;
    }
    throw new AuditBusError('feed.contended', 'Others kept writing what is known of the feed.');
  }

  /** Reports first and is saved after: a report may come twice, but is never lost. */
  async #settle(feed: StoredFeed['feed'], poll: Poll, now: number): Promise<StoredFeed['feed']> {
    const silence = silenceAt(feed, now);
    if (feed.silentFrom !== undefined && silence.from > feed.silentFrom) {
      await this.#report(poll, OPERATIONAL_DETAIL_TYPES.feedResumed, {
        code: 'feed.resumed',
        message: 'Events come again.',
        silentFrom: isoOf(feed.silentFrom),
      });
      return { ...feed, silentFrom: undefined };
    }
    if (feed.silentFrom !== undefined || !poll.caughtUp || !silence.unusual) return feed;
    await this.#report(poll, OPERATIONAL_DETAIL_TYPES.feedSilent, await silent(silence, poll));
    return { ...feed, silentFrom: silence.from };
  }

  async #report(poll: Poll, type: OperationalDetailType, data: Operational): Promise<void> {
    const { workspaceGid } = poll;
    this.#deps.log.warn(data.message, { ...data, workspaceGid });
    const context = { workspaceGid, publishedAt: this.#deps.clock.now() };
    const result = await this.#deps.publisher.publish([operationalEntry(type, data, context)]);
    if (result.published[0]) return;
    throw new AuditBusError(
      result.failure?.code ?? 'publish.refused',
      result.failure?.message ?? 'The bus did not take a report on the feed.',
      { retryable: true },
    );
  }
}

async function silent(silence: Silence, { probe }: Poll): Promise<Operational> {
  const { from, usualSlots } = silence;
  const answer = await answerOf(probe);
  const why =
    usualSlots === undefined
      ? 'longer than the fixed bound for a workspace that is not known for four weeks yet'
      : 'longer than usual for this hour and weekday';
  return {
    code: 'feed.silent',
    message: `Polls succeed, but no event has come since ${isoOf(from)}: ${why}. ${answer.words}`,
    silentFrom: isoOf(from),
    probe: answer.code,
    ...(usualSlots === undefined ? {} : { usualFiveMinutesWithEvents: usualSlots }),
  };
}

async function answerOf(probe: Poll['probe']): Promise<{ code: string; words: string }> {
  try {
    return (await probe()) > 0
      ? { code: 'answered', words: "Asked for any event, Asana's API answers with one." }
      : {
          code: 'empty',
          words: "Asked for any event, Asana's API answers, but holds none at all.",
        };
  } catch (error) {
    const code = error instanceof AuditBusError ? error.code : 'failed';
    return { code, words: `Asked for any event, Asana's API does not answer (${code}).` };
  }
}

function isoOf(instant: number): string {
  return new Date(instant).toISOString();
}
