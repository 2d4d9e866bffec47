// Checkpoints in DynamoDB: an item for the position and the lease, another for what is remembered.
//
//   takeLease      no owner, or leaseUntil < now, or owner = me,     version + 1, answers with the whole item, and who held it
//                  or leaseUntil further ahead than any lease lasts
//   save           owner = me, version = mine, page = as I know it   page + 1
//   renew, release owner = me, version = mine
//   saveMemory     stored version <= mine
//
//   holder A (version 7)  |--take--save--save----(paused)-----------------save: refused, version is 8
//   holder B (version 8)                         leaseUntil passes |--take--save--release
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Checkpoint } from './checkpoint.ts';
import {
  CHECKPOINT,
  checkpointOf,
  type Item,
  key,
  MEMORY,
  positionExpression,
} from './checkpoint-item.ts';
import {
  BEYOND_ANY_LEASE_MS,
  type CheckpointReader,
  type CheckpointStore,
  type LeaseAnswer,
  type LeaseKey,
  LeaseLostError,
  type StoredCheckpoint,
} from './checkpoint-store.ts';
import { Memory, type MemorySnapshot } from './memory.ts';
import { RecentGids } from './recent-gids.ts';
import type { Start } from './start-from.ts';

/** The former owner of a lease that was given back, or never held. */
const NOBODY = '-';

export class DynamoCheckpointStore implements CheckpointStore, CheckpointReader {
  readonly #client: DynamoDBClient;
  readonly #tableName: string;

  constructor(client: DynamoDBClient, tableName: string) {
    this.#client = client;
    this.#tableName = tableName;
  }

