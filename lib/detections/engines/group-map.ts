// The groups of one detection in memory, found by workspace and entity. Those are looked up one after the other: putting a key
// together for each event would cost more than all of it.
import type { Entity } from '../../contract/alert.ts';

/** What tells the groups of one detection apart. */
export interface GroupName {
  readonly workspaceGid: string;
  readonly entity: Pick<Entity, 'type' | 'id'>;
}

export class GroupMap<T> {
  readonly #workspaces = new Map<string, Map<string, Map<string, T>>>();
  /** Nearly always the next one's, too. */
  #last:
    | { readonly workspaceGid: string; readonly type: string; readonly ids: Map<string, T> }
    | undefined;

  get size(): number {
    let size = 0;
    for (const types of this.#workspaces.values()) {
      for (const ids of types.values()) size += ids.size;
    }
    return size;
  }

  get({ workspaceGid, entity }: GroupName): T | undefined {
    const { type, id } = entity;
    const last = this.#last;
    if (last !== undefined && last.type === type && last.workspaceGid === workspaceGid) {
      return last.ids.get(id);
    }
    const ids = this.#workspaces.get(workspaceGid)?.get(type);
    if (ids !== undefined) this.#last = { workspaceGid, type, ids };
    return ids?.get(id);
  }

  set({ workspaceGid, entity: { type, id } }: GroupName, value: T): void {
    let types = this.#workspaces.get(workspaceGid);
    if (types === undefined) {
      types = new Map();
      this.#workspaces.set(workspaceGid, types);
    }
    let ids = types.get(type);
    if (ids === undefined) {
      ids = new Map();
      types.set(type, ids);
    }
    ids.set(id, value);
  }

  delete({ workspaceGid, entity: { type, id } }: GroupName): void {
    const types = this.#workspaces.get(workspaceGid);
    const ids = types?.get(type);
    if (types === undefined || ids === undefined || !ids.delete(id)) return;
    this.#last = undefined;
    // Whoever chooses types and workspaces is not to fill memory with empty maps.
    if (ids.size === 0) types.delete(type);
    if (types.size === 0) this.#workspaces.delete(workspaceGid);
  }

  *values(): Generator<T> {
    for (const types of this.#workspaces.values()) {
      for (const ids of types.values()) yield* ids.values();
    }
  }
}
