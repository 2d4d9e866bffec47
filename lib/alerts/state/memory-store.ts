// What alerts remember, in memory: for tests that need no table. A history goes through lib/detections/detector.ts.
// Gives the answers of the DynamoDB adapter; forgets with the process.
import type { Clock } from '../../clock.ts';
import type { Alert } from '../../contract/alert.ts';
import { EMPTY_GROUP, type GroupState } from '../life/group.ts';
import { type GroupIdentity, groupKey } from '../life/identity.ts';
import { MEMORY_SECONDS } from '../lifetimes.ts';
import { type AlertStateStore, markerName, type StoredGroup, unexpired } from './port.ts';

interface Item {
  readonly version: number;
  /** JSON: what is read back is never what a caller still holds. */
  readonly state: string;
  readonly expiresAt: number;
}

export class MemoryAlertStateStore implements AlertStateStore {
  readonly alerts = new Map<string, Alert>();
  readonly #groups = new Map<string, Item>();
  readonly #markers = new Map<string, number>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async readGroup(group: GroupIdentity): Promise<StoredGroup> {
    const item = this.#groups.get(groupKey(group));
    if (item === undefined) return { version: 0, state: EMPTY_GROUP };
    const state = JSON.parse(item.state) as GroupState;
    return {
      version: item.version,
      state: unexpired(state, item.expiresAt <= this.#seconds()),
    };
  }

  async writeGroup(
    group: GroupIdentity,
    state: GroupState,
    version: number,
    memorySeconds: number,
  ): Promise<boolean> {
    const key = groupKey(group);
    if ((this.#groups.get(key)?.version ?? 0) !== version) return false;
    const expiresAt = this.#seconds() + Math.max(MEMORY_SECONDS, memorySeconds);
    this.#groups.set(key, { version: version + 1, state: JSON.stringify(state), expiresAt });
    return true;
  }

  async readMarkers(group: GroupIdentity, gids: readonly string[]): Promise<ReadonlySet<string>> {
    const now = this.#seconds();
    return new Set(gids.filter((gid) => (this.#markers.get(this.#name(group, gid)) ?? 0) > now));
  }

  async writeMarkers(group: GroupIdentity, gids: readonly string[]): Promise<void> {
    const expiresAt = this.#seconds() + MEMORY_SECONDS;
    for (const gid of gids) this.#markers.set(this.#name(group, gid), expiresAt);
  }

  async recordAlert(alert: Alert): Promise<void> {
    const known = this.alerts.get(alert.alertId);
    if (known === undefined || known.revision < alert.revision) {
      this.alerts.set(alert.alertId, alert);
    }
  }

  #name(group: GroupIdentity, gid: string): string {
    return markerName(group, groupKey(group), gid);
  }

  #seconds(): number {
    return Math.floor(this.#clock.now() / 1_000);
  }
}
