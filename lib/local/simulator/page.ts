// Cuts one page out of an audit log: which events, and where the listing stands after them. Pure; serves nothing.
import type { EventIndex, Filters, Order } from './event-index.ts';
import type { Cursor } from './offset-token.ts';

export interface PageCut {
  /** Indices into the log, in the order they are served. */
  readonly events: readonly number[];
  readonly cursor: Cursor;
}

export interface PageOptions {
  readonly filters: Filters;
  /** Events at most. */
  readonly limit: number;
  /** Milliseconds since the epoch; events from before are gone. */
  readonly retainedFrom?: number | undefined;
  /** Serves a batch out of its order: the fault `late-event`. */
  readonly reorder?: ((order: Order) => Order) | undefined;
}

/** A listing from its start when there is no cursor. An empty batch is followed by the events that came in since. */
export function cutPage(
  index: EventIndex,
  cursor: Cursor | undefined,
  options: PageOptions,
): PageCut {
  const filters = retained(options);
  const batch = batchFor(index, cursor);
  const sorted = index.order(batch.base, batch.upTo);
  const order = options.reorder?.(sorted) ?? sorted;
  let position = batch.served;
  if (position === 0 && order === sorted && filters.startAt !== undefined) {
    position = index.firstAtOrAfter(sorted, filters.startAt);
  }
  const events: number[] = [];
  for (; position < order.length && events.length < options.limit; position++) {
    const event = order.at(position);
    if (index.matches(event, filters)) events.push(event);
  }
  return { events, cursor: { ...batch, served: position } };
}

/** The events served just before a cursor, newest first, `count` at most: what `duplicate-across-pages` serves again. */
export function servedBefore(
  index: EventIndex,
  cursor: Cursor,
  filters: Filters,
  count: number,
): number[] {
  const order = index.order(cursor.base, cursor.upTo);
  const found: number[] = [];
  for (let at = cursor.served - 1; at >= 0 && found.length < count; at--) {
    if (index.matches(order.at(at), filters)) found.push(order.at(at));
  }
  for (let event = cursor.base - 1; event >= 0 && found.length < count; event--) {
    if (index.matches(event, filters)) found.push(event);
  }
  return found;
}

function batchFor(index: EventIndex, cursor: Cursor | undefined): Cursor {
  if (cursor === undefined) return { base: 0, upTo: index.length, served: 0 };
  const finished = cursor.served >= cursor.upTo - cursor.base;
  return finished && index.length > cursor.upTo
    ? { base: cursor.upTo, upTo: index.length, served: 0 }
    : cursor;
}

function retained({ filters, retainedFrom }: PageOptions): Filters {
  if (retainedFrom === undefined) return filters;
  return {
    ...filters,
    startAt: Math.max(filters.startAt ?? Number.NEGATIVE_INFINITY, retainedFrom),
  };
}
