// Reads the alerts back that dynamo-store.ts has recorded: by time, newest first and page by page, or by id.
// By time means by the first event as it was known when the alert opened; what alerts look like is for the commands.
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { parseLossless } from '../../asana/lossless-json.ts';
import type { Clock } from '../../clock.ts';
import type { Alert, AlertStatus, Severity } from '../../contract/alert.ts';
import { isNamed } from '../../detections/definition/named-ids.ts';
import { timeKey } from '../../time-key.ts';
import { alertsPartition, alertTimesPartition } from './dynamo-store.ts';

/** What is absent admits everything. */
export interface AlertFilter {
  readonly severities?: readonly Severity[];
  readonly statuses?: readonly AlertStatus[];
  /** Ids of detections, or the beginnings of some: `asana.export.*`. */
  readonly detections?: readonly string[];
  /** `type:id`, or the id alone. */
  readonly entities?: readonly string[];
  /** Milliseconds since the epoch: from `since` on, before `until`. */
  readonly since?: number;
  readonly until?: number;
}

export interface RecordedAlert {
  readonly alert: Alert;
  /** The alert's own JSON, every number with its digits. */
  readonly text: string;
}

interface Entry {
  readonly workspaceGid: string;
  readonly alertId: string;
  readonly key: string;
}
type Item = Record<string, AttributeValue>;

const PAGE = 200;
/** Records fetched at a time, each by a call of its own. */
const AT_ONCE = 10;

export class AlertList {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #clock: Clock;

  constructor(options: {
    readonly client: DynamoDBClient;
    readonly tableName: string;
    readonly clock: Clock;
  }) {
    this.#client = options.client;
    this.#table = options.tableName;
    this.#clock = options.clock;
  }

  /** Newest first over all workspaces; reads as far as it is asked. */
  async *list(
    workspaceGids: readonly string[],
    filter: AlertFilter,
    limit: number,
  ): AsyncIterable<RecordedAlert> {
    let left = limit;
    let waiting: Entry[] = [];
    for await (const entry of newestFirst(workspaceGids.map((gid) => this.#entries(gid, filter)))) {
      waiting.push(entry);
      if (waiting.length < Math.min(AT_ONCE, left)) continue;
      for (const found of await this.#records(waiting)) {
        yield found;
        left -= 1;
      }
      if (left <= 0) return;
      waiting = [];
    }
    yield* await this.#records(waiting);
  }

  /** Those whose ids begin with `prefix`: two at most, which is enough to know that it is not unique. */
  async find(workspaceGids: readonly string[], prefix: string): Promise<RecordedAlert[]> {
    const found = await Promise.all(
      workspaceGids.map(async (gid) => {
        const { Items = [] } = await this.#client.send(
          new QueryCommand({
            TableName: this.#table,
            KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
            ExpressionAttributeValues: {
              ':pk': { S: alertsPartition(gid) },
              ':prefix': { S: prefix },
            },
            Limit: 2,
          }),
        );
        return Items.flatMap((item) => this.#recorded(item));
      }),
    );
    return found.flat().slice(0, 2);
  }

  async *#entries(workspaceGid: string, filter: AlertFilter): AsyncIterable<Entry> {
    let from: Item | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :since AND :until',
          ExpressionAttributeValues: {
            ':pk': { S: alertTimesPartition(workspaceGid) },
            ':since': { S: timeKey(filter.since ?? 0) },
            ':until': { S: timeKey(filter.until ?? Number.MAX_SAFE_INTEGER) },
          },
          ScanIndexForward: false,
          Limit: PAGE,
          ...(from === undefined ? {} : { ExclusiveStartKey: from }),
        }),
      );
      for (const item of Items) {
        if (!admits(filter, item)) continue;
        yield { workspaceGid, alertId: item['alertId']?.S ?? '', key: item['sk']?.S ?? '' };
      }
      from = LastEvaluatedKey;
    } while (from !== undefined);
  }

  async #records(entries: readonly Entry[]): Promise<RecordedAlert[]> {
    const found = await Promise.all(
      entries.map(async ({ workspaceGid, alertId }) => {
        const { Item } = await this.#client.send(
          new GetItemCommand({
            TableName: this.#table,
            Key: { pk: { S: alertsPartition(workspaceGid) }, sk: { S: alertId } },
          }),
        );
        return Item === undefined ? [] : this.#recorded(Item);
      }),
    );
    return found.flat();
  }

  #recorded(item: Item): RecordedAlert[] {
    if (Number(item['expiresAt']?.N) * 1_000 <= this.#clock.now()) return [];
    const text = item['alert']?.S ?? '';
    return [{ alert: parseLossless(text) as Alert, text }];
  }
}

function admits(filter: AlertFilter, item: Item): boolean {
  const { severities, statuses, detections, entities } = filter;
  const is = (values: readonly string[] | undefined, value = '') =>
    values === undefined || values.includes(value);
  const entity = item['entity']?.S ?? '';
  return (
    is(severities, item['severity']?.S) &&
    is(statuses, item['status']?.S) &&
    (detections === undefined || isNamed(detections, item['detectionId']?.S ?? '')) &&
    (is(entities, entity) || is(entities, entity.slice(entity.indexOf(':') + 1)))
  );
}

/** Several lists, each newest first, as one. */
async function* newestFirst(lists: readonly AsyncIterable<Entry>[]): AsyncIterable<Entry> {
  const readers = lists.map((list) => list[Symbol.asyncIterator]());
  const heads = await Promise.all(readers.map((reader) => reader.next()));
  for (;;) {
    let newest = -1;
    for (const [index, head] of heads.entries()) {
      if (head.done) continue;
      const best = heads[newest];
      if (best === undefined || best.done || head.value.key > best.value.key) newest = index;
    }
    const head = heads[newest];
    const reader = readers[newest];
    if (head === undefined || head.done || reader === undefined) return;
    yield head.value;
    heads[newest] = await reader.next();
  }
}
