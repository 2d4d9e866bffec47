// Turns a page's entries into what is to be done with each: publish, quarantine, or nothing because it is known. Pure.
import { createdAtOf, eventTypeOf, gidOf } from '../asana/event.ts';
import { isKnownEventType } from '../asana/event-types.ts';
import { isJsonObject, parseLossless, stringifyLossless } from '../asana/lossless-json.ts';
import { type EnvelopeContext, envelope } from '../bus/envelope.ts';
import type { BusEntry } from '../bus/publisher-port.ts';
import type { Redactor } from '../bus/redaction.ts';
import type { Memory } from './memory.ts';

/** An event that has an identity. */
export interface PreparedEvent {
  readonly gid: string;
  /** As Asana sent it; undefined where there is none. */
  readonly eventType: string | undefined;
  readonly redacted: readonly string[];
  /** Epoch milliseconds; undefined where absent or unreadable. */
  readonly createdAt: number | undefined;
  /** What goes on the bus, or why it cannot travel whole: then it goes to quarantine, and cut on the bus. */
  readonly travels: BusEntry | Misfit;
}

export interface Misfit {
  readonly unfit: Unfit;
  readonly event: Record<string, unknown>;
}

/** Over the size that every target takes, or nested deeper than a parser of theirs may go. */
export type Unfit = 'too-large' | 'too-deep';

export interface PreparedPage {
  readonly events: readonly PreparedEvent[];
  /** Of `events`. */
  readonly newGids: ReadonlySet<string>;
  /** JSON text of entries that are no event, or have no gid: quarantined and reported, never on the bus. */
  readonly nameless: readonly string[];
  /** Gids on this page that are known, or stood on it already. */
  readonly duplicates: readonly string[];
  /** A gid that was remembered, created at or before the given instant, came again. */
  readonly knownSeen: boolean;
  /** Types that no registry knows and no report has named, in order of appearance. */
  readonly unknownTypes: readonly string[];
  readonly types: ReadonlySet<string>;
  /**
   * Epoch milliseconds over all entries, known ones included. Never ahead of our own clock: positions in time come from
   * it, and one event dated in the future must not hide those to come.
   */
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
  const types = new Set<string>();
  const newGids = new Set<string>();
  const duplicates: string[] = [];
  let knownSeen = false;
  let newestCreatedAt: number | undefined;

  for (const entry of entries) {
    const gid = isJsonObject(entry) ? gidOf(entry) : undefined;
    if (!isJsonObject(entry) || gid === undefined) {
      if (isJsonObject(entry)) context.redact(entry);
      nameless.push(stringifyLossless(entry));
      continue;
    }
    const createdAt = createdAtOf(entry);
    if (createdAt !== undefined) {
      newestCreatedAt = Math.max(newestCreatedAt ?? 0, Math.min(createdAt, context.publishedAt));
    }
    // Of known events too: their type may have gone out while its report did not.
    const type = eventTypeOf(entry);
    if (type !== undefined) types.add(type);
    if (type !== undefined && !isKnownEventType(type) && !context.memory.wasReported(type)) {
      unknownTypes.add(type);
    }
    if (newGids.has(gid) || context.memory.isKnown(gid)) {
      duplicates.push(gid);
      const known = context.memory.gids.createdAt(gid);
      knownSeen ||=
        known !== undefined && context.knownUntil !== undefined && known <= context.knownUntil;
      continue;
    }
    newGids.add(gid);
    const redacted = context.redact(entry);
    const travels = seal(entry, redacted, context);
    events.push({ gid, eventType: type, redacted, createdAt, travels });
  }
  return {
    events,
    newGids,
    nameless,
    duplicates,
    knownSeen,
    unknownTypes: [...unknownTypes],
    types,
    newestCreatedAt,
  };
}

/**
 * The event as Asana sent it, redactions aside. One that travels is read again from its own text: seldom asked for, and
 * objects kept for a page's whole stay would be copied by each collection of garbage meanwhile.
 */
export function wholeEvent({ travels }: PreparedEvent): Record<string, unknown> {
  if ('unfit' in travels) return travels.event;
  return (parseLossless(travels.detail) as { data: Record<string, unknown> }).data;
}

function seal(
  event: Record<string, unknown>,
  redacted: readonly string[],
  context: PageContext,
): BusEntry | Misfit {
  try {
    const { entry, deliveredBytes } = envelope(event, redacted, context);
    return deliveredBytes > context.maxEventBytes ? { unfit: 'too-large', event } : entry;
  } catch (error) {
    // JSON.stringify recurses; what it cannot write, few parsers behind the bus can read.
    if (error instanceof RangeError) return { unfit: 'too-deep', event };
    throw error;
  }
}
