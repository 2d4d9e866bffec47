// Detection's groups in a SQLite file of the data folder: nearly every event changes a few, and each would be a call to the
// database. Gives the table's answers. Markers and alerts, which people's commands ask for, are the store's behind it.
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { EMPTY_GROUP, type GroupState } from '../alerts/life/group.ts';
import { type GroupIdentity, groupKey } from '../alerts/life/identity.ts';
import { MEMORY_SECONDS } from '../alerts/lifetimes.ts';
import { type AlertStateStore, type StoredGroup, unexpired } from '../alerts/state/port.ts';
import { parseLossless } from '../asana/lossless-json.ts';
import type { Clock } from '../clock.ts';
import type { Alert } from '../contract/alert.ts';
import { AuditBusError } from '../errors.ts';

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS groups (
    key TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    state TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

interface Options {
  readonly file: string;
  /** Has the markers and the alerts. */
  readonly store: Pick<AlertStateStore, 'readMarkers' | 'writeMarkers' | 'recordAlert'>;
  readonly clock: Clock;
}

export class LocalGroupStore implements AlertStateStore {
  readonly #options: Options;
  readonly #db: DatabaseSync;
  readonly #read: StatementSync;
  readonly #insert: StatementSync;
  readonly #update: StatementSync;

  /**
   * Opens or makes the file. A write that has returned survives the death of the process, as in queue.ts.
   * @throws AuditBusError `local.data-damaged` when the file is none of these
   */
  constructor(options: Options) {
    this.#options = options;
    try {
      this.#db = new DatabaseSync(options.file);
      this.#db.exec(SCHEMA);
      this.#read = this.#db.prepare('SELECT version, state, expires_at FROM groups WHERE key = ?');
      this.#insert = this.#db.prepare(
        'INSERT INTO groups (key, version, state, expires_at) VALUES (?, 1, ?, ?) ON CONFLICT DO NOTHING',
      );
      this.#update = this.#db.prepare(
        'UPDATE groups SET version = version + 1, state = ?, expires_at = ? WHERE key = ? AND version = ?',
      );
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new AuditBusError('local.data-damaged', `${options.file} cannot be read: ${reason}`, {
        cause,
      });
    }
  }

  async readGroup(group: GroupIdentity): Promise<StoredGroup> {
    const row = this.#read.get(groupKey(group));
    if (row === undefined) return { version: 0, state: EMPTY_GROUP };
    const state = parseLossless(String(row['state'])) as GroupState;
    const isExpired = Number(row['expires_at']) <= this.#seconds();
    return { version: Number(row['version']), state: unexpired(state, isExpired) };
  }

  async writeGroup(
    group: GroupIdentity,
    state: GroupState,
    version: number,
    memorySeconds: number,
  ): Promise<boolean> {
    const key = groupKey(group);
    const text = JSON.stringify(state);
    const expiresAt = this.#seconds() + Math.max(MEMORY_SECONDS, memorySeconds);
    const { changes } =
      version === 0
        ? this.#insert.run(key, text, expiresAt)
        : this.#update.run(text, expiresAt, key, version);
    return Number(changes) === 1;
  }

  readMarkers(group: GroupIdentity, gids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#options.store.readMarkers(group, gids);
  }

  writeMarkers(group: GroupIdentity, gids: readonly string[]): Promise<void> {
    return this.#options.store.writeMarkers(group, gids);
  }

  recordAlert(alert: Alert): Promise<void> {
    return this.#options.store.recordAlert(alert);
  }

  close(): void {
    this.#db.close();
  }

  #seconds(): number {
    return Math.floor(this.#options.clock.now() / 1_000);
  }
}
