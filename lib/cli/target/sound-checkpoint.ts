// Reads a workspace's checkpoint and what goes with it, for a person: what somebody has changed by hand into what no poll
// writes is said to be damaged, with what to do, and not shown as if it were so.
import { AuditBusError, describeError } from '../../errors.ts';
import type { StoredCheckpoint } from '../../poller/checkpoint-store.ts';
import type { DynamoCheckpointStore } from '../../poller/dynamo-checkpoint-store.ts';
import type { Memory } from '../../poller/memory.ts';
import { cleanText, shownText } from '../../text.ts';
import { explanation } from './aws-errors.ts';

const MAX_REASON = 200;
const INSTANTS = ['liveFrom', 'lastCreatedAt', 'lastPolledAt', 'notBefore', 'resumeFrom'] as const;

/** @throws AuditBusError `checkpoint.damaged`, or what the SDK threw */
export async function readCheckpoint(
  store: Pick<DynamoCheckpointStore, 'read'>,
  workspaceGid: string,
): Promise<StoredCheckpoint | undefined> {
  const stored = await store.read(workspaceGid);
  if (stored === undefined) return undefined;
  const { checkpoint, version, leaseUntil } = stored;
  const damaged = [
    ...INSTANTS.filter((name) => {
      const value = checkpoint[name];
      return name === 'liveFrom' ? !isInstant(value) : value !== undefined && !isInstant(value);
    }),
    ...(Number.isSafeInteger(checkpoint.page) ? [] : ['page']),
    ...(Number.isSafeInteger(version) ? [] : ['version']),
    ...(leaseUntil === undefined || Number.isFinite(leaseUntil) ? [] : ['leaseUntil']),
  ];
  if (damaged.length === 0) return stored;
  throw new AuditBusError(
    'checkpoint.damaged',
    `The checkpoint of workspace ${cleanText(workspaceGid)} holds what no poll writes (${damaged.join(', ')}): the runbook's "Poller failing" says how to begin it anew.`,
  );
}

/** @throws AuditBusError `checkpoint.damaged`, or what the SDK threw */
export async function readMemory(
  store: Pick<DynamoCheckpointStore, 'loadMemory'>,
  workspaceGid: string,
): Promise<Memory> {
  try {
    return await store.loadMemory(workspaceGid);
  } catch (error) {
    if (explanation(error) !== undefined) throw error;
    throw new AuditBusError(
      'checkpoint.damaged',
      `What is remembered of workspace ${cleanText(workspaceGid)} cannot be read (${shownText(describeError(error), MAX_REASON)}): npm run checkpoint -- set writes it anew.`,
      { cause: error },
    );
  }
}

function isInstant(value: unknown): boolean {
  return typeof value === 'string' && !Number.isNaN(Date.parse(value));
}
