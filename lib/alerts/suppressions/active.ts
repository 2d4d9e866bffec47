// The suppressions in force, as detecting reads them: one query, kept for at most a minute.
// Adding and removing them is store.ts's, what they cover suppression.ts's.
import { type AttributeValue, type DynamoDBClient, QueryCommand } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../clock.ts';
import { type Suppression, suppressionSchema } from '../../contract/operator.ts';
import { describeError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import { timeKey } from '../../time-key.ts';

/** The partition of all suppressions, in the order of their expiry. Shared with store.ts. */
export const SUPPRESSIONS = 'suppressions';
/** The one state in which a suppression is in force. */
export const IN_FORCE = 'in-force';

export interface ActiveSuppressions {
  /** Those in force, or very lately. Never rejects: what cannot be read suppresses nothing. */
  list(): Promise<readonly Suppression[]>;
}

interface Options {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds for which an answer is good. @default a minute */
  readonly freshMs?: number;
}

const FRESH_MS = 60_000;
/** While the table cannot be read, what was read last goes on counting for so long; after that all alerts page. */
const USABLE_MS = 15 * 60_000;

export class DynamoActiveSuppressions implements ActiveSuppressions {
  readonly #options: Options;
  #read: { readonly at: number; readonly found: readonly Suppression[] } | undefined;
  #reading: Promise<readonly Suppression[]> | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  async list(): Promise<readonly Suppression[]> {
    const { clock, freshMs = FRESH_MS } = this.#options;
    const known = this.#read;
    if (known !== undefined && clock.monotonic() - known.at < freshMs) return known.found;
    this.#reading ??= this.#renew().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #renew(): Promise<readonly Suppression[]> {
    const { clock, log } = this.#options;
    const at = clock.monotonic();
    try {
      const found = await this.#query();
      this.#read = { at, found };
      return found;
    } catch (error) {
      const known = this.#read;
      const isUsable = known !== undefined && at - known.at < USABLE_MS;
      log.warn(
        isUsable
          ? 'Suppressions could not be read; those read last still count.'
          : 'Suppressions could not be read: none counts, and every alert is delivered.',
        { reason: describeError(error) },
      );
      return isUsable ? known.found : [];
    }
  }

  async #query(): Promise<readonly Suppression[]> {
    const { client, tableName, clock } = this.#options;
    const found: Suppression[] = [];
    let from: Record<string, AttributeValue> | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await client.send(
        new QueryCommand({
          TableName: tableName,
          KeyConditionExpression: 'pk = :pk AND sk > :now',
          ExpressionAttributeValues: {
            ':pk': { S: SUPPRESSIONS },
            ':now': { S: timeKey(clock.now()) },
          },
          ConsistentRead: true,
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        }),
      );
      const inForce = Items.filter((item) => item['state']?.S === IN_FORCE);
      found.push(...inForce.flatMap((item) => this.#readable(item)));
      from = LastEvaluatedKey;
    } while (from !== undefined);
    return found;
  }

  /** One that cannot be read suppresses nothing, and keeps no other from doing so. */
  #readable(item: Record<string, AttributeValue>): Suppression[] {
    const suppression = suppressionOf(item);
    if (suppression !== undefined) return [suppression];
    this.#options.log.warn('A suppression cannot be read and counts for nothing.', {
      key: item['sk']?.S ?? '',
    });
    return [];
  }
}

/** A condition that this version does not know would be left out, and more be covered than was meant. */
const knownSuppressionSchema = suppressionSchema.extend({
  conditions: suppressionSchema.shape.conditions.strict(),
});

/** Undefined for what this version cannot read whole. */
export function suppressionOf(item: Record<string, AttributeValue>): Suppression | undefined {
  try {
    return knownSuppressionSchema.parse(JSON.parse(item['suppression']?.S ?? ''));
  } catch {
    return undefined;
  }
}
