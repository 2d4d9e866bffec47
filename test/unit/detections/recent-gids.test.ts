// What a run in one process remembers of the events that are in alerts.
import { expect, it } from 'vitest';
import type { GroupIdentity } from '../../../lib/alerts/life/identity.ts';
import { RecentGids } from '../../../lib/detections/recent-gids.ts';

function group(id: string, more: Partial<GroupIdentity> = {}): GroupIdentity {
  const entity = { type: 'user', id, label: id };
  return { detectionId: 'asana.test.one', workspaceGid: '1', entity, ...more };
}

it('an event is in an alert once for all groups of a workspace', () => {
  const gids = new RecentGids();
  gids.add(group('u1'), 'e1');
  expect(gids.has(group('u1'), 'e1')).toBe(true);
  expect(gids.has(group('u2'), 'e1')).toBe(true);
  expect(gids.has(group('u1', { workspaceGid: '2' }), 'e1')).toBe(false);
  expect(gids.has(group('u1'), 'e2')).toBe(false);
});

it('where it may be in several groups, it is in the alerts of each', () => {
  const gids = new RecentGids();
  gids.add(group('u1', { shared: true }), 'e1');
  expect(gids.has(group('u2', { shared: true }), 'e1')).toBe(false);
  gids.add(group('u2', { shared: true }), 'e1');
  expect(gids.has(group('u1', { shared: true }), 'e1')).toBe(true);
  expect(gids.has(group('u2', { shared: true }), 'e1')).toBe(true);
});

it('thousands are remembered, and no more', () => {
  const gids = new RecentGids();
  for (let each = 0; each < 10_000; each++) gids.add(group('u1'), `e${each}`);
  expect(gids.has(group('u1'), 'e9999')).toBe(true);
  expect(gids.has(group('u1'), 'e7000')).toBe(true);
  expect(gids.has(group('u1'), 'e1')).toBe(false);
});
