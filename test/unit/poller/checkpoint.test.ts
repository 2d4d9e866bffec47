// How answers move the position, and when a gap is proven or possible.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Checkpoint,
  cursorOf,
  gapVerdict,
  offsetExpired,
  pageFinished,
  publishedUntil,
  RETENTION_MS,
} from '../../../lib/poller/checkpoint.ts';

const DAY = 24 * 60 * 60 * 1000;
const NOW = Date.parse('2026-10-05T12:00:00.000Z');
const iso = (instant: number) => new Date(instant).toISOString();

const NEW: Checkpoint = {
  workspaceGid: '1',
  mode: 'time',
  startAt: '2026-10-01T00:00:00.000Z',
  liveFrom: '2026-10-01T00:00:00.000Z',
  page: 0,
};

describe('the instant up to which all live events are published', () => {
  it.each<[string, Partial<Checkpoint>]>([
    ['2026-10-01T00:00:00.000Z', {}],
    // History that is being read makes nothing late.
    ['2026-10-01T00:00:00.000Z', { lastCreatedAt: '2026-07-10T00:00:00.000Z' }],
    ['2026-10-03T00:00:00.000Z', { lastCreatedAt: '2026-10-03T00:00:00.000Z' }],
    [
      '2026-10-04T12:00:00.000Z',
      { lastCreatedAt: '2026-10-03T00:00:00.000Z', lastPolledAt: '2026-10-04T12:00:00.000Z' },
    ],
  ])('%s of %o', (until, more) => {
    expect(iso(publishedUntil({ ...NEW, ...more }))).toBe(until);
  });
});

describe('the position', () => {
  it('nothing moves startAt or liveFrom, and every save has a page number of its own', () => {
    const step = fc.oneof(
      fc.record({
        nextOffset: fc.option(fc.string({ minLength: 1 })),
        newestCreatedAt: fc.option(fc.integer({ min: NOW - DAY, max: NOW }).map(iso), {
          nil: undefined,
        }),
        empty: fc.boolean(),
        answeredAt: fc.constant(iso(NOW)),
      }),
      fc.record({
        oldest: fc.option(fc.nat(NOW), { nil: undefined }),
        newest: fc.option(fc.nat(NOW), { nil: undefined }),
      }),
    );
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        let checkpoint = NEW;
        for (const each of steps) {
          const before = checkpoint;
          checkpoint =
            'empty' in each ? pageFinished(checkpoint, each) : offsetExpired(checkpoint, each);
          expect(checkpoint).toMatchObject({
            startAt: NEW.startAt,
            liveFrom: NEW.liveFrom,
            page: before.page + 1,
          });
          expect((checkpoint.lastCreatedAt ?? '') >= (before.lastCreatedAt ?? '')).toBe(true);
          expect(checkpoint.mode === 'offset').toBe(checkpoint.offset !== undefined);
        }
      }),
    );
  });

  it('asks by startAt until an offset comes, then by the newest offset', () => {
    const answeredAt = iso(NOW);
    const empty = pageFinished(NEW, { nextOffset: null, empty: true, answeredAt });
    expect(cursorOf(empty)).toEqual({ startAt: NEW.startAt });
    const first = pageFinished(empty, {
      nextOffset: 'a',
      empty: false,
      newestCreatedAt: iso(NOW - 9),
      answeredAt,
    });
    expect(cursorOf(first)).toEqual({ offset: 'a' });
    const rolled = pageFinished(first, { nextOffset: 'b', empty: true, answeredAt });
    expect(cursorOf(rolled)).toEqual({ offset: 'b' });
    expect(rolled).toMatchObject({ lastPolledAt: answeredAt, lastCreatedAt: iso(NOW - 9) });
    const nowhere = pageFinished(rolled, { nextOffset: null, empty: true, answeredAt });
    expect(cursorOf(nowhere)).toEqual({ offset: 'b' });
    const cut = pageFinished(rolled, {
      nextOffset: null,
      empty: false,
      newestCreatedAt: iso(NOW - 5),
      answeredAt,
    });
    expect(cursorOf(cut)).toEqual({ startAt: iso(NOW - 5) });
  });

  it('after an expired offset asks from the oldest event remembered, and forgets nothing at a second one', () => {
    const answeredAt = iso(NOW);
    const at = pageFinished(NEW, {
      nextOffset: 'a',
      empty: false,
      newestCreatedAt: iso(NOW - 5),
      answeredAt,
    });
    const once = offsetExpired(at, { oldest: NOW - 1_000, newest: NOW - 5 });
    expect(cursorOf(once)).toEqual({ startAt: iso(NOW - 1_000) });
    const twice = offsetExpired(once, { oldest: undefined, newest: NOW });
    expect(cursorOf(twice)).toEqual({ startAt: iso(NOW - 5) });
    expect(twice.recovery).toEqual(once.recovery);
    expect(cursorOf(offsetExpired(NEW, {}))).toEqual({ startAt: NEW.startAt });
  });

  it('a page that was read ends a wait and a refusal', () => {
    const waiting = { ...NEW, notBefore: iso(NOW), refusal: 'asana.forbidden' };
    const page = pageFinished(waiting, { nextOffset: 'a', empty: true, answeredAt: iso(NOW) });
    expect([page.notBefore, page.refusal]).toEqual([undefined, undefined]);
  });
});

describe('gapVerdict', () => {
  const known = (age: number) => iso(NOW - age);
  it.for([
    ['nothing was ever seen', {}, { knownSeen: false, caughtUp: true }, 'none'],
    [
      'a known event came again',
      { knownUntil: known(200 * DAY) },
      { knownSeen: true, caughtUp: false },
      'none',
    ],
    [
      'the pages have not come that far',
      { knownUntil: known(DAY) },
      { knownSeen: false, reached: NOW - 2 * DAY, caughtUp: false },
      'undecided',
    ],
    [
      'nor with no time on them',
      { knownUntil: known(DAY) },
      { knownSeen: false, caughtUp: false },
      'undecided',
    ],
    [
      'young known events did not come, newer ones did',
      { knownUntil: known(DAY) },
      { knownSeen: false, reached: NOW, caughtUp: false },
      'possible',
    ],
    [
      'nor did anything',
      { knownUntil: known(DAY), caughtUpAt: known(60_000) },
      { knownSeen: false, caughtUp: true },
      'possible',
    ],
    [
      'known ones are too old to come, polled lately',
      { knownUntil: known(100 * DAY), caughtUpAt: known(DAY) },
      { knownSeen: false, caughtUp: true },
      'none',
    ],
    [
      'polled lately enough',
      { knownUntil: known(100 * DAY), caughtUpAt: known(RETENTION_MS - DAY - 1) },
      { knownSeen: false, caughtUp: true },
      'none',
    ],
    [
      'not polled lately enough',
      { knownUntil: known(100 * DAY), caughtUpAt: known(RETENTION_MS - DAY) },
      { knownSeen: false, caughtUp: true },
      'possible',
    ],
    [
      'never caught up',
      { knownUntil: known(100 * DAY) },
      { knownSeen: false, caughtUp: true },
      'possible',
    ],
  ] as const)('%s', ([, recovery, evidence, verdict]) => {
    expect(gapVerdict(recovery, { ...evidence, now: NOW })).toBe(verdict);
  });
});
