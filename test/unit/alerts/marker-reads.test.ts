// Which markers raising asks for: of events that go into an alert, and of no others.
import { beforeEach, expect, it } from 'vitest';
import type { GroupState, Ref } from '../../../lib/alerts/life/group.ts';
import { type GroupChange, raiseAlerts } from '../../../lib/alerts/life/raise.ts';
import { MemoryAlertStateStore } from '../../../lib/alerts/state/memory-store.ts';
import { manualClock } from '../../support/manual-clock.ts';

const clock = manualClock(Date.parse('2026-11-01T00:00:00Z'));
const group = {
  detectionId: 'asana.test.one',
  workspaceGid: '1',
  entity: { type: 'user', id: '7', label: 'seven' },
};
const at = (...gids: string[]): Ref[] => gids.map((gid, index) => ({ gid, at: index }));

/** The second event of a change and those after it go into an alert. */
const change: GroupChange<Ref> = {
  memorySeconds: 0,
  apply: (state, events) => ({
    state: {
      ...state,
      changes: state.changes + 1,
      memory: events.map(({ gid }) => gid),
      unmarked: events.slice(1).map(({ gid }) => gid),
    },
    rest: [],
    changed: true,
  }),
};

class Asked extends MemoryAlertStateStore {
  readonly asked: string[][] = [];

  override readMarkers(...[of, gids]: Parameters<MemoryAlertStateStore['readMarkers']>) {
    this.asked.push([...gids]);
    return super.readMarkers(of, gids);
  }
}

let store: Asked;
beforeEach(() => {
  store = new Asked(clock);
});
const raise = async (events: readonly Ref[]): Promise<GroupState> => {
  const publisher = { publish: () => Promise.reject(new Error('no alert is pending')) };
  await raiseAlerts(group, events, change, { store, publisher, clock });
  return (await store.readGroup(group)).state;
};

it('asks for none where no event goes into an alert', async () => {
  await raise(at('a'));
  expect(store.asked).toEqual([]);
});

it('asks for those that do, and again for those that do once others are left out', async () => {
  await store.writeMarkers(group, ['b', 'd']);
  const { memory, unmarked } = await raise(at('a', 'b', 'c', 'd'));
  expect(store.asked).toEqual([['b', 'c', 'd']]);
  expect(memory).toEqual(['a', 'c']);
  expect(unmarked).toEqual([]);
  expect(await store.readMarkers(group, ['a', 'c'])).toEqual(new Set(['c']));
});
