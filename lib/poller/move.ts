// Moves a checkpoint to an instant a person names, through the lease as a poll would. Who may do so, and that it is told
// on the bus, is the command's business.
import { randomUUID } from 'node:crypto';
import { AuditBusError } from '../errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import {
  BEYOND_ANY_LEASE_MS,
  type CheckpointReader,
  type CheckpointStore,
  LeaseLostError,
  type StoredCheckpoint,
} from './checkpoint-store.ts';
import { Memory } from './memory.ts';

/** As long as the three writes may take; a poll that comes meanwhile finds the lease held and ends well. */
const LEASE_MS = 30_000;

/**
 * The checkpoint as it asks from `at` (epoch milliseconds) on. Pure.
 *
 * Back: what comes again is history, so `liveFrom` becomes the newest created_at ever published, and pages nobody.
 * Forward: what lies between is never fetched, unless the checkpoint is moved back.
 */
export function movedTo(checkpoint: Checkpoint, at: number): Checkpoint {
  const { lastCreatedAt, liveFrom } = checkpoint;
  const back = lastCreatedAt !== undefined && Date.parse(lastCreatedAt) >= at;
  return {
    ...checkpoint,
    mode: 'time',
    offset: undefined,
    resumeFrom: new Date(at).toISOString(),
    recovery: undefined,
    notBefore: undefined,
    refusal: undefined,
    liveFrom: back && lastCreatedAt > liveFrom ? lastCreatedAt : liveFrom,
    page: checkpoint.page + 1,
  };
}

export interface Moved {
  readonly before: Checkpoint;
  readonly after: Checkpoint;
}

/**
 * Gids that are remembered are forgotten, or what comes again would be taken for known and dropped.
 * @param now epoch milliseconds
 * @throws AuditBusError `checkpoint.none` where the workspace was never polled, `checkpoint.leased` while a poll is under
 * way, LeaseLostError where one has taken over meanwhile; the checkpoint is then as it was
 */
export async function moveCheckpoint(
  store: CheckpointStore & CheckpointReader,
  workspaceGid: string,
  at: number,
  now: number,
): Promise<Moved> {
  const stored = await store.read(workspaceGid);
  if (stored === undefined) {
    throw new AuditBusError(
      'checkpoint.none',
      `Workspace ${workspaceGid} has no checkpoint: it was never polled. Where its log begins is startFrom in the configuration.`,
    );
  }
  if (isLeased(stored, now)) throw leased(workspaceGid, stored, now);
  const { startAt, liveFrom } = stored.checkpoint;
  const answer = await store.takeLease(
    workspaceGid,
    `checkpoint ${randomUUID()}`,
    now,
    now + LEASE_MS,
    {
      startAt,
      liveFrom,
    },
  );
  if (!answer.taken) throw leased(workspaceGid, await store.read(workspaceGid), now);
  const { lease, checkpoint: before } = answer;
  const after = movedTo(before, at);
  try {
    const known = await rememberedTypes(store, workspaceGid);
    await store.saveMemory(lease, new Memory(undefined, known).snapshot());
    await store.save(lease, after, before.page, { release: true, liveFrom: true });
  } catch (error) {
    if (!(error instanceof LeaseLostError)) await store.release(lease);
    throw error;
  }
  return { before, after };
}

/** Where what is remembered can no longer be decoded nothing is: moving is what puts it right. */
async function rememberedTypes(store: CheckpointStore, gid: string): Promise<readonly string[]> {
  try {
    return (await store.loadMemory(gid)).snapshot().reportedTypes;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof SyntaxError || code?.startsWith('Z_')) return [];
    throw error;
  }
}

/** @param now epoch milliseconds */
export function isLeased(
  { leaseUntil }: Pick<StoredCheckpoint, 'leaseUntil'>,
  now: number,
): boolean {
  return leaseUntil !== undefined && leaseUntil >= now && leaseUntil <= now + BEYOND_ANY_LEASE_MS;
}

function leased(
  workspaceGid: string,
  stored: StoredCheckpoint | undefined,
  now: number,
): AuditBusError {
  const seconds = Math.max(1, Math.ceil(((stored?.leaseUntil ?? now) - now) / 1_000));
  return new AuditBusError(
    'checkpoint.leased',
    `A poll of workspace ${workspaceGid} is under way; its lease ends in ${seconds} s at the latest. Try again between two polls, or disable the schedule first.`,
    { retryable: true },
  );
}
