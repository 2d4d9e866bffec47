// The schedule's ticks: no gap between polls above twice the interval, and no run that outlives its invocation.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { budgetOf, nextPollAt, prolonged } from '../../../lib/poller/tick.ts';

const BEGIN = Date.parse('2026-10-05T12:00:00.000Z');
const MINUTE = 60_000;

interface Tick {
  /** Milliseconds after its scheduled time at which the invocation starts. */
  readonly late: number;
  /** How long each of its polls takes. */
  readonly polls: number;
}

/** When polls begin over several ticks, each of which waits for the lease as the poller does. */
function pollTimes(pollIntervalSeconds: number, ticks: readonly Tick[]): number[] {
  const times: number[] = [];
  let leaseFreeAt = 0;
  for (const [index, { late, polls }] of ticks.entries()) {
    const scheduledTime = BEGIN + index * MINUTE;
    const start = scheduledTime + late;
    const input = {
      remainingMs: 300_000,
      pollIntervalSeconds,
      scheduledTime,
      now: start,
      monotonic: 0,
    };
    const budget = budgetOf(input);
    if (leaseFreeAt > start + (budget.waitForLeaseMs ?? 0)) continue;
    let at = Math.max(start, leaseFreeAt);
    let repeat = budget.repeat;
    for (;;) {
      times.push(at);
      const next = repeat && nextPollAt(at, repeat);
      const done = at + polls;
      leaseFreeAt = done;
      if (repeat === undefined || next === undefined) break;
      repeat = prolonged(repeat, done);
      at = Math.max(next, done);
    }
  }
  return times;
}

describe('polls below one a minute', () => {
  const ticks = fc.array(fc.record({ late: fc.nat(5_000), polls: fc.nat(2_000) }), {
    minLength: 2,
    maxLength: 8,
  });

  it('leave no gap above twice the interval, for every interval, though ticks come late', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 59 }), ticks, (interval, minutes) => {
        const times = pollTimes(interval, minutes);
        const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
        expect(Math.max(...gaps)).toBeLessThanOrEqual(2 * interval * 1_000);
        expect(times.at(-1)).toBeGreaterThanOrEqual(BEGIN + (minutes.length - 1) * MINUTE);
      }),
      { numRuns: 2_000 },
    );
  });

  it('are no more than the interval asks for, and one to close the minute', () => {
    const punctual = Array.from({ length: 10 }, () => ({ late: 200, polls: 100 }));
    for (let interval = 5; interval < 60; interval++) {
      expect(pollTimes(interval, punctual).length).toBeLessThanOrEqual(
        10 * (Math.floor(55 / interval) + 2),
      );
    }
    expect(pollTimes(30, punctual)).toHaveLength(20);
    expect(pollTimes(59, punctual)).toHaveLength(10);
  });

  it('leave the lease free before the next tick', () => {
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 59 }), fc.nat(5_000), (interval, late) => {
        const times = pollTimes(interval, [{ late, polls: 0 }]);
        expect(Math.max(...times)).toBeLessThanOrEqual(BEGIN + 55_000);
      }),
    );
  });

  it('go on in the minute that a long run has reached, since its tick found the lease held', () => {
    const repeat = { everyMs: 5_000, until: BEGIN + 55_000 };
    expect(prolonged(repeat, BEGIN + 54_000)).toEqual(repeat);
    expect(prolonged(repeat, BEGIN + 100_000).until).toBe(BEGIN + 115_000);
    expect(prolonged(repeat, BEGIN + 116_000).until).toBe(BEGIN + 175_000);
  });
});

describe('the budget', () => {
  const input = {
    remainingMs: 300_000,
    pollIntervalSeconds: 60,
    scheduledTime: undefined,
    now: BEGIN,
    monotonic: 500,
  };

  it('at one poll a minute: one run, no waiting for the lease, which outlasts the function', () => {
    expect(budgetOf(input)).toEqual({ deadline: 296_500, leaseMs: 305_000 });
  });

  it('leaves most of a short invocation to the run', () => {
    expect(budgetOf({ ...input, remainingMs: 8_000 }).deadline).toBe(6_500);
  });

  it('counts a tick without a time, or with one far from now, as on time', () => {
    const until = (scheduledTime: number | undefined) =>
      budgetOf({ ...input, pollIntervalSeconds: 10, scheduledTime }).repeat?.until;
    expect(until(undefined)).toBe(BEGIN + 55_000);
    expect(until(BEGIN - 20_000)).toBe(BEGIN + 35_000);
    expect(until(BEGIN - 3_600_000)).toBe(BEGIN + 55_000);
    expect(until(BEGIN + 3_600_000)).toBe(BEGIN + 55_000);
  });
});
