// Cutting pages: nothing lost, nothing doubled, ascending within what was there, filters as Asana has them.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryEventLog } from '../../../lib/local/simulator/event-log.ts';
import type { Cursor } from '../../../lib/local/simulator/offset-token.ts';
import { cutPage, servedBefore } from '../../../lib/local/simulator/page.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const event = (gid: string, minute: number, more: object = {}) => ({
  gid,
  created_at: at(minute),
  ...more,
});

function served(
  log: MemoryEventLog,
  options: Parameters<typeof cutPage>[2],
  from?: Cursor,
): { events: number[]; cursor: Cursor } {
  let cursor = from;
  const events: number[] = [];
  for (;;) {
    const cut = cutPage(log.index, cursor, options);
    events.push(...cut.events);
    cursor = cut.cursor;
    if (cut.events.length === 0) return { events, cursor };
  }
}

describe('a listing', () => {
  it('is ordered by creation time; equal times and unreadable ones keep their place', () => {
    const log = new MemoryEventLog([
      event('c', 3),
      event('a', 1),
      { gid: 'behind a', created_at: 'never' },
      event('a too', 1),
      'stray',
      event('b', 2),
    ]);
    expect(served(log, { filters: {}, limit: 2 }).events).toEqual([1, 2, 3, 4, 5, 0]);
  });

  it('goes on with late events, whatever their age', () => {
    const log = new MemoryEventLog([event('b', 20), event('a', 10)]);
    const { cursor } = served(log, { filters: {}, limit: 100 });
    log.append(event('late 2', 5), event('late 1', 2));
    expect(served(log, { filters: {}, limit: 100 }, cursor).events).toEqual([3, 2]);
  });

  it('serves each event once, ascending by batch, for any times, limits and additions', () => {
    const batches = fc.array(fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 12 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(batches, fc.integer({ min: 1, max: 5 }), (minutes, limit) => {
        const log = new MemoryEventLog();
        const seen: number[] = [];
        let cursor: Cursor | undefined;
        for (const batch of minutes) {
          log.append(...batch.map((minute) => event('x', minute)));
          const next = served(log, { filters: {}, limit }, cursor);
          const times = next.events.map((index) => log.index.timeOf(index));
          expect(times).toEqual(times.toSorted((a, b) => a - b));
          seen.push(...next.events);
          cursor = next.cursor;
        }
        expect(seen.toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: log.index.length }, (_, index) => index),
        );
      }),
    );
  });

  it('filters as a plain filter over the sorted events would', () => {
    const filters = fc.record(
      {
        startAt: fc.integer({ min: 0, max: 20 }).map((minute) => Date.parse(at(minute))),
        endAt: fc.integer({ min: 0, max: 20 }).map((minute) => Date.parse(at(minute))),
        eventType: fc.constantFrom('p', 'q'),
        actorType: fc.constantFrom('user', 'asana'),
        actorGid: fc.constantFrom('1', '2'),
        resourceGid: fc.constantFrom('1', '2'),
      },
      { requiredKeys: [] },
    );
    const events = fc.array(
      fc.record({
        created_at: fc.integer({ min: 0, max: 20 }).map(at),
        event_type: fc.constantFrom('p', 'q'),
        actor: fc.record({
          actor_type: fc.constantFrom('user', 'asana'),
          gid: fc.constantFrom('1', 2),
        }),
        resource: fc.record({ gid: fc.constantFrom('1', 2) }),
      }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(events, filters, fc.integer({ min: 1, max: 4 }), (all, asked, limit) => {
        const log = new MemoryEventLog(all);
        const wanted = all
          .map((each, index) => ({ each, index, time: Date.parse(each.created_at) }))
          .filter(
            ({ each, time }) =>
              (asked.startAt === undefined || time >= asked.startAt) &&
              (asked.endAt === undefined || time < asked.endAt) &&
              (asked.eventType ?? each.event_type) === each.event_type &&
              (asked.actorType ?? each.actor.actor_type) === each.actor.actor_type &&
              (asked.actorGid ?? String(each.actor.gid)) === String(each.actor.gid) &&
              (asked.resourceGid ?? String(each.resource.gid)) === String(each.resource.gid),
          )
          .toSorted((a, b) => a.time - b.time)
          .map(({ index }) => index);
        expect(served(log, { filters: asked, limit }).events).toEqual(wanted);
      }),
    );
  });

  it('leaves out what is older than the retention', () => {
    const log = new MemoryEventLog([event('old', 1), event('new', 9)]);
    const options = { filters: {}, limit: 9, retainedFrom: Date.parse(at(5)) };
    expect(served(log, options).events).toEqual([1]);
  });
});

describe('what was served before a cursor', () => {
  it('reaches back over the batch and the ones before it', () => {
    const log = new MemoryEventLog([event('b', 2), event('a', 1)]);
    const first = served(log, { filters: {}, limit: 9 }).cursor;
    expect(servedBefore(log.index, first, {}, 5)).toEqual([0, 1]);
    log.append(event('c', 3));
    const { cursor } = served(log, { filters: {}, limit: 9 }, first);
    expect(servedBefore(log.index, cursor, {}, 2)).toEqual([2, 1]);
  });
});
