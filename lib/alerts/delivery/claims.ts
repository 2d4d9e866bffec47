// Who is delivering what to which sink, so that a sink gets it once unless an answer was lost; and what a sink must
// remember of it. Lives in the state table; leases are short, and expiry is checked here, not left to TTL.
import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../clock.ts';
import { CLAIM_SECONDS } from '../lifetimes.ts';
import type { SinkMemory } from './sink-port.ts';

/** Longer than any delivery may take (Lambda ends a notifier after 30 seconds), short enough to wait for. */
export const CLAIM_LEASE_MS = 60_000;

/** What is claimed: `scope` is an alert's id, or names a roll-up; `name` tells its revisions and sinks apart. */
export interface ClaimKey {
  readonly scope: string;
  readonly name: string;
}

export type ClaimResult =
  /** `token` names this one claim, for giving it back. */
  | { readonly outcome: 'claimed'; readonly token: string; readonly memory: SinkMemory }
  | { readonly outcome: 'delivered'; readonly memory: SinkMemory }
  /** Another is at it, or died at it: ask again when its lease is over. */
  | { readonly outcome: 'held'; readonly leftMs: number };

export interface Claims {
  /** Takes it for the length of a lease. */
  claim(key: ClaimKey): Promise<ClaimResult>;
  /** Says for good that the sink has it. */
  confirm(key: ClaimKey, memory?: SinkMemory): Promise<void>;
  /**
   * Gives a claim back with what is to be remembered of it, for the next who claims it. Nothing happens when the lease
   * ran out and another has taken over.
   */
  release(key: ClaimKey, token: string, memory?: SinkMemory): Promise<void>;
  /** What is remembered, without claiming; undefined where nobody ever claimed. */
  read(key: ClaimKey): Promise<SinkMemory | undefined>;
}

interface Options {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly clock: Clock;
}

type Item = Record<string, AttributeValue>;

export class DynamoClaims implements Claims {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #clock: Clock;

  constructor(options: Options) {
    this.#client = options.client;
    this.#table = options.tableName;
    this.#clock = options.clock;
  }

  async claim(key: ClaimKey): Promise<ClaimResult> {
    const now = this.#clock.now();
    const token = randomUUID();
    const taken = await this.#update(key, {
      set: { state: 'claimed', token, leaseUntil: now + CLAIM_LEASE_MS },
      // No claim, or one long forgotten, or one whose holder gave it back or died before confirming.
      condition:
        'attribute_not_exists(pk) OR expiresAt <= :seconds OR (#state = :claimed AND leaseUntil <= :now)',
      values: {
        ':seconds': { N: String(Math.floor(now / 1_000)) },
        ':now': { N: String(now) },
        ':claimed': { S: 'claimed' },
      },
    });
    if (taken !== undefined) {
      return { outcome: 'claimed', token, memory: this.#isForgotten(taken) ? {} : memoryOf(taken) };
    }
    const item = await this.#get(key);
    if (item?.['state']?.S === 'delivered') return { outcome: 'delivered', memory: memoryOf(item) };
    // Ours already: the write was applied, its answer was lost, and the SDK's second try found the first.
    if (item?.['token']?.S === token) return { outcome: 'claimed', token, memory: memoryOf(item) };
    return { outcome: 'held', leftMs: Math.max(0, Number(item?.['leaseUntil']?.N ?? 0) - now) };
  }

  /** Unconditional: the sink has it, whoever holds the claim by now. */
  async confirm(key: ClaimKey, memory?: SinkMemory): Promise<void> {
    await this.#update(key, { set: { state: 'delivered', token: '-', leaseUntil: 0, memory } });
  }

  async release(key: ClaimKey, token: string, memory?: SinkMemory): Promise<void> {
    await this.#update(key, {
      set: { state: 'claimed', token: '-', leaseUntil: 0, memory },
      condition: '#token = :mine',
      values: { ':mine': { S: token } },
    });
  }

  async read(key: ClaimKey): Promise<SinkMemory | undefined> {
    const item = await this.#get(key);
    return item === undefined || this.#isForgotten(item) ? undefined : memoryOf(item);
  }

  #isForgotten(item: Item): boolean {
    return Number(item['expiresAt']?.N ?? 0) * 1_000 <= this.#clock.now();
  }

  async #get(key: ClaimKey): Promise<Item | undefined> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: itemKey(key), ConsistentRead: true }),
    );
    return Item;
  }

  /** @returns the item as it was before, empty for none; undefined when the condition did not hold */
  async #update(
    key: ClaimKey,
    change: {
      set: { state: string; token: string; leaseUntil: number; memory?: SinkMemory | undefined };
      condition?: string;
      values?: Item;
    },
  ): Promise<Item | undefined> {
    const now = this.#clock.now();
    const { state, token, leaseUntil, memory } = change.set;
    const names = { '#state': 'state', '#token': 'token', '#at': 'at' };
    try {
      const { Attributes } = await this.#client.send(
        new UpdateItemCommand({
          TableName: this.#table,
          Key: itemKey(key),
          UpdateExpression: `SET #state = :state, #token = :token, leaseUntil = :until, #at = :at, expiresAt = :expires${memory === undefined ? '' : ', memory = :memory'}`,
          ExpressionAttributeNames: names,
          ExpressionAttributeValues: {
            ':state': { S: state },
            ':token': { S: token },
            ':until': { N: String(leaseUntil) },
            ':at': { S: new Date(now).toISOString() },
            ':expires': { N: String(Math.floor(now / 1_000) + CLAIM_SECONDS) },
            ...(memory === undefined ? {} : { ':memory': { S: JSON.stringify(memory) } }),
            ...change.values,
          },
          ...(change.condition === undefined ? {} : { ConditionExpression: change.condition }),
          ReturnValues: 'ALL_OLD',
        }),
      );
      return Attributes ?? {};
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }
}

function memoryOf(item: Item): SinkMemory {
  const text = item['memory']?.S;
  return text === undefined ? {} : (JSON.parse(text) as SinkMemory);
}

function itemKey({ scope, name }: ClaimKey): { pk: { S: string }; sk: { S: string } } {
  return { pk: { S: `claim#${scope}` }, sk: { S: name } };
}
