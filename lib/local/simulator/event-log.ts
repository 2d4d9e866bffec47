// The audit log a simulated workspace holds: an index, and the events' text. This one lives in memory; event-file.ts is a file.
import { AuditBusError } from '../../errors.ts';
import { EventIndex } from './event-index.ts';

export interface EventLog {
  readonly index: EventIndex;
  /** Takes in what was added since. Called before every request. @throws AuditBusError `simulator.events` */
  refresh(): void;
  /** The JSON text of events, as it was given, byte by byte. */
  read(indices: readonly number[]): Buffer[];
  close(): void;
}

export class MemoryEventLog implements EventLog {
  readonly index = new EventIndex();
  readonly #lines: Buffer[] = [];
  readonly #beforeRefresh: (() => void) | undefined;

  /** `beforeRefresh` may append: that is how a generated workspace goes on living. */
  constructor(events: Iterable<unknown> = [], options: { beforeRefresh?: () => void } = {}) {
    this.#beforeRefresh = options.beforeRefresh;
    this.append(...events);
  }

  /** Adds any JSON values, as events made now: whatever their `created_at`, a kept offset finds them. */
  append(...events: unknown[]): void {
    for (const event of events) this.appendLine(JSON.stringify(event));
  }

  /** Adds one event as JSON text, which is served as it is. @throws AuditBusError `simulator.events` */
  appendLine(line: string | Uint8Array): void {
    const bytes = Buffer.from(line as string);
    this.index.add(bytes, parseEventLine(bytes.toString('utf8'), 'an appended event'));
    this.#lines.push(bytes);
  }

  refresh(): void {
    this.#beforeRefresh?.();
  }

  read(indices: readonly number[]): Buffer[] {
    return indices.map((index) => this.#lines[index] ?? Buffer.alloc(0));
  }

  close(): void {}
}

/** `where` begins the message. The parser's own words quote the line, so they are made fit for one line of a terminal. */
export function parseEventLine(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause))
      // It counts lines within the one line it was given.
      .replace(/ \(line \d+ column \d+\)$/, '')
      .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
      .slice(0, 120);
    throw new AuditBusError('simulator.events', `${where}: not a JSON value (${reason})`);
  }
}