  async read(workspaceGid: string): Promise<StoredCheckpoint | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({
        TableName: this.#tableName,
        Key: key(workspaceGid, CHECKPOINT),
        ConsistentRead: true,
      }),
    );
    if (Item === undefined) return undefined;
    const until = Item['leaseUntil']?.N;
    return {
      checkpoint: checkpointOf(workspaceGid, Item),
      version: Number(Item['version']?.N ?? 0),
      leaseUntil:
        until === undefined || Item['leaseOwner'] === undefined ? undefined : Number(until),
    };
  }

  async takeLease(
    workspaceGid: string,
    owner: string,
    now: number,
    until: number,
    start: Start,
  ): Promise<LeaseAnswer> {
    try {
      const { Attributes = {} } = await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#tableName,
          Key: key(workspaceGid, CHECKPOINT),
          // An item without `liveFrom` is new: only then is `startAt` written, also where it is absent for ever.
          UpdateExpression: `SET formerOwner = if_not_exists(leaseOwner, :nobody), leaseOwner = :owner, leaseUntil = :until, version = if_not_exists(version, :zero) + :one,
            #page = if_not_exists(#page, :zero), #mode = if_not_exists(#mode, :time),
            liveFrom = if_not_exists(liveFrom, :liveFrom), startAt = if_not_exists(startAt, :startAt)`,
          ConditionExpression:
            'attribute_not_exists(leaseOwner) OR leaseUntil < :now OR leaseUntil > :far OR leaseOwner = :owner',
          ExpressionAttributeNames: { '#page': 'page', '#mode': 'mode' },
          ExpressionAttributeValues: {
            ':owner': { S: owner },
            ':nobody': { S: NOBODY },
            ':until': { N: String(until) },
            ':now': { N: String(now) },
            ':far': { N: String(now + BEYOND_ANY_LEASE_MS) },
            ':zero': { N: '0' },
            ':one': { N: '1' },
            ':time': { S: 'time' },
            ':liveFrom': { S: start.liveFrom },
            ':startAt': { S: start.startAt ?? 'oldest' },
          },
          ReturnValues: 'ALL_NEW',
        }),
      );
      const version = Number(Attributes['version']?.N);
      return {
        taken: true,
        lease: { workspaceGid, owner, version },
        checkpoint: checkpointOf(workspaceGid, Attributes),
        fresh: version === 1,
        abandoned: Attributes['formerOwner']?.S !== NOBODY,
      };
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return { taken: false };
      throw error;
    }
  }

  async renewLease(lease: LeaseKey, until: number): Promise<void> {
    await this.#ifHeld(lease, 'renew its lease', {
      UpdateExpression: 'SET leaseUntil = :until',
      values: { ':until': { N: String(until) } },
    });
  }

  async save(
    lease: LeaseKey,
    checkpoint: Checkpoint,
    expectedPage: number,
    options: { release?: boolean; liveFrom?: boolean } = {},
  ): Promise<void> {
    const { sets, removes, names, values } = positionExpression(checkpoint);
    if (options.liveFrom) {
      sets.push('liveFrom = :liveFrom');
      values[':liveFrom'] = { S: checkpoint.liveFrom };
    }
    if (options.release) removes.push('leaseOwner', 'leaseUntil');
    try {
      await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#tableName,
          Key: key(lease.workspaceGid, CHECKPOINT),
          UpdateExpression: `SET ${sets.join(', ')}${removes.length > 0 ? ` REMOVE ${removes.join(', ')}` : ''}`,
          ConditionExpression:
            'leaseOwner = :owner AND version = :version AND #page = :expectedPage',
          ExpressionAttributeNames: { ...names, '#page': 'page' },
          ExpressionAttributeValues: {
            ...values,
            ...holder(lease),
            ':page': { N: String(checkpoint.page) },
            ':expectedPage': { N: String(expectedPage) },
          },
        }),
      );
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      if (!(await this.#wasApplied(lease, checkpoint, options.release === true))) {
        throw new LeaseLostError('save its checkpoint');
      }
    }
  }

  async release(lease: LeaseKey): Promise<void> {
    try {
      await this.#ifHeld(lease, 'release its lease', {
        UpdateExpression: 'REMOVE leaseOwner, leaseUntil',
        values: {},
      });
    } catch (error) {
      // Lost or released already (a released lease has no owner): either way it is not ours any more.
      if (!(error instanceof LeaseLostError)) throw error;
    }
  }

  async loadMemory(workspaceGid: string): Promise<Memory> {
    const { Item } = await this.#client.send(
      new GetItemCommand({
        TableName: this.#tableName,
        Key: key(workspaceGid, MEMORY),
        ConsistentRead: true,
      }),
    );
    const gids = Item?.['gids']?.B;
    const types = (name: string) => JSON.parse(Item?.[name]?.S ?? '[]') as string[];
    return new Memory(
      gids === undefined ? new RecentGids() : RecentGids.decode(gids),
      types('reportedTypes'),
      types('seenTypes'),
    );
  }

  async saveMemory(lease: LeaseKey, memory: MemorySnapshot): Promise<void> {
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#tableName,
          Item: {
            ...key(lease.workspaceGid, MEMORY),
            gids: { B: memory.gids },
            reportedTypes: { S: JSON.stringify(memory.reportedTypes) },
            seenTypes: { S: JSON.stringify(memory.seenTypes) },
            version: { N: String(lease.version) },
          },
          ConditionExpression: 'attribute_not_exists(version) OR version <= :version',
          ExpressionAttributeValues: { ':version': { N: String(lease.version) } },
        }),
      );
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) {
        throw new LeaseLostError('remember what it published');
      }
      throw error;
    }
  }

  async #ifHeld(
    lease: LeaseKey,
    what: string,
    update: { UpdateExpression: string; values: Item },
  ): Promise<void> {
    try {
      await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#tableName,
          Key: key(lease.workspaceGid, CHECKPOINT),
          UpdateExpression: update.UpdateExpression,
          ConditionExpression: 'leaseOwner = :owner AND version = :version',
          ExpressionAttributeValues: { ...update.values, ...holder(lease) },
        }),
      );
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) throw new LeaseLostError(what);
      throw error;
    }
  }

  /** Was the refused save ours, applied by a try whose answer was lost? Then page and version are as we wrote them. */
  async #wasApplied(lease: LeaseKey, saved: Checkpoint, released: boolean): Promise<boolean> {
    const { Item = {} } = await this.#client.send(
      new GetItemCommand({
        TableName: this.#tableName,
        Key: key(lease.workspaceGid, CHECKPOINT),
        ConsistentRead: true,
      }),
    );
    const owner = Item['leaseOwner']?.S;
    return (
      Number(Item['version']?.N) === lease.version &&
      Number(Item['page']?.N) === saved.page &&
      Item['offset']?.S === saved.offset &&
      (released ? owner === undefined : owner === lease.owner)
    );
  }
}

function holder(lease: LeaseKey): Item {
  return { ':owner': { S: lease.owner }, ':version': { N: String(lease.version) } };
}
