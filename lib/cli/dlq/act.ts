// Redrives and drops what was chosen, one by one, and the repaired event of a quarantine. Says what became of each.
import { parseLossless } from '../../asana/lossless-json.ts';
import { OPERATOR_DETAIL_TYPES } from '../../contract/sources.ts';
import { AuditBusError } from '../../errors.ts';
import { DynamoCheckpointStore } from '../../poller/dynamo-checkpoint-store.ts';
import { cleanText } from '../../text.ts';
import type { Target } from '../target/target.ts';
import type { DeadLetterStore, Letter } from './letter.ts';
import { partsOf, type QuarantineRoom } from './quarantine-room.ts';
import { repairedEntry } from './repaired.ts';
import { tell } from './tell.ts';

/** What became of one. `id` is a dead letter's, or a key of the quarantine. */
export interface Done {
  readonly id: string;
  readonly queue: string;
  readonly outcome: 'redriven' | 'dropped' | 'left';
  /** Where it went, or why it was left. */
  readonly words: string;
}

export async function redriveLetters(
  store: DeadLetterStore,
  letters: readonly Letter[],
  say: (done: Done) => Promise<void>,
): Promise<number> {
  let left = 0;
  for (const letter of letters) {
    const { id, queue } = letter;
    try {
      await say({ id, queue, outcome: 'redriven', words: await store.redrive(letter) });
    } catch (error) {
      if (!(error instanceof AuditBusError)) throw error;
      left += 1;
      await say({ id, queue, outcome: 'left', words: error.message });
    }
  }
  return left;
}

/** Told of before it is done, so that nothing goes without trace: who dies in between has told of one that is still there. */
export async function drop(
  target: Target,
  store: DeadLetterStore,
  letters: readonly Letter[],
  keys: readonly string[],
  room: QuarantineRoom,
  reason: string,
  now: number,
  say: (done: Done) => Promise<void>,
): Promise<void> {
  const by = cleanText(await target.caller());
  for (const letter of letters) {
    const { id, queue } = letter;
    const message = `${by} dropped message ${id} of the dead-letter queue ${queue}: ${reason}`;
    const data = { code: 'dead-letter.dropped', message, by, reason, queue, messageId: id };
    await tell(target, OPERATOR_DETAIL_TYPES.deadLetterDropped, data, now);
    await store.drop(letter);
    await say({ id, queue, outcome: 'dropped', words: reason });
  }
  for (const key of keys) {
    const message = `${by} dropped ${cleanText(key)} of the quarantine: ${reason}`;
    const data = { code: 'quarantine.dropped', message, by, reason, quarantine: key };
    await tell(target, OPERATOR_DETAIL_TYPES.deadLetterDropped, data, now);
    await room.remove(key);
    await say({ id: key, queue: 'quarantine', outcome: 'dropped', words: reason });
  }
}

/** Publishes the repaired event and that a person has repaired it, then takes the object away. */
export async function redriveRepaired(
  target: Target,
  room: QuarantineRoom,
  key: string,
  repaired: unknown,
  reason: string,
  now: number,
): Promise<Done> {
  const quarantined = parseOrNothing(await room.read(key));
  const { workspaceGid } = partsOf(key);
  const checkpoints = new DynamoCheckpointStore(target.dynamodb, target.checkpointTableName);
  const stored = await checkpoints.read(workspaceGid);
  const liveFrom = Date.parse(stored?.checkpoint.liveFrom ?? '') || 0;
  const context = { workspaceGid, liveFrom, publishedAt: now };
  const settings = await target.pollSettings();
  const { gid, entry } = repairedEntry(repaired, quarantined, context, settings);
  const by = cleanText(await target.caller());
  const message = `${by} published event ${gid} of workspace ${workspaceGid}, repaired by hand, from the quarantine: ${reason}`;
  const data = {
    code: 'quarantine.redriven',
    message,
    by,
    reason,
    workspaceGid,
    gid,
    quarantine: key,
  };
  await tell(target, OPERATOR_DETAIL_TYPES.quarantineRedriven, data, now, [entry]);
  await room.remove(key);
  return { id: key, queue: 'quarantine', outcome: 'redriven', words: 'the bus' };
}

/** What could not be read as JSON may be the very reason why it is here. */
function parseOrNothing(text: string): unknown {
  try {
    return parseLossless(text);
  } catch {
    return undefined;
  }
}
