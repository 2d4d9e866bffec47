// Work done ahead: once at most, whenever it is asked for.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { ahead } from '../../../lib/poller/ahead.ts';

describe('ahead', () => {
  it('is worked out in an idle turn, after what leaves in the next one', async () => {
    const compute = vi.fn(() => 7);
    const value = ahead(compute);
    await nextTurn();
    expect(compute).not.toHaveBeenCalled();
    await nextTurn();
    await nextTurn();
    expect(compute).toHaveBeenCalledTimes(1);
    expect([value(), value()]).toEqual([7, 7]);
    expect(compute).toHaveBeenCalledTimes(1);
  });

  it('is worked out at once when it is asked for before', async () => {
    const compute = vi.fn(() => 7);
    expect(ahead(compute)()).toBe(7);
    await nextTurn();
    await nextTurn();
    await nextTurn();
    expect(compute).toHaveBeenCalledTimes(1);
  });

  it('keeps what it throws for who asks', async () => {
    const value = ahead(() => {
      throw new RangeError('no');
    });
    await nextTurn();
    await nextTurn();
    await nextTurn();
    expect(value).toThrow(RangeError);
    expect(value).toThrow(RangeError);
  });
});
