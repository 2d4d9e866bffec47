// What a run has written of a group is there for the next one; a file of another kind is named.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EMPTY_GROUP } from '../../../lib/alerts/life/group.ts';
import { MemoryAlertStateStore } from '../../../lib/alerts/state/memory-store.ts';
import { LocalGroupStore } from '../../../lib/local/group-store.ts';
import { manualClock } from '../../support/manual-clock.ts';

const clock = manualClock(Date.parse('2026-11-01T00:00:00Z'));
const group = {
  detectionId: 'asana.test.one',
  workspaceGid: '1',
  entity: { type: 'user', id: '7', label: 'seven' },
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'groups-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = () =>
  new LocalGroupStore({
    file: join(folder, 'groups.db'),
    store: new MemoryAlertStateStore(clock),
    clock,
  });

it('goes on from what was written before, though nobody closed the file', async () => {
  const first = open();
  const state = { ...EMPTY_GROUP, changes: 1, memory: { newest: 12345678901234, values: ['ü"'] } };
  expect(await first.writeGroup(group, state, 0, 0)).toBe(true);
  const next = open();
  expect(await next.readGroup(group)).toEqual({ version: 1, state });
  expect(await next.writeGroup(group, EMPTY_GROUP, 1, 0)).toBe(true);
  expect(await first.writeGroup(group, state, 1, 0)).toBe(false);
  first.close();
  next.close();
});

it('names a file that is not its own', () => {
  writeFileSync(join(folder, 'groups.db'), 'no database, but long enough to be looked at as one');
  expect(open).toThrow(
    expect.objectContaining({
      code: 'local.data-damaged',
      message: expect.stringContaining('groups.db cannot be read'),
    }),
  );
});
