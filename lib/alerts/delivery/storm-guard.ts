// Counts the new alerts of a sink by the minute, over all copies of its notifier: those above the limit are rolled up.
// Lives in the state table for two days. What a roll-up says is roll-up.ts's, when it is sent deliver.ts's.
import {
  type DynamoDBClient,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../clock.ts';
import { type Alert, severitySchema } from '../../contract/alert.ts';
import type { ClaimKey } from './claims.ts';
import { countByDetection, type RolledAlert, type RollUp } from './roll-up.ts';

export type Admission =
  | { readonly outcome: 'one by one' }
  /** Part of the roll-up of the minute that began at `minute`. */
  | { readonly outcome: 'rolled up'; readonly minute: number };

export interface StormGuard {
  /** Counts a new alert. Asked once for each: an alert asked about twice counts twice. */
  admit(alert: Alert, destination: string): Promise<Admission>;
  /** When nothing joins the minute's roll-up any more. Milliseconds since the epoch. */
  completeAt(minute: number): number;
  /** Complete once that time has come. */
  rollUp(minute: number, destination: string): Promise<RollUp>;
  /** What to claim before sending it. */
  claimKey(minute: number, destination: string): ClaimKey;
}

const MINUTE = 60_000;
/**
 * How long after its minute a roll-up still waits for copies that had begun to write in it: longer than the client's
 * three tries of three seconds each.
 */
const MARGIN_MS = 15_000;
const KEPT_SECONDS = 2 * 86_400;

interface Options {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly clock: Clock;
  readonly sink: string;
  readonly newAlertsPerMinute: number;
}

export class DynamoStormGuard implements StormGuard {
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  async admit(alert: Alert, destination: string): Promise<Admission> {
    const { clock, newAlertsPerMinute } = this.#options;
    for (;;) {
      const minute = Math.floor(clock.now() / MINUTE) * MINUTE;
      if ((await this.#count(minute)) <= newAlertsPerMinute) return { outcome: 'one by one' };
      await this.#list(minute, alert, destination);
      // Written too late to be sure of being listed: the minute that has begun lists it as well.
      if (clock.now() < this.completeAt(minute)) return { outcome: 'rolled up', minute };
    }
  }

  completeAt(minute: number): number {
    return minute + MINUTE + MARGIN_MS;
  }

  async rollUp(minute: number, destination: string): Promise<RollUp> {
    const alerts: RolledAlert[] = [];
    let from: Record<string, { S: string }> | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await this.#options.client.send(
        new QueryCommand({
          TableName: this.#options.tableName,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
          ExpressionAttributeValues: {
            ':pk': { S: this.#partition(minute) },
            ':prefix': { S: listed(destination, '') },
          },
          ConsistentRead: true,
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        }),
      );
      for (const item of Items) {
        alerts.push({
          detectionId: item['detectionId']?.S ?? 'unknown',
          title: item['title']?.S ?? '',
          severity: severitySchema.catch('info').parse(item['severity']?.S),
        });
      }
      from = LastEvaluatedKey as typeof from;
    } while (from !== undefined);
    return { minute, destination, alerts: alerts.length, byDetection: countByDetection(alerts) };
  }

  claimKey(minute: number, destination: string): ClaimKey {
    return { scope: this.#partition(minute), name: `roll-up#${destination}` };
  }

  /** @returns how many new alerts this minute has had, this one included */
  async #count(minute: number): Promise<number> {
    const { Attributes } = await this.#options.client.send(
      new UpdateItemCommand({
        TableName: this.#options.tableName,
        Key: { pk: { S: this.#partition(minute) }, sk: { S: 'count' } },
        UpdateExpression: 'ADD alerts :one SET expiresAt = :expires',
        ExpressionAttributeValues: { ':one': { N: '1' }, ':expires': this.#expires() },
        ReturnValues: 'ALL_NEW',
      }),
    );
    return Number(Attributes?.['alerts']?.N ?? 1);
  }

  async #list(minute: number, alert: Alert, destination: string): Promise<void> {
    await this.#options.client.send(
      new PutItemCommand({
        TableName: this.#options.tableName,
        Item: {
          pk: { S: this.#partition(minute) },
          sk: { S: listed(destination, alert.alertId) },
          detectionId: { S: alert.detectionId },
          title: { S: alert.title },
          severity: { S: alert.severity },
          expiresAt: this.#expires(),
        },
      }),
    );
  }

  #partition(minute: number): string {
    return `storm#${this.#options.sink}#${new Date(minute).toISOString().slice(0, 16)}`;
  }

  #expires(): { N: string } {
    return { N: String(Math.floor(this.#options.clock.now() / 1_000) + KEPT_SECONDS) };
  }
}

function listed(destination: string, alertId: string): string {
  return `alert#${destination}#${alertId}`;
}
