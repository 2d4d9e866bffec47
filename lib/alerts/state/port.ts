// What alerts remember between invocations, as a port: groups, markers of events that are in an alert, alerts for people.
// In DynamoDB it is dynamo-store.ts, in memory memory-store.ts; one suite of tests holds both to the same answers.
import type { Alert } from '../../contract/alert.ts';
import { EMPTY_GROUP, type GroupState, pendingAlerts } from '../life/group.ts';
import type { GroupIdentity } from '../life/identity.ts';

/** A group as it was read. `version` 0 means that no item exists. */
export interface StoredGroup {
  readonly version: number;
  readonly state: GroupState;
}

export interface AlertStateStore {
  /** Consistent read. What has expired is gone, save alerts that are not on the bus yet. */
  readGroup(group: GroupIdentity): Promise<StoredGroup>;
  /**
   * Writes `state` as version + 1; false when another has changed the group since version.
   * @param memorySeconds how long it is remembered at least; 15 days whatever it says
   */
  writeGroup(
    group: GroupIdentity,
    state: GroupState,
    version: number,
    memorySeconds: number,
  ): Promise<boolean>;
  /** Consistent read: those of the gids that are in an alert of this detection (of this group, where it is shared) already. */
  readMarkers(group: GroupIdentity, gids: readonly string[]): Promise<ReadonlySet<string>>;
  writeMarkers(group: GroupIdentity, gids: readonly string[]): Promise<void>;
  /** Puts an alert among those people list; an older revision never replaces a newer one. */
  recordAlert(alert: Alert): Promise<void>;
}

/** What is left of a state: all of it, or nothing once it has expired, save alerts that are not on the bus yet. */
export function unexpired(state: GroupState, isExpired: boolean): GroupState {
  const isUnfinished =
    pendingAlerts(state).length > 0 ||
    state.unmarked.length > 0 ||
    state.windows.some(({ unsaid }) => unsaid === true);
  return isExpired && !isUnfinished ? EMPTY_GROUP : state;
}

/** What a marker is called by: one event may be in alerts of several groups where groups share events. */
export function markerName(group: GroupIdentity, groupKey: string, gid: string): string {
  const { detectionId, workspaceGid, shared } = group;
  return `${detectionId}#${workspaceGid}#${gid}${shared ? `#${groupKey}` : ''}`;
}
