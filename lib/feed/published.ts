// What one run brought onto the bus, by time, category and type: for the feed's habit, and for the log lines from which the
// dashboard counts. Counts in log lines cost nothing while idle; a metric for each type would cost $0.30 a month.

import { categoryOf } from '../asana/event-types.ts';
import { LOG_LINES, OTHER } from '../contract/log-lines.ts';
import { UNKNOWN_DETAIL_TYPE } from '../contract/sources.ts';
import type { Log } from '../log.ts';
import { slotOf } from './habit.ts';

interface PublishedEvent {
  readonly eventType: string | undefined;
  /** Epoch milliseconds. */
  readonly createdAt: number | undefined;
}

/** Lines a run; types beyond are one line together. */
const MOST_TYPES = 20;
const MAX_TYPE_CHARACTERS = 128;

export class Published {
  /** Slots in which the events were created. */
  readonly slots = new Set<number>();
  readonly #byCategory = new Map<string, number>();
  readonly #byType = new Map<string, number>();

  add(events: readonly PublishedEvent[]): void {
    for (const { eventType, createdAt } of events) {
      if (createdAt !== undefined) this.slots.add(slotOf(createdAt));
      const type = eventType ?? UNKNOWN_DETAIL_TYPE;
      count(this.#byCategory, categoryOf(type) ?? OTHER, 1);
      count(this.#byType, type.slice(0, MAX_TYPE_CHARACTERS).toWellFormed(), 1);
    }
  }

  /** Writes nothing when there was nothing. */
  tell(log: Log, workspaceGid: string): void {
    if (this.#byType.size === 0) return;
    log.info(LOG_LINES.eventsByCategory, {
      workspaceGid,
      byCategory: Object.fromEntries(this.#byCategory),
    });
    const types = [...this.#byType].sort((a, b) => b[1] - a[1]);
    const told = new Map(types.slice(0, MOST_TYPES));
    for (const [, events] of types.slice(MOST_TYPES)) count(told, OTHER, events);
    for (const [eventType, events] of told) {
      log.info(LOG_LINES.eventsOfType, { workspaceGid, eventType, events });
    }
  }
}

function count(counts: Map<string, number>, key: string, more: number): void {
  counts.set(key, (counts.get(key) ?? 0) + more);
}
