// The dead letters of a data folder's queues, for commands: looked at, put back, removed, whether a run holds the folder or not.
// Its statements touch dead messages alone, which a run never does but when it starts, so neither gets in the other's way.
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { AuditBusError } from '../errors.ts';

export interface LocalDeadLetter {
  readonly queue: string;
  readonly id: string;
  readonly body: string;
  readonly reason: string;
  /** Milliseconds since the epoch: when it came into its queue. */
  readonly sentAt: number;
  readonly receives: number;
}

/** A writer waits for another, which needs milliseconds. */
const BUSY_MS = 10_000;

export class DeadLetters {
  readonly #db: DatabaseSync | undefined;

  /** @throws AuditBusError `local.data-damaged` */
  constructor(file: string) {
    if (!existsSync(file)) return;
    try {
      this.#db = new DatabaseSync(file, { timeout: BUSY_MS });
      this.#db.prepare(COUNTS).all();
    } catch (cause) {
      throw new AuditBusError('local.data-damaged', `${file} cannot be read: ${String(cause)}`, {
        cause,
      });
    }
  }

  /** Queues that hold anything, by name. `waiting` includes what a run has in hand. */
  counts(): { readonly queue: string; readonly waiting: number; readonly dead: number }[] {
    return (this.#db?.prepare(COUNTS).all() ?? []).map((row) => ({
      queue: String(row['queue']),
      waiting: Number(row['waiting']),
      dead: Number(row['dead']),
    }));
  }

  /** Oldest first. */
  list(queue: string, limit: number): LocalDeadLetter[] {
    return (this.#db?.prepare(LIST).all(queue, limit) ?? []).map((row) => ({
      queue: String(row['queue']),
      id: String(row['id']),
      body: String(row['body']),
      reason: String(row['reason'] ?? ''),
      sentAt: Number(row['sent_at']),
      receives: Number(row['receives']),
    }));
  }

  /** Back into its queue, as good as new. @returns false where it is no dead letter any more */
  redrive(id: string, now: number): boolean {
    return Number(this.#db?.prepare(REDRIVE).run(now, id).changes ?? 0) > 0;
  }

  /** @returns false where it is no dead letter any more */
  drop(id: string): boolean {
    return Number(this.#db?.prepare(DROP).run(id).changes ?? 0) > 0;
  }

  close(): void {
    this.#db?.close();
  }
}

const COUNTS =
  'SELECT queue, count(*) - sum(dead) AS waiting, sum(dead) AS dead FROM messages GROUP BY queue ORDER BY queue';
const LIST =
  'SELECT queue, id, body, reason, sent_at, receives FROM messages WHERE queue = ? AND dead = 1 ORDER BY seq LIMIT ?';
const REDRIVE =
  'UPDATE messages SET dead = 0, visible_at = ?, receives = 0, reason = NULL WHERE dead = 1 AND id = ?';
const DROP = 'DELETE FROM messages WHERE dead = 1 AND id = ?';
