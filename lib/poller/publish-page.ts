// Brings a prepared page onto the bus: quarantines what cannot travel whole, publishes the rest, and says what is left.
import { cutEnvelope, type EnvelopeContext, operationalEntry } from '../bus/envelope.ts';
import type { BusEntry, Publisher, PublishResult } from '../bus/publisher-port.ts';
import { type QuarantineStore, quarantineKey } from '../bus/quarantine.ts';
import { OPERATIONAL_DETAIL_TYPES } from '../contract/sources.ts';
import { AuditBusError } from '../errors.ts';
import type { PreparedEvent, PreparedPage } from './prepare-page.ts';

export interface PageOutcome {
  /** Events that are done with: on the bus, or in quarantine where the bus takes no form of them. */
  readonly finished: readonly PreparedEvent[];
  /** Events on the bus, cut ones included. */
  readonly published: number;
  readonly quarantined: number;
  readonly retries: number;
  /** Why the page is not finished; absent when it is. */
  readonly failure?: AuditBusError;
}

export interface PublishDependencies {
  readonly publisher: Publisher;
  readonly quarantine: QuarantineStore;
  readonly maySend: () => boolean;
}

/** Never rejects: a page that could not be finished says so, with all that was done of it. */
export async function publishPage(
  page: PreparedPage,
  operational: readonly BusEntry[],
  context: EnvelopeContext,
  { publisher, quarantine, maySend }: PublishDependencies,
): Promise<PageOutcome> {
  const aside = new Aside(context, quarantine, maySend);
  await aside.takeNameless(page.nameless);
  const cut = await aside.take(
    page.events.filter((event) => event.tooLarge),
    'too-large',
  );
  const whole = page.events
    .filter((event) => !event.tooLarge)
    .map((event) => ({ event, entry: event.entry }));

  const first = await send(
    publisher,
    [...whole, ...cut],
    [...operational, ...aside.reports()],
    maySend,
  );
  // What EventBridge refuses for itself goes aside whole, and its cut form takes its place.
  const refused = first.refused.filter((event) => !event.tooLarge);
  const replaced = await aside.take(refused, 'refused');
  const second = await send(publisher, replaced, aside.reports(), maySend);

  const refusedTwice = [...first.refused.filter((event) => event.tooLarge), ...second.refused];
  // Nothing at all was taken, not even ids and types: then it is not the entries that are wrong.
  const nothingTaken = first.taken.length + second.taken.length === 0 && refusedTwice.length > 0;
  const failure =
    aside.failure ??
    first.failure ??
    second.failure ??
    (nothingTaken
      ? new AuditBusError(
          'publish.refused',
          'EventBridge refuses every entry of the page, cut forms included.',
        )
      : undefined);
  return {
    finished: [...first.taken, ...second.taken, ...(nothingTaken ? [] : refusedTwice)],
    published: first.taken.length + second.taken.length,
    quarantined: aside.count,
    retries: first.retries + second.retries,
    ...(failure === undefined ? {} : { failure }),
  };
}

interface Outgoing {
  readonly event: PreparedEvent;
  readonly entry: BusEntry;
}

async function send(
  publisher: Publisher,
  events: readonly Outgoing[],
  operational: readonly BusEntry[],
  maySend: () => boolean,
) {
  const entries = [...events.map(({ entry }) => entry), ...operational];
  const result: PublishResult =
    entries.length === 0
      ? { published: [], poison: [], retries: 0 }
      : await publisher.publish(entries, { maySend });
  return {
    taken: events.flatMap(({ event }, index) => (result.published[index] ? [event] : [])),
    refused: result.poison.flatMap(({ index }) => events[index]?.event ?? []),
    retries: result.retries,
    failure:
      result.failure &&
      new AuditBusError(result.failure.code, result.failure.message, {
        retryable: result.failure.retryable,
      }),
  };
}

/** Puts events aside, several at a time, and gathers the report of each. */
class Aside {
  count = 0;
  failure: AuditBusError | undefined;
  readonly #context: EnvelopeContext;
  readonly #quarantine: QuarantineStore;
  readonly #maySend: () => boolean;
  #reports: BusEntry[] = [];

  constructor(context: EnvelopeContext, quarantine: QuarantineStore, maySend: () => boolean) {
    this.#context = context;
    this.#quarantine = quarantine;
    this.#maySend = maySend;
  }

  /** Entries that are no event or have no gid: never on the bus, since nothing could recognise them. */
  async takeNameless(texts: readonly string[]): Promise<void> {
    await inParallel(texts, async (text) => {
      await this.#put(text, undefined, undefined, 'no-gid');
    });
  }

  /** @returns the cut forms of those that are now in quarantine */
  async take(events: readonly PreparedEvent[], reason: string): Promise<Outgoing[]> {
    const cut: Outgoing[] = [];
    await inParallel(events, async (event) => {
      const uri = await this.#put(JSON.stringify(event.event), event.createdAt, event.gid, reason);
      if (uri === undefined) return;
      cut.push({
        event,
        entry: cutEnvelope(event.event, event.redacted, this.#context, uri).entry,
      });
    });
    return cut;
  }

  /** The reports since the last call. */
  reports(): BusEntry[] {
    const reports = this.#reports;
    this.#reports = [];
    return reports;
  }

  async #put(
    body: string,
    createdAt: number | undefined,
    gid: string | undefined,
    reason: string,
  ): Promise<string | undefined> {
    if (this.failure !== undefined || !this.#maySend()) {
      this.failure ??= new AuditBusError(
        'publish.stopped',
        'The run ended before all was quarantined.',
        { retryable: true },
      );
      return undefined;
    }
    try {
      const key = quarantineKey(this.#context.workspaceGid, createdAt, gid, body);
      const uri = await this.#quarantine.put(key, body);
      this.count++;
      this.#report(uri, gid, reason);
      return uri;
    } catch (cause) {
      this.failure = new AuditBusError(
        'quarantine.failed',
        'An event that cannot travel whole could not be quarantined; its page stays unfinished.',
        { retryable: true, cause },
      );
      return undefined;
    }
  }

  #report(uri: string, gid: string | undefined, reason: string): void {
    this.#reports.push(
      operationalEntry(
        OPERATIONAL_DETAIL_TYPES.eventQuarantined,
        {
          code: 'event.quarantined',
          message: QUARANTINE_REASONS[reason] ?? reason,
          reason,
          quarantine: uri,
          ...(gid === undefined ? {} : { gid: gid.slice(0, 256) }),
        },
        this.#context,
      ),
    );
  }
}

const QUARANTINE_REASONS: Readonly<Record<string, string>> = {
  'no-gid':
    'An entry of the audit log is no event or has no gid. It is kept whole in quarantine and is not on the bus.',
  'too-large':
    'An event is too large to travel whole. It is kept in quarantine; its cut form is on the bus.',
  refused:
    'EventBridge refuses an event as it is. It is kept whole in quarantine; its cut form goes on the bus.',
};

/** S3 answers in tens of milliseconds, and a page may hold a thousand such events. */
const PUTS_IN_FLIGHT = 8;

async function inParallel<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(PUTS_IN_FLIGHT, items.length) }, worker));
}
