// What a run does to a workspace's checkpoint before its first poll, being the only one on the data folder.
// Goes through the poller's own store, so that what a checkpoint looks like is known there alone.
import type { Clock } from '../clock.ts';
import type { CheckpointStore } from '../poller/checkpoint-store.ts';
import { resolveStart } from '../poller/start-from.ts';

/** Later than any lease ends: whoever had one is dead, since this run holds the data folder. */
const NEVER = 8_640_000_000_000_000;

export interface TakeOverOptions {
  readonly workspaceGid: string;
  readonly startFrom: string;
  /** The log is another one under the same name: read it from the start, known gids dropped. */
  readonly rewritten: boolean;
  readonly clock: Clock;
}

/**
 * Ends the lease a killed run left, so that this one polls at once and not when it would have run out.
 * @returns a warning about where the log begins, on the very first run of a workspace
 */
export async function takeOver(
  store: CheckpointStore,
  options: TakeOverOptions,
): Promise<string | undefined> {
  const { workspaceGid, startFrom, clock } = options;
  const start = resolveStart(startFrom, clock.now());
  const answer = await store.takeLease(workspaceGid, 'take-over', NEVER, NEVER, start);
  if (!answer.taken) return undefined;
  const { lease, checkpoint } = answer;
  if (options.rewritten) {
    const { startAt, liveFrom, page } = checkpoint;
    const afresh = { workspaceGid, mode: 'time', startAt, liveFrom, page } as const;
    await store.save(lease, afresh, page, { release: true });
  } else {
    await store.release(lease);
  }
  return answer.fresh ? start.warning : undefined;
}
