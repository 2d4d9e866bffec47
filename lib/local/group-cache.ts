// Groups as this run last read or wrote them, in front of the table: whoever holds the data folder is their only writer.
// Every write still goes to the table, on its condition, before it counts. Markers and alerts are none of its business.

import { type GroupIdentity, groupKey } from '../alerts/identity.ts';
import type { GroupState } from '../alerts/life.ts';
import type { AlertStateStore, StoredGroup } from '../alerts/state-port.ts';
import type { Alert } from '../contract/alert.ts';

/** A group of the kind that remembers most has 60 KB as text; nearly all have less than one. */
const MAX_GROUPS = 5_000;

export class GroupCache implements AlertStateStore {
  readonly #store: AlertStateStore;
  /** In two generations: what is not asked for while the younger one fills is forgotten. */
  #recent = new Map<string, StoredGroup>();
  #before = new Map<string, StoredGroup>();

  constructor(store: AlertStateStore) {
    this.#store = store;
  }

  async readGroup(group: GroupIdentity): Promise<StoredGroup> {
    const key = groupKey(group);
    const known = this.#recent.get(key) ?? this.#before.get(key);
    const stored = known ?? (await this.#store.readGroup(group));
    this.#keep(key, stored);
    return stored;
  }

  async writeGroup(
    group: GroupIdentity,
    state: GroupState,
    version: number,
    memorySeconds: number,
  ): Promise<boolean> {
    const key = groupKey(group);
    let isWritten = false;
    try {
      isWritten = await this.#store.writeGroup(group, state, version, memorySeconds);
    } finally {
      // Refused, or nobody knows whether it was applied: the next read asks the table.
      if (isWritten) this.#keep(key, { version: version + 1, state });
      else this.#forget(key);
    }
    return isWritten;
  }

  readMarkers(group: GroupIdentity, gids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#store.readMarkers(group, gids);
  }

  writeMarkers(group: GroupIdentity, gids: readonly string[]): Promise<void> {
    return this.#store.writeMarkers(group, gids);
  }

  recordAlert(alert: Alert): Promise<void> {
    return this.#store.recordAlert(alert);
  }

  /** A read that took longer than a write is older than what was written. */
  #keep(key: string, stored: StoredGroup): void {
    const known = this.#recent.get(key) ?? this.#before.get(key);
    this.#recent.set(key, known !== undefined && known.version > stored.version ? known : stored);
    if (this.#recent.size < MAX_GROUPS) return;
    this.#before = this.#recent;
    this.#recent = new Map();
  }

  #forget(key: string): void {
    this.#recent.delete(key);
    this.#before.delete(key);
  }
}
