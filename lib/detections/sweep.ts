// What only time can decide: looks at the notes that are due and asks each group what has become of what it waited for.
// Knows nothing of Lambda: the function runs it every minute, the local run once the feed has moved on.
import { tellOpened } from '../alerts/opened-line.ts';
import { changeGroup, type GroupChange } from '../alerts/raise.ts';
import { AuditBusError, describeError } from '../errors.ts';
import type { DetectDeps } from './detect.ts';
import { watchesOf } from './detect.ts';
import type { Due, DueIndex, FoundDue } from './due-index.ts';

/** Ten minutes: a message that failed has come again by then, several times. */
export const SETTLE_MS = 10 * 60_000;

/** How far the feed has come. */
export interface Feed {
  /** All events of the workspace up to this instant have been fetched, milliseconds since the epoch; undefined: none yet. */
  passedUntil(workspaceGid: string): Promise<number | undefined>;
}

export interface SweepDeps extends Omit<DetectDeps, 'off' | 'due'> {
  readonly due: DueIndex;
  readonly feed: Feed;
  /**
   * Milliseconds from when the feed is first seen to have passed an instant until it is decided: events that are fetched
   * still have to come through the bus and the queue.
   */
  readonly settleMs: number;
  /** No note is begun after this instant of the monotonic clock: the rest is the next sweep's. */
  readonly endsAt?: number;
}

export interface Swept {
  readonly looked: number;
  readonly decided: number;
  readonly alerts: number;
  readonly failed: number;
}

/**
 * Looks at every note that is due. One that fails is left for the next sweep and keeps no other from being looked at.
 * @throws what the table threw while the notes were read
 */
export async function sweep(deps: SweepDeps): Promise<Swept> {
  const feed = new Map<string, number | undefined>();
  let [looked, decided, alerts, failed] = [0, 0, 0, 0];
  for await (const due of deps.due.list(deps.clock.now())) {
    if (deps.endsAt !== undefined && deps.clock.monotonic() > deps.endsAt) break;
    looked += 1;
    const { workspaceGid, detectionId } = due.group;
    try {
      if (!feed.has(workspaceGid)) {
        feed.set(workspaceGid, await deps.feed.passedUntil(workspaceGid));
      }
      const raised = await lookAt(due, feed.get(workspaceGid), deps);
      if (raised === undefined) continue;
      decided += 1;
      alerts += raised;
    } catch (error) {
      failed += 1;
      const code = error instanceof AuditBusError ? error.code : 'sweep.failed';
      if (code === 'detect.engine-failed') deps.metrics?.detectionFailed(detectionId, workspaceGid);
      deps.log.error('What was due could not be decided and is looked at again.', {
        detectionId,
        workspaceGid,
        code,
        reason: describeError(error),
      });
    }
  }
  return { looked, decided, alerts, failed };
}

/** @returns alerts published; undefined when it is too early */
async function lookAt(
  due: FoundDue,
  passedUntil: number | undefined,
  deps: SweepDeps,
): Promise<number | undefined> {
  const watch = watchesOf(deps).get(due.group.detectionId);
  if (watch === undefined) {
    // The detection is switched off or gone, and what it waited for with it.
    await deps.due.remove(due);
    return 0;
  }
  if (passedUntil === undefined || passedUntil < due.dueAt) return undefined;
  const now = deps.clock.now();
  if (deps.settleMs > 0 && due.passedAt === undefined) {
    await deps.due.notePassed(due, now);
    return undefined;
  }
  if (due.passedAt !== undefined && now - due.passedAt < deps.settleMs) return undefined;
  const change: GroupChange<never> = {
    ...watch.passing(due.group, due.dueAt, () => deps.clock.now()),
    note: ({ memory }) => noteNext(due, watch.dueAt(memory), deps),
  };
  const raised = await changeGroup(due.group, change, deps);
  await deps.due.remove(due);
  for (const alert of raised) tellOpened(alert, deps.log);
  return raised.length;
}

async function noteNext(due: Due, dueAt: number | undefined, deps: SweepDeps): Promise<void> {
  if (dueAt !== undefined) await deps.due.put({ ...due, dueAt });
}
