import { expect, it } from 'vitest';
import { compared } from '../../../lib/backtest/compare.ts';
import type { Alert } from '../../../lib/contract/alert.ts';
import { testAlert } from '../../support/alerts.ts';

const at = (minute: number) =>
  new Date(Date.parse('2026-10-05T09:00:00.000Z') + minute * 60_000).toISOString();
const alert = (id: string, first: number, last: number, entity = 'u1'): Alert =>
  testAlert({
    alertId: id,
    firstSeen: at(first),
    lastSeen: at(last),
    entity: { type: 'user', id: entity, label: '' },
  });

function changes(here: Alert[], there: Alert[]) {
  return [...compared(here, there)].map(({ alert, is }) => `${alert.alertId} ${is}`).sort();
}

it('what overlaps in time and is about the same is kept, whichever event opened it', () => {
  expect(changes([alert('a', 0, 10)], [alert('b', 5, 20)])).toEqual(['a kept']);
  expect(changes([alert('a', 5, 20)], [alert('b', 0, 5)])).toEqual(['a kept']);
  expect(changes([alert('a', 0, 10), alert('c', 12, 14)], [alert('b', 5, 20)])).toEqual([
    'a kept',
    'c kept',
  ]);
});

it('all else is gained or lost', () => {
  expect(changes([alert('a', 0, 10)], [alert('b', 11, 20)])).toEqual(['a gained', 'b lost']);
  expect(changes([alert('a', 0, 10)], [alert('b', 0, 10, 'u2')])).toEqual(['a gained', 'b lost']);
  expect(changes([], [alert('b', 0, 10)])).toEqual(['b lost']);
  expect(changes([alert('a', 0, 10), alert('c', 1, 2)], [])).toEqual(['a gained', 'c gained']);
});

it('each side comes out in the order it had', () => {
  const here = [alert('a', 0, 100), alert('c', 1, 2), alert('d', 200, 200)];
  expect([...compared(here, [])].map(({ alert }) => alert.alertId)).toEqual(['a', 'c', 'd']);
});
