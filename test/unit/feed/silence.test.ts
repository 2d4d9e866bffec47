// A silent feed, on weeks of the simulated workspace as an office would have them: quiet nights and weekends raise nothing,
// a silent working day does, and who is not known for four weeks is judged by the fixed bound.
import { describe, expect, it } from 'vitest';
import { Habit, RING_BYTES, SLOT_MS, slotOf } from '../../../lib/feed/habit.ts';
import { type Feed, FIXED_BOUND_MS, heard, newFeed, silenceAt } from '../../../lib/feed/silence.ts';
import { type OfficeOptions, officeLife } from '../../support/office-life.ts';

const HOUR = 3_600_000;
const WEEK = 7 * 24 * HOUR;
const POLL_MS = 5 * 60_000;
/** A Monday. */
const START = Date.parse('2026-10-05T00:00:00Z');
const FOUR_WEEKS_ON = START + 4 * WEEK;

interface Heard {
  readonly feed: Feed;
  /** When silences would have been reported, each once. */
  readonly raisedAt: readonly string[];
}

/** Polls every five minutes from START until `to`. */
function watched(to: number, more: Partial<OfficeOptions> = {}): Heard {
  const events = officeLife({ seed: 7, from: START, to, ...more });
  const raisedAt: string[] = [];
  let silent = false;
  let next = 0;
  let current = newFeed(START);
  for (let now = START; now < to; now += POLL_MS) {
    const slots = new Set<number>();
    for (let event = events[next]; event !== undefined; event = events[next]) {
      const at = Date.parse(event.created_at);
      if (at >= now) break;
      slots.add(slotOf(at));
      next++;
    }
    const learned = heard(current, slots, now);
    if (learned !== undefined) silent = false;
    current = learned ?? current;
    if (silent || !silenceAt(current, now).unusual) continue;
    silent = true;
    raisedAt.push(new Date(now).toISOString());
  }
  return { feed: current, raisedAt };
}

describe('after four simulated weeks', () => {
  it('two more ordinary ones, with their quiet nights and weekends, raise nothing', () => {
    for (const seed of [1, 2]) {
      expect([seed, watched(START + 6 * WEEK, { seed }).raisedAt]).toEqual([seed, []]);
    }
  });

  it('a Sunday without a single event raises nothing', () => {
    const sunday = FOUR_WEEKS_ON + 6 * 24 * HOUR;
    const silent = [[sunday, sunday + 24 * HOUR]] as const;
    expect(new Date(sunday).getUTCDay()).toBe(0);
    expect(watched(sunday + 36 * HOUR, { silent }).raisedAt).toEqual([]);
  });

  it('a silence from Tuesday noon on is raised within two hours, once, until it is over', () => {
    const noon = FOUR_WEEKS_ON + 24 * HOUR + 12 * HOUR;
    const silent = [[noon, noon + 28 * HOUR]] as const;
    expect(new Date(noon).toUTCString()).toContain('Tue, 03 Nov 2026 12:00');
    for (const seed of [1, 2, 3]) {
      const { raisedAt } = watched(noon + 30 * HOUR, { seed, silent });
      expect(raisedAt).toHaveLength(1);
      const late = Date.parse(raisedAt[0] ?? '') - noon;
      expect(late).toBeGreaterThan(HOUR);
      expect(late).toBeLessThanOrEqual(2 * HOUR);
    }
  });

  it('one holiday among the four weeks changes nothing for the same day a week later', () => {
    const holiday = [START + 3 * WEEK + 24 * HOUR, START + 3 * WEEK + 48 * HOUR] as const;
    const noon = FOUR_WEEKS_ON + 36 * HOUR;
    const silent = [holiday, [noon, noon + 12 * HOUR]] as const;
    const { raisedAt } = watched(noon + 3 * HOUR, { silent });
    expect(raisedAt).toHaveLength(1);
    expect(Date.parse(raisedAt[0] ?? '') - noon).toBeLessThanOrEqual(2 * HOUR);
  });

  it('a silence of a whole week is one even where nothing was usual', () => {
    const silent = [[FOUR_WEEKS_ON, FOUR_WEEKS_ON + 3 * WEEK]] as const;
    const sparse = { seed: 'a', meanGapMs: 20 * HOUR, silent };
    const { raisedAt } = watched(FOUR_WEEKS_ON + 3 * WEEK, sparse);
    // Before, so sparse a workspace may well have been silent for longer than the fixed bound.
    expect(raisedAt.filter((at) => Date.parse(at) > FOUR_WEEKS_ON)).toHaveLength(1);
  });
});

describe('a new workspace', () => {
  const silent = [[START + 12 * HOUR, START + 20 * 24 * HOUR]] as const;

  it('is judged by the fixed bound, which a weekend does not reach', () => {
    expect(FIXED_BOUND_MS).toBe(72 * HOUR);
    expect(watched(START + 3 * WEEK, { seed: 2 }).raisedAt).toEqual([]);
    const { raisedAt } = watched(START + 10 * 24 * HOUR, { silent });
    const [at = ''] = raisedAt;
    expect(raisedAt).toHaveLength(1);
    expect(Date.parse(at) - (START + 12 * HOUR)).toBeGreaterThan(FIXED_BOUND_MS - POLL_MS);
    expect(Date.parse(at) - (START + 12 * HOUR)).toBeLessThan(FIXED_BOUND_MS + HOUR);
  });

  it('raises nothing on its first days, whatever came before it was watched', () => {
    const feed = newFeed(START);
    expect(silenceAt(feed, START).unusual).toBe(false);
    expect(silenceAt(feed, START + FIXED_BOUND_MS).unusual).toBe(false);
    expect(silenceAt(feed, START + FIXED_BOUND_MS + 1).unusual).toBe(true);
  });

  it('is known at once when its history was read, and counts no silence from before it was watched', () => {
    const now = FOUR_WEEKS_ON + 36 * HOUR;
    const slots = officeLife({ seed: 7, from: START, to: now - 5 * HOUR }).map(({ created_at }) =>
      slotOf(Date.parse(created_at)),
    );
    const feed = heard(newFeed(now), slots, now) ?? newFeed(now);
    expect(silenceAt(feed, now).unusual).toBe(false);
    expect(silenceAt(feed, now + 2 * HOUR)).toMatchObject({ from: now, unusual: true });
  });
});

describe('the habit', () => {
  it('has one size, and forgets what is older than five weeks', () => {
    const habit = new Habit();
    const first = slotOf(START);
    expect(RING_BYTES).toBe(1_260);
    expect([habit.mark(first), habit.mark(first), habit.mark(first + 3)]).toEqual([
      true,
      false,
      true,
    ]);
    habit.mark(slotOf(START + 5 * WEEK) - 1);
    expect(habit.lastActive()).toBe(slotOf(START + 5 * WEEK) - 1);
    habit.mark(slotOf(START + 5 * WEEK));
    // The first one's place is taken, and coming again it is too old.
    expect(habit.mark(first)).toBe(false);
    expect(habit.bits.length).toBe(RING_BYTES);
    habit.mark(slotOf(START + 50 * WEEK));
    expect([...habit.bits].filter((byte) => byte !== 0)).toHaveLength(1);
  });

  it('takes an event dated in the future for one of now', () => {
    const feed = newFeed(START);
    heard(feed, [slotOf(START + 90 * 24 * HOUR)], START);
    expect(feed.habit.lastActive()).toBe(slotOf(START));
    expect(silenceAt(feed, START + 4 * SLOT_MS).from).toBe(START + SLOT_MS);
  });
});
