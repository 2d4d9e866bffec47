// What the poller remembers: any gids, the newest thousand and their equals, and whatever stood on the last two pages.
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Memory } from '../../../lib/poller/memory.ts';
import { RecentGids } from '../../../lib/poller/recent-gids.ts';

const at = fc.integer({ min: 0, max: 4_102_444_800_000 });

function page(gids: RecentGids, entries: Iterable<readonly [string, number]>): void {
  gids.beginPage();
  for (const [gid, time] of entries) gids.add(gid, time);
}

describe('RecentGids', () => {
  it('comes back from its encoding as it went in, whatever the gids are', () => {
    const gid = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('a b', '"', '\\', '\n', ' ', '\ud800', ''),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(gid, at), { selector: ([each]) => each, maxLength: 50 }),
        (known) => {
          const gids = new RecentGids();
          page(gids, known);
          const back = RecentGids.decode(gids.encode());
          expect(back.size).toBe(known.length);
          for (const [each, time] of known) expect(back.createdAt(each)).toBe(time);
        },
      ),
    );
  });

  it('forgets what is older than the newest thousand, but none of their oldest millisecond', () => {
    const gids = new RecentGids();
    page(
      gids,
      Array.from({ length: 300 }, (_, index) => [`old-${index}`, index] as const),
    );
    page(
      gids,
      Array.from({ length: 50 }, (_, index) => [`tie-${index}`, 5_000] as const),
    );
    page(
      gids,
      Array.from({ length: 980 }, (_, index) => [`new-${index}`, 6_000 + index] as const),
    );
    page(gids, []);
    page(gids, []);
    gids.encode();
    expect(gids.size).toBe(1_030);
    expect([gids.oldest(), gids.newest()]).toEqual([5_000, 6_979]);
    expect(gids.has('old-299')).toBe(false);
  });

  it('keeps the last two pages though they are older, and does not take their age for its own', () => {
    const gids = new RecentGids();
    page(
      gids,
      Array.from({ length: 1_500 }, (_, index) => [`new-${index}`, 10_000 + index] as const),
    );
    page(gids, [['late-1', 1]]);
    page(gids, [['late-2', 2]]);
    const back = RecentGids.decode(gids.encode());
    expect([back.has('late-1'), back.has('late-2'), back.oldest()]).toEqual([true, true, 10_500]);
    // A run that starts from there reads those pages again, and again keeps what it meets.
    page(back, [['late-1', 99]]);
    expect(back.createdAt('late-1')).toBe(1);
    expect(RecentGids.decode(back.encode()).has('late-2')).toBe(true);
    page(back, [['new-1400', 11_400]]);
    page(back, [['new-1401', 11_401]]);
    expect(RecentGids.decode(back.encode()).has('late-2')).toBe(false);
  });

  it('forgets a late gid in its turn, though it came after all others', () => {
    const gids = new RecentGids();
    page(
      gids,
      Array.from({ length: 1_000 }, (_, index) => [`new-${index}`, 10_000 + index] as const),
    );
    gids.encode();
    page(gids, [['late', 1]]);
    gids.encode();
    page(gids, []);
    gids.encode();
    expect(gids.has('late')).toBe(true);
    page(gids, []);
    gids.encode();
    expect(gids.has('late')).toBe(false);
  });

  it('fits its item though every event shares a millisecond', () => {
    const gids = new RecentGids();
    page(
      gids,
      Array.from({ length: 20_000 }, () => [randomBytes(16).toString('hex'), 7] as const),
    );
    const encoded = gids.encode();
    expect(encoded.length).toBeLessThanOrEqual(200_000);
    expect(RecentGids.decode(encoded).size).toBeGreaterThan(5_000);
  });

  it('takes about 5 KB for a thousand ordinary gids', () => {
    const gids = new RecentGids();
    page(
      gids,
      Array.from(
        { length: 1_000 },
        (_, index) => [`12090000${10_000_000 + index * 7}`, 1.76e12 + index * 1_234] as const,
      ),
    );
    expect(gids.encode().length).toBeLessThan(6_000);
  });
});

describe('Memory', () => {
  it('remembers an event without a time beside its neighbours, and one from the future as of now', () => {
    const memory = new Memory();
    const events = [
      { gid: 'a', createdAt: undefined },
      { gid: 'b', createdAt: 200 },
      { gid: 'c', createdAt: undefined },
      { gid: 'd', createdAt: 99_999 },
    ];
    memory.pagePublished(events, ['x'], 100, 1_000);
    expect(['a', 'b', 'c', 'd', 'x'].map((gid) => memory.gids.createdAt(gid))).toEqual([
      100,
      200,
      200,
      1_000,
      undefined,
    ]);
  });

  it('holds the reported types to a number and a length', () => {
    const memory = new Memory();
    for (let index = 0; index < 300; index++) memory.reported(`${'\u0001'.repeat(300)}${index}`);
    for (let index = 0; index < 300; index++) memory.reported(`${index}-${'\u0001'.repeat(300)}`);
    expect(memory.wasReported(`7-${'\u0001'.repeat(400)}`)).toBe(true);
    const { reportedTypes } = memory.snapshot();
    expect(reportedTypes).toHaveLength(200);
    expect(Buffer.byteLength(JSON.stringify(reportedTypes)) + 200_000).toBeLessThan(400_000);
  });
});
