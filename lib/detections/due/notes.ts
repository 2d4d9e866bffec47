// Which notes a group needs so that somebody looks at it in time, and leaving those that a change makes new.
// What is done on looking is sweep.ts's. A state is never written before its notes are: a crash in between costs a look.
import { type GroupState, pendingAlerts } from '../../alerts/life/group.ts';
import type { GroupIdentity } from '../../alerts/life/identity.ts';
import { closeDueAt, updateDueAt } from '../../alerts/life/revisions.ts';
import { GRACE_MS, UPDATE_EVERY_MS } from '../../alerts/life/rules.ts';
import type { Clock } from '../../clock.ts';
import type { Watch, WatchRules } from '../watch.ts';
import type { Due, DueIndex } from './due-index.ts';

/** A detect invocation that left a note has written its state, or died, after so long: Lambda ends it after 30 seconds. */
export const WRITTEN_WITHIN_MS = 35_000;
/** From a change until somebody looks whether what it opened or said is on the bus: its own invocation is over by then. */
const PUBLISHED_WITHIN_MS = 40_000;

/** All but what a crash may leave. @param watch undefined for a detection that is switched off: its alerts still end */
export function duesOf(
  group: GroupIdentity,
  watch: Watch | undefined,
  state: GroupState,
  rules: WatchRules,
): Due[] {
  const { windowMs, graceMs = GRACE_MS, updateEveryMs = UPDATE_EVERY_MS } = rules;
  const every = Number.isFinite(updateEveryMs) ? updateEveryMs : UPDATE_EVERY_MS;
  const instants = [
    ['absence', watch?.dueAt(state.memory)],
    ['closing', closeDueAt(state, watch?.window ?? { windowMs, graceMs })],
    ['update', updateDueAt(state, every)],
  ] as const;
  return instants.flatMap(([kind, dueAt]) => (dueAt === undefined ? [] : [{ kind, dueAt, group }]));
}

/** What the state before needed has been noted by whoever wrote it, and is taken away only once it is dealt with. */
export async function leaveNotes(
  group: GroupIdentity,
  watch: Watch | undefined,
  next: GroupState,
  before: GroupState,
  deps: WatchRules & { readonly due: Pick<DueIndex, 'put'>; readonly clock: Clock },
): Promise<void> {
  const now = deps.clock.now();
  const noted = duesOf(group, watch, before, deps);
  const isNoted = (due: Due) =>
    noted.some(({ kind, dueAt }) => kind === due.kind && dueAt === due.dueAt);
  const news = duesOf(group, watch, next, deps).filter((due) => !isNoted(due));
  if (pendingAlerts(next).length > 0) {
    news.push({ kind: 'update', dueAt: now + PUBLISHED_WITHIN_MS, group });
  }
  await Promise.all(news.map((due) => deps.due.put(due, now)));
}
