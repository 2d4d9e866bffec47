// A workspace's two items in the checkpoint table: their keys, and a checkpoint's fields as attributes and back. Pure.
// Who reads and writes them under which conditions is dynamo-checkpoint-store.ts's.
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Checkpoint } from './checkpoint.ts';

/** Sort keys of a workspace's two items. */
export const CHECKPOINT = 'checkpoint';
export const MEMORY = 'memory';
/** Fields of a checkpoint that a save replaces. `startAt` and `liveFrom` are written once, with the first lease. */
const POSITION_FIELDS = [
  'mode',
  'offset',
  'lastCreatedAt',
  'lastPolledAt',
  'notBefore',
  'resumeFrom',
  'recovery',
  'refusal',
  'resets',
] as const;

export type Item = Record<string, AttributeValue>;

/** @param sort CHECKPOINT or MEMORY */
export function key(workspaceGid: string, sort: string): Item {
  return { pk: { S: workspaceGid }, sk: { S: sort } };
}

/** What a save sets and removes, in the terms of an update expression. */
export function positionExpression(checkpoint: Checkpoint) {
  const sets = ['#page = :page'];
  const removes: string[] = [];
  const names: Record<string, string> = {};
  const values: Item = {};
  for (const field of POSITION_FIELDS) {
    const value = checkpoint[field];
    names[`#${field}`] = field;
    if (value === undefined) removes.push(`#${field}`);
    else {
      sets.push(`#${field} = :${field}`);
      values[`:${field}`] = { S: typeof value === 'string' ? value : JSON.stringify(value) };
    }
  }
  return { sets, removes, names, values };
}

/** The checkpoint that an item holds; what a new item lacks is as before the first poll. */
export function checkpointOf(workspaceGid: string, item: Item): Checkpoint {
  const text = (name: string) => item[name]?.S;
  const startAt = text('startAt');
  const recovery = text('recovery');
  const resets = text('resets');
  return {
    workspaceGid,
    mode: text('mode') === 'offset' ? 'offset' : 'time',
    startAt: startAt === 'oldest' ? undefined : startAt,
    liveFrom: text('liveFrom') ?? '',
    offset: text('offset'),
    lastCreatedAt: text('lastCreatedAt'),
    lastPolledAt: text('lastPolledAt'),
    notBefore: text('notBefore'),
    page: Number(item['page']?.N ?? 0),
    resumeFrom: text('resumeFrom'),
    recovery: recovery === undefined ? undefined : (JSON.parse(recovery) as Checkpoint['recovery']),
    refusal: text('refusal'),
    resets: resets === undefined ? undefined : Number(resets),
  };
}
