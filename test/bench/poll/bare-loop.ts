// The same work with nothing of ours round it: fetch a page while the last one is sent, parse it, send each event's own
// text. No envelope, no redaction, no duplicates, no checkpoint, no retries; the same clients and number in flight.
import { PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { Agent, request } from '../../../lib/asana/http-request.ts';
import { MAX_ENTRIES_PER_REQUEST } from '../../../lib/bus/chunker.ts';
import { DEFAULT_CONCURRENCY } from '../../../lib/bus/put-events-publisher.ts';
import { AUDIT_LOG_SOURCE } from '../../../lib/contract/sources.ts';
import { type BenchClients, BUS, TOKEN } from './clients.ts';

interface Page {
  readonly data: readonly { readonly event_type: string; readonly created_at: string }[];
  readonly next_page: { readonly offset: string };
}

export interface BareEvent {
  readonly type: string;
  readonly createdAt: string;
  readonly text: string;
}

export class BareLoop {
  readonly #clients: BenchClients;
  readonly #agent = new Agent({ keepAliveTimeout: 30_000 });

  constructor(clients: BenchClients) {
    this.#clients = clients;
  }

  /** @returns how many events were sent */
  async run(): Promise<number> {
    let sent = 0;
    let fetching = this.fetchText(undefined);
    for (;;) {
      const text = await fetching;
      const page = JSON.parse(text) as Page;
      if (page.data.length === 0) return sent;
      fetching = this.fetchText(page.next_page.offset);
      await this.#sendAll(eventsOf(page, text));
      sent += page.data.length;
    }
  }

  async fetchText(offset: string | undefined): Promise<string> {
    const url = new URL(`${this.#clients.url}/workspaces/1/audit_log_events`);
    if (offset !== undefined) url.searchParams.set('offset', offset);
    const { body } = await request(this.#agent, url, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    return await body.text();
  }

  /** @returns the events of the log's first page */
  async firstEvents(): Promise<readonly BareEvent[]> {
    const text = await this.fetchText(undefined);
    return eventsOf(JSON.parse(text) as Page, text);
  }

  async put(events: readonly BareEvent[]): Promise<void> {
    const { FailedEntryCount } = await this.#clients.eventBridge.send(
      new PutEventsCommand({
        Entries: events.map(({ type, createdAt, text }) => ({
          EventBusName: BUS,
          Source: AUDIT_LOG_SOURCE,
          DetailType: type,
          Detail: text,
          Time: new Date(createdAt),
        })),
      }),
    );
    if (FailedEntryCount !== 0) throw new Error(`${FailedEntryCount} entries were refused.`);
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  async #sendAll(events: readonly BareEvent[]): Promise<void> {
    let next = 0;
    const worker = async () => {
      while (next < events.length) {
        const from = next;
        next += MAX_ENTRIES_PER_REQUEST;
        await this.put(events.slice(from, from + MAX_ENTRIES_PER_REQUEST));
      }
    };
    await Promise.all(Array.from({ length: DEFAULT_CONCURRENCY }, worker));
  }
}

/** The servers put each event on a line of its own, the brackets on theirs. */
function eventsOf(page: Page, text: string): BareEvent[] {
  const lines = text.split('\n');
  return page.data.map(({ event_type, created_at }, index) => {
    const line = lines[index + 1] ?? '';
    const end = line.endsWith(',') ? -1 : undefined;
    return { type: event_type, createdAt: created_at, text: line.slice(0, end) };
  });
}
