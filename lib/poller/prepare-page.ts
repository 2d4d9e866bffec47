// Turns a page's entries into what is to be done with each: publish, quarantine, or nothing because it is known. Pure.
import { createdAtOf, eventTypeOf, gidOf } from '../asana/event.ts';
import { isKnownEventType } from '../asana/event-types.ts';
import { isJsonObject } from '../asana/lossless-json.ts';
import { type EnvelopeContext, envelope } from '../bus/envelope.ts';
import type { BusEntry } from '../bus/publisher-port.ts';
import type { Redactor } from '../bus/redaction.ts';
import type { Memory } from './memory.ts';

/** An event that has an identity. */
export interface PreparedEvent {
  readonly gid: string;
  readonly event: Record<string, unknown>;
  readonly redacted: readonly string[];
  /** Epoch milliseconds; undefined where absent or unreadable. */
  readonly createdAt: number | undefined;
  readonly entry: BusEntry;
  /** Over the size that every target takes: goes to quarantine whole, and cut on the bus. */
  readonly tooLarge: boolean;
}

export interface PreparedPage {
  readonly events: readonly PreparedEvent[];
  /** JSON text of entries that are no event, or have no gid: quarantined and reported, never on the bus. */
  readonly nameless: readonly string[];
  readonly duplicates: number;
  /** A gid that was remembered, created at or before the given instant, came again. */
  readonly knownSeen: boolean;
  /** Types that no registry knows and no report has named, in order of appearance. */
  readonly unknownTypes: readonly string[];
  /** Epoch milliseconds over all entries, known ones included. */
  readonly newestCreatedAt: number | undefined;
}

export interface PageContext extends EnvelopeContext {
  readonly redact: Redactor;
  readonly maxEventBytes: number;
  readonly memory: Memory;
  /** Epoch milliseconds: only events known until then prove that nothing was lost. */
  readonly knownUntil: number | undefined;
}

export function preparePage(entries: readonly unknown[], context: PageContext): PreparedPage {
  const events: PreparedEvent[] = [];
  const nameless: string[] = [];
  const unknownTypes = new Set<string>();
  const seenHere = new Set<string>();
  let duplicates = 0;
  let knownSeen = false;
  let newestCreatedAt: number | undefined;

  for (const entry of entries) {
    const gid = isJsonObject(entry) ? gidOf(entry) : undefined;
    if (!isJsonObject(entry) || gid === undefined) {
      if (isJsonObject(entry)) context.redact(entry);
      nameless.push(JSON.stringify(entry) ?? 'null');
      continue;
    }
    const createdAt = createdAtOf(entry);
    if (createdAt !== undefined && createdAt > (newestCreatedAt ?? -1)) newestCreatedAt = createdAt;
    if (seenHere.has(gid) || context.memory.gids.has(gid)) {
      duplicates++;
      const known = context.memory.gids.createdAt(gid);
      knownSeen ||=
        known !== undefined && context.knownUntil !== undefined && known <= context.knownUntil;
      continue;
    }
    seenHere.add(gid);
    const type = eventTypeOf(entry);
    if (type !== undefined && !isKnownEventType(type) && !context.memory.wasReported(type)) {
      unknownTypes.add(type);
    }
    const redacted = context.redact(entry);
    const sealed = envelope(entry, redacted, context);
    const tooLarge = sealed.deliveredBytes > context.maxEventBytes;
    events.push({ gid, event: entry, redacted, createdAt, entry: sealed.entry, tooLarge });
  }
  return {
    events,
    nameless,
    duplicates,
    knownSeen,
    unknownTypes: [...unknownTypes],
    newestCreatedAt,
  };
}
