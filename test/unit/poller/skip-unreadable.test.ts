// Which instant the poller steps to when an event cannot be read, over logs made up of times.
import { expect, it } from 'vitest';
import { instantAfterUnreadable } from '../../../lib/poller/skip-unreadable.ts';

const BEGIN = Date.parse('2026-10-05T09:00:00.000Z');
const NOW = Date.parse('2026-10-05T12:00:00.000Z');
const TIMES = [1_000, 2_000, 2_001, 3_600_000, 7_200_000].map((after) => BEGIN + after);

/** @param isReadable whether a page that holds the events of these times can be read */
function instant(isReadable: (times: readonly number[]) => boolean) {
  return instantAfterUnreadable(new Date(BEGIN).toISOString(), NOW, async (startAt, endAt) => {
    const [from, to] = [Date.parse(startAt), Date.parse(endAt)];
    return isReadable(TIMES.filter((at) => from <= at && at < to));
  });
}

it.each(TIMES)('is the millisecond after the event at %i', async (bad) => {
  const after = new Date(bad + 1).toISOString();
  expect(await instant((times) => !times.includes(bad))).toBe(after);
});

it('is none where every event can be read alone, and only too many at once cannot', async () => {
  expect(await instant((times) => times.length < 3)).toBeUndefined();
});

it('is none where nothing can be read, or everything', async () => {
  expect(await instant(() => false)).toBeUndefined();
  expect(await instant(() => true)).toBeUndefined();
});
