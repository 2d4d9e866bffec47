// Who is delivering which revision of an alert to which sink, so that a sink gets it once unless an answer was lost.
// Lives in the state table; leases are short, and expiry is checked here, not left to TTL.
import { randomUUID } from 'node:crypto';
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  type PutItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '../clock.ts';
import type { Alert } from '../contract/alert.ts';
import { MEMORY_SECONDS } from './state-store.ts';

/** Longer than any delivery may take (Lambda ends a notifier after 30 seconds), short enough to wait for. */
export const CLAIM_LEASE_MS = 60_000;

export type ClaimResult =
  /** `token` names this one claim, for giving it back. */
  | { readonly outcome: 'claimed'; readonly token: string }
  | { readonly outcome: 'delivered' }
  /** Another is at it, or died at it: ask again when its lease is over. */
  | { readonly outcome: 'held'; readonly leftMs: number };

export interface Claims {
  /** Takes (alertId, revision, sink) for the length of a lease. */
  claim(alert: Alert, sink: string): Promise<ClaimResult>;
  /** Says for good that the sink has it. */
  confirm(alert: Alert, sink: string): Promise<void>;
  /** Gives back a claim whose delivery failed, so that the next try need not wait for the lease. */
  release(alert: Alert, sink: string, token: string): Promise<void>;
}

interface Options {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly clock: Clock;
}

export class DynamoClaims implements Claims {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #clock: Clock;

  constructor(options: Options) {
    this.#client = options.client;
    this.#table = options.tableName;
    this.#clock = options.clock;
  }

  async claim(alert: Alert, sink: string): Promise<ClaimResult> {
    const now = this.#clock.now();
    const token = randomUUID();
    const taken = await this.#put(
      alert,
      sink,
      { state: 'claimed', token, leaseUntil: now + CLAIM_LEASE_MS },
      {
        // No claim, or one long forgotten, or one whose holder died before confirming.
        ConditionExpression:
          'attribute_not_exists(pk) OR expiresAt <= :seconds OR (#state = :claimed AND leaseUntil <= :now)',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: {
          ':seconds': { N: String(Math.floor(now / 1_000)) },
          ':now': { N: String(now) },
          ':claimed': { S: 'claimed' },
        },
      },
    );
    if (taken) return { outcome: 'claimed', token };
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: key(alert, sink), ConsistentRead: true }),
    );
    if (Item?.['state']?.S === 'delivered') return { outcome: 'delivered' };
    // Ours already: the write was applied, its answer was lost, and the SDK's second try found the first.
    if (Item?.['token']?.S === token) return { outcome: 'claimed', token };
    return { outcome: 'held', leftMs: Math.max(0, Number(Item?.['leaseUntil']?.N ?? 0) - now) };
  }

  /** Unconditional: the sink has the alert, whoever holds the claim by now. */
  async confirm(alert: Alert, sink: string): Promise<void> {
    await this.#put(alert, sink, { state: 'delivered', token: '-', leaseUntil: 0 }, {});
  }

  async release(alert: Alert, sink: string, token: string): Promise<void> {
    // Refused when the lease ran out and another has taken over: then there is nothing of ours to give back.
    await this.#put(
      alert,
      sink,
      { state: 'claimed', token: '-', leaseUntil: 0 },
      {
        ConditionExpression: '#token = :token',
        ExpressionAttributeNames: { '#token': 'token' },
        ExpressionAttributeValues: { ':token': { S: token } },
      },
    );
  }

  async #put(
    alert: Alert,
    sink: string,
    claim: { state: 'claimed' | 'delivered'; token: string; leaseUntil: number },
    condition: Partial<PutItemCommandInput>,
  ): Promise<boolean> {
    const now = this.#clock.now();
    try {
      await this.#client.send(
        new PutItemCommand({
          TableName: this.#table,
          Item: {
            ...key(alert, sink),
            state: { S: claim.state },
            token: { S: claim.token },
            leaseUntil: { N: String(claim.leaseUntil) },
            at: { S: new Date(now).toISOString() },
            expiresAt: { N: String(Math.floor(now / 1_000) + MEMORY_SECONDS) },
          },
          ...condition,
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }
}

function key(alert: Alert, sink: string): { pk: { S: string }; sk: { S: string } } {
  return { pk: { S: `claim#${alert.alertId}` }, sk: { S: `${alert.revision}#${sink}` } };
}
