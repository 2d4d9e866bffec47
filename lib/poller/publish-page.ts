// Brings a prepared page onto the bus: quarantines what cannot travel whole, publishes the rest, and says what is left.
import type { EnvelopeContext } from '../bus/envelope.ts';
import type { BusEntry, Publisher, PublishOptions, PublishResult } from '../bus/publisher-port.ts';
import type { QuarantineStore } from '../bus/quarantine.ts';
import { AuditBusError } from '../errors.ts';
import type { PreparedEvent, PreparedPage } from './prepare-page.ts';
import { Aside, type Outgoing } from './put-aside.ts';

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
  /** See PublishOptions. What takes a refused event's place needs none: nothing of it was sent before. */
  readonly turn: NonNullable<PublishOptions['turn']>;
  /** Told once, when the first half of what travels whole is on the bus. @default - nobody is */
  readonly onFirstHalf?: ((events: readonly PreparedEvent[]) => void) | undefined;
}

/** Never rejects: a page that could not be finished says so, with all that was done of it. */
export async function publishPage(
  page: PreparedPage,
  operational: readonly BusEntry[],
  context: EnvelopeContext,
  { publisher, quarantine, maySend, turn, onFirstHalf }: PublishDependencies,
): Promise<PageOutcome> {
  const aside = new Aside(context, quarantine, maySend);
  await aside.takeNameless(page.nameless);
  const unfit = page.events.flatMap((event) =>
    'unfit' in event.travels ? [{ event, reason: event.travels.unfit }] : [],
  );
  const cut = await aside.take(unfit);
  const whole = page.events.flatMap((event) =>
    'unfit' in event.travels ? [] : [{ event, entry: event.travels, isCut: false }],
  );

  const reports = [...operational, ...aside.reports()];
  const first = await send(publisher, [...whole, ...cut], reports, {
    maySend,
    turn,
    ...(onFirstHalf === undefined ? {} : { onAnswer: untilFirstHalf(whole, onFirstHalf) }),
  });
  // What EventBridge refuses for itself goes aside whole, and its cut form takes its place.
  const refused = first.refused.filter(({ isCut }) => !isCut);
  const replaced = await aside.take(
    refused.map(({ event }) => ({ event, reason: 'refused' as const })),
  );
  const second = await send(publisher, replaced, aside.reports(), { maySend });

  const refusedTwice = [...first.refused.filter(({ isCut }) => isCut), ...second.refused];
  // Nothing at all was taken, no ids and types and no report: then it is not the entries that are wrong.
  const nothingTaken = !first.anyTaken && !second.anyTaken && refusedTwice.length > 0;
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
  const taken = [...first.taken, ...second.taken];
  // An event in quarantine is done with once its report is out as well: else the next run puts it aside again.
  const reported = first.allReported && second.allReported;
  const finished = [...taken.filter(({ isCut }) => !isCut || reported)];
  if (!nothingTaken && reported) finished.push(...refusedTwice);
  return {
    finished: finished.map(({ event }) => event),
    published: taken.length,
    quarantined: aside.count,
    retries: first.retries + second.retries,
    ...(failure === undefined ? {} : { failure }),
  };
}

/** @param whole what is published first of all, in the order of the page */
function untilFirstHalf(
  whole: readonly Outgoing[],
  onFirstHalf: (events: readonly PreparedEvent[]) => void,
): (published: readonly boolean[]) => void {
  const half = Math.ceil(whole.length / 2);
  let reached = 0;
  return (published) => {
    if (reached === half) return;
    while (reached < half && published[reached]) reached++;
    if (reached === half) onFirstHalf(whole.slice(0, half).map(({ event }) => event));
  };
}

async function send(
  publisher: Publisher,
  events: readonly Outgoing[],
  operational: readonly BusEntry[],
  options: PublishOptions,
) {
  const entries = [...events.map(({ entry }) => entry), ...operational];
  const result: PublishResult =
    entries.length === 0
      ? { published: [], poison: [], retries: 0 }
      : await publisher.publish(entries, options);
  const refused = new Set(result.poison.map(({ index }) => index));
  return {
    taken: events.filter((_, index) => result.published[index]),
    refused: events.filter((_, index) => refused.has(index)),
    anyTaken: result.published.includes(true),
    allReported: operational.every((_, position) => {
      const index = events.length + position;
      return result.published[index] || refused.has(index);
    }),
    retries: result.retries,
    failure:
      result.failure &&
      new AuditBusError(result.failure.code, result.failure.message, {
        retryable: result.failure.retryable,
      }),
  };
}
