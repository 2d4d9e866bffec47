// Puts events into quarantine that cannot travel whole, or cannot be recognised, and says so: each gets a report, and its
// cut form where there is one. Publishing both is publish-page.ts's.
import { stringifyLossless } from '../asana/lossless-json.ts';
import { cutEnvelope, type EnvelopeContext, operationalEntry } from '../bus/envelope.ts';
import type { BusEntry } from '../bus/publisher-port.ts';
import { type QuarantineStore, quarantineKey } from '../bus/quarantine.ts';
import { OPERATIONAL_DETAIL_TYPES } from '../contract/sources.ts';
import { AuditBusError } from '../errors.ts';
import { type PreparedEvent, type Unfit, wholeEvent } from './prepare-page.ts';

/** What goes out for an event: itself, or its cut form. */
export interface Outgoing {
  readonly event: PreparedEvent;
  readonly entry: BusEntry;
  /** The whole of it is in quarantine. */
  readonly isCut: boolean;
}

/** Puts events aside, several at a time, and gathers the report of each. */
export class Aside {
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
  async take(
    events: readonly { readonly event: PreparedEvent; readonly reason: Reason }[],
  ): Promise<Outgoing[]> {
    const cut: Outgoing[] = [];
    await inParallel(events, async ({ event, reason }) => {
      const whole = wholeEvent(event);
      const body = stringifyLossless(whole);
      const uri = await this.#put(body, event.createdAt, event.gid, reason);
      if (uri === undefined) return;
      const { entry } = cutEnvelope(whole, event.redacted, this.#context, uri);
      cut.push({ event, entry, isCut: true });
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
    reason: Reason,
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

  #report(uri: string, gid: string | undefined, reason: Reason): void {
    this.#reports.push(
      operationalEntry(
        OPERATIONAL_DETAIL_TYPES.eventQuarantined,
        {
          code: 'event.quarantined',
          message: QUARANTINE_REASONS[reason],
          reason,
          quarantine: uri,
          ...(gid === undefined ? {} : { gid: gid.slice(0, 256) }),
        },
        this.#context,
      ),
    );
  }
}

type Reason = Unfit | 'no-gid' | 'refused';

const QUARANTINE_REASONS: Readonly<Record<Reason, string>> = {
  'no-gid':
    'An entry of the audit log is no event or has no gid. It is kept whole in quarantine and is not on the bus.',
  'too-large':
    'An event is too large to travel whole. It is kept in quarantine; its cut form is on the bus.',
  'too-deep':
    'An event is nested too deep to travel whole. It is kept in quarantine; its cut form is on the bus.',
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
