// What alerts remember between invocations: groups, markers of events that are in an alert, the alerts people list.
// One DynamoDB table with `pk`, `sk` and the TTL attribute `expiresAt`; expiry is also checked here, since TTL is days late.
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { parseLossless } from '../../asana/lossless-json.ts';
import type { Clock } from '../../clock.ts';
import type { Alert } from '../../contract/alert.ts';
import { timeKey } from '../../time-key.ts';
import { EMPTY_GROUP, type GroupState } from '../life/group.ts';
import { type GroupIdentity, groupKey } from '../life/identity.ts';
import { MEMORY_SECONDS } from '../lifetimes.ts';
import { type AlertStateStore, markerName, type StoredGroup, unexpired } from './port.ts';

const DAY = 86_400;
/** Alerts can be listed for a year. */
const ALERT_RECORD_SECONDS = 365 * DAY;

interface Options {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly clock: Clock;
}

export class DynamoAlertStateStore implements AlertStateStore {
  readonly #client: DynamoDBClient;
  readonly #table: string;
  readonly #clock: Clock;

  constructor(options: Options) {
    this.#client = options.client;
    this.#table = options.tableName;
    this.#clock = options.clock;
  }

  async readGroup(group: GroupIdentity): Promise<StoredGroup> {
    const { Item } = await this.#client.send(
      new GetItemCommand({ TableName: this.#table, Key: groupItem(group), ConsistentRead: true }),
    );
    if (Item === undefined) return { version: 0, state: EMPTY_GROUP };
    const version = Number(Item['version']?.N);
    const state = parseLossless(Item['state']?.S ?? '') as GroupState;
    const expired = Number(Item['expiresAt']?.N) <= this.#seconds();
    return { version, state: unexpired(state, expired) };
  }

  async writeGroup(
    group: GroupIdentity,
    state: GroupState,
    version: number,
    memorySeconds: number,
  ): Promise<boolean> {
    return this.#conditionalPut(
      new PutItemCommand({
        TableName: this.#table,
        Item: {
          ...groupItem(group),
          version: { N: String(version + 1) },
          // Text, so that what is published after a crash is byte for byte what would have been published before.
          state: { S: JSON.stringify(state) },
          expiresAt: { N: String(this.#seconds() + Math.max(MEMORY_SECONDS, memorySeconds)) },
          detectionId: { S: group.detectionId },
          workspaceGid: { S: group.workspaceGid },
          entity: { S: `${group.entity.type} ${group.entity.id}` },
        },
        ConditionExpression: version === 0 ? 'attribute_not_exists(pk)' : 'version = :version',
        ...(version === 0
          ? {}
          : { ExpressionAttributeValues: { ':version': { N: String(version) } } }),
      }),
    );
  }

  async readMarkers(group: GroupIdentity, gids: readonly string[]): Promise<ReadonlySet<string>> {
    const now = this.#seconds();
    const known = await Promise.all(
      gids.map(async (gid) => {
        const { Item } = await this.#client.send(
          new GetItemCommand({
            TableName: this.#table,
            Key: markerItem(group, gid),
            ConsistentRead: true,
          }),
        );
        return Item !== undefined && Number(Item['expiresAt']?.N) > now ? [gid] : [];
      }),
    );
    return new Set(known.flat());
  }

  async writeMarkers(group: GroupIdentity, gids: readonly string[]): Promise<void> {
    const expiresAt = { N: String(this.#seconds() + MEMORY_SECONDS) };
    await Promise.all(
      gids.map((gid) =>
        this.#client.send(
          new PutItemCommand({
            TableName: this.#table,
            Item: { ...markerItem(group, gid), expiresAt },
          }),
        ),
      ),
    );
  }

  async recordAlert(alert: Alert): Promise<void> {
    // In this order: whoever finds the record finds the rest, and after a crash all of it is written again.
    if (alert.revision === 1) await this.#recordTime(alert);
    if (alert.suppressionId !== undefined) await this.#recordUse(alert.suppressionId, alert);
    await this.#conditionalPut(
      new PutItemCommand({
        TableName: this.#table,
        Item: {
          pk: { S: alertsPartition(alert.workspaceGid) },
          sk: { S: alert.alertId },
          revision: { N: String(alert.revision) },
          detectionId: { S: alert.detectionId },
          severity: { S: alert.severity },
          status: { S: alert.status },
          title: { S: alert.title },
          summary: { S: alert.summary },
          entity: { S: alert.entity.label },
          count: { N: String(alert.count) },
          firstSeen: { S: alert.firstSeen },
          lastSeen: { S: alert.lastSeen },
          detectedAt: { S: alert.detectedAt },
          alert: { S: JSON.stringify(alert) },
          expiresAt: { N: String(this.#seconds() + ALERT_RECORD_SECONDS) },
        },
        ConditionExpression: 'attribute_not_exists(pk) OR revision < :revision',
        ExpressionAttributeValues: { ':revision': { N: String(alert.revision) } },
      }),
    );
  }

  /** Where the alert stands in time: written once, since its id and all that is filtered by stay as they were opened. */
  async #recordTime(alert: Alert): Promise<void> {
    const { alertId, workspaceGid, detectionId, severity, status, entity, firstSeen } = alert;
    await this.#client.send(
      new PutItemCommand({
        TableName: this.#table,
        Item: {
          pk: { S: alertTimesPartition(workspaceGid) },
          sk: { S: `${timeKey(Date.parse(firstSeen))}#${alertId}` },
          alertId: { S: alertId },
          detectionId: { S: detectionId },
          severity: { S: severity },
          status: { S: status },
          entity: { S: `${entity.type}:${entity.id}` },
          expiresAt: { N: String(this.#seconds() + ALERT_RECORD_SECONDS) },
        },
      }),
    );
  }

  /** What a suppression did: an item for each alert, so that no redelivery counts twice. */
  async #recordUse(suppressionId: string, alert: Alert): Promise<void> {
    await this.#conditionalPut(
      new PutItemCommand({
        TableName: this.#table,
        Item: {
          pk: { S: suppressedPartition(suppressionId) },
          sk: { S: alert.alertId },
          revision: { N: String(alert.revision) },
          count: { N: String(alert.count) },
          lastSeen: { S: alert.lastSeen },
          expiresAt: { N: String(this.#seconds() + ALERT_RECORD_SECONDS) },
        },
        ConditionExpression: 'attribute_not_exists(pk) OR revision < :revision',
        ExpressionAttributeValues: { ':revision': { N: String(alert.revision) } },
      }),
    );
  }

  async #conditionalPut(command: PutItemCommand): Promise<boolean> {
    try {
      await this.#client.send(command);
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1_000);
  }
}

/** A workspace's alerts by their ids. */
export function alertsPartition(workspaceGid: string): string {
  return `alerts#${workspaceGid}`;
}

/** A workspace's alerts in the order of their times. */
export function alertTimesPartition(workspaceGid: string): string {
  return `alert-times#${workspaceGid}`;
}

/** Where the alerts are counted that a suppression kept from being delivered. */
export function suppressedPartition(suppressionId: string): string {
  return `suppressed#${suppressionId}`;
}

function groupItem(group: GroupIdentity): { pk: { S: string }; sk: { S: string } } {
  return { pk: { S: `group#${groupKey(group)}` }, sk: { S: 'group' } };
}

function markerItem(group: GroupIdentity, gid: string): { pk: { S: string }; sk: { S: string } } {
  return { pk: { S: `marker#${markerName(group, groupKey(group), gid)}` }, sk: { S: 'marker' } };
}
