// Durable queues in one SQLite file, with SQS's ways: visibility timeout, receive count, deferral, dead-letter queue.
// Knows nothing of what the messages hold. One process at a time runs them: the data folder's lock sees to it.
import { randomUUID } from 'node:crypto';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Clock } from '../clock.ts';
import { AuditBusError } from '../errors.ts';

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = NORMAL;
  CREATE TABLE IF NOT EXISTS messages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    id TEXT NOT NULL,
    body TEXT NOT NULL,
    sent_at INTEGER NOT NULL,
    visible_at INTEGER NOT NULL,
    receives INTEGER NOT NULL DEFAULT 0,
    receipt TEXT,
    reason TEXT,
    dead INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX IF NOT EXISTS messages_by_visibility ON messages (queue, dead, visible_at, seq);
  DROP INDEX IF EXISTS messages_by_receipt;
`;

const BUSY_MS = 10_000;

export interface QueueMessage {
  readonly queue: string;
  readonly body: string;
}

export interface ReceivedMessage {
  readonly id: string;
  /** Names this receipt of the message; void once the visibility timeout has passed and another took it. */
  readonly receipt: string;
  readonly body: string;
  /** 1 the first time. */
  readonly receives: number;
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
}

export class DurableQueues {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #statements: ReturnType<typeof prepare>;
  readonly #listeners = new Map<string, Set<() => void>>();

  /**
   * Opens or makes `file`. Whatever an earlier run had received, deferred or not yet received is visible at once, its
   * receive count at zero: that run's death is no failure of the message. synchronous=NORMAL in WAL mode survives the death
   * of the process (sqlite.org/pragma.html#pragma_synchronous); it may lose the last commits when the machine loses power.
   * @throws AuditBusError `local.data-damaged` when the file is no queue file.
   */
  constructor(file: string, clock: Clock) {
    this.#clock = clock;
    try {
      // A command may be removing dead letters at this moment (dead-letters.ts): that takes milliseconds.
      this.#db = new DatabaseSync(file, { timeout: BUSY_MS });
      this.#db.exec(SCHEMA);
      this.#db.exec(
        'UPDATE messages SET visible_at = 0, receives = 0, receipt = NULL WHERE dead = 0',
      );
      this.#statements = prepare(this.#db);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new AuditBusError('local.data-damaged', `${file} cannot be read: ${reason}`, { cause });
    }
  }

  /** Commits all of `messages` or none, and returns only when they are on disk. */
  send(messages: readonly QueueMessage[]): void {
    if (messages.length === 0) return;
    const now = this.#clock.now();
    this.#transaction(() => {
      for (const { queue, body } of messages) {
        this.#statements.insert.run(queue, randomUUID(), body, now, now);
      }
    });
    for (const queue of new Set(messages.map((message) => message.queue))) this.#wake(queue);
  }

  /**
   * Up to `max` visible messages, the longest visible first, hidden from others for `visibilityMs`. One that has been
   * received `maxReceives` times already becomes a dead letter instead.
   */
  receive(
    queue: string,
    max: number,
    visibilityMs: number,
    maxReceives: number,
  ): ReceivedMessage[] {
    const now = this.#clock.now();
    const receiving = randomUUID();
    return this.#transaction(() => {
      const received: ReceivedMessage[] = [];
      for (const row of this.#statements.visible.all(queue, now, max)) {
        const seq = Number(row['seq']);
        const receives = Number(row['receives']) + 1;
        if (receives > maxReceives) {
          this.#statements.bury.run(String(row['reason'] ?? `received ${maxReceives} times`), seq);
          continue;
        }
        // Begins with where the message is, which saves an index of receipts.
        const receipt = `${seq}.${receiving}`;
        this.#statements.hide.run(now + visibilityMs, receives, receipt, seq);
        received.push({
          id: String(row['id']),
          receipt,
          body: String(row['body']),
          receives,
          sentAt: Number(row['sent_at']),
        });
      }
      return received;
    });
  }

  /** Done with it. A receipt that is void by now does nothing: the message belongs to whoever has it. */
  delete(receipts: readonly string[]): void {
    if (receipts.length === 0) return;
    this.#transaction(() => {
      for (const receipt of receipts) this.#statements.remove.run(seqOf(receipt), receipt);
    });
  }

  /** Shows the message again after `ms`; `reason` is kept and becomes the dead letter's if it ends as one. */
  defer(receipt: string, ms: number, reason?: string): void {
    this.#statements.defer.run(this.#clock.now() + ms, reason ?? null, seqOf(receipt), receipt);
  }

  /** As `defer`, without counting against the message: the sink asked to wait, nothing failed. */
  postpone(receipt: string, ms: number): void {
    this.#statements.postpone.run(this.#clock.now() + ms, seqOf(receipt), receipt);
  }

  /** Straight to its queue's dead letters. */
  deadLetter(receipt: string, reason: string): void {
    this.#statements.buryReceipt.run(reason, seqOf(receipt), receipt);
  }

  /** Puts every dead letter back where it came from, as good as new. Returns how many. */
  redrive(): number {
    return Number(this.#statements.redrive.run(this.#clock.now()).changes);
  }

  /** Messages neither delivered nor dead, those in flight included; and the dead. */
  counts(): { readonly waiting: number; readonly dead: number } {
    const row = this.#statements.counts.get();
    return { waiting: Number(row?.['waiting'] ?? 0), dead: Number(row?.['dead'] ?? 0) };
  }

  /** True when nothing waits or is in flight in any queue; dead letters do not count. */
  isDrained(): boolean {
    return this.#statements.any.get() === undefined;
  }

  /** When the next message of `queue` can be received (milliseconds since the epoch); undefined while it is empty. */
  nextVisibleAt(queue: string): number | undefined {
    const at = this.#statements.next.get(queue)?.['at'];
    return at === null || at === undefined ? undefined : Number(at);
  }

  /** Calls `listener` after each send to `queue`; returns how to stop that. */
  onSend(queue: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(queue) ?? new Set();
    this.#listeners.set(queue, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /** Wakes who waits for messages of any queue: a command may have put dead letters back. */
  lookAgain(): void {
    for (const queue of this.#listeners.keys()) this.#wake(queue);
  }

  close(): void {
    this.#db.close();
  }

  #wake(queue: string): void {
    for (const listener of this.#listeners.get(queue) ?? []) listener();
  }

  #transaction<T>(work: () => T): T {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

function seqOf(receipt: string): number {
  return Number.parseInt(receipt, 10);
}

function prepare(db: DatabaseSync): Record<keyof typeof SQL, StatementSync> {
  const prepared = Object.entries(SQL).map(([name, sql]) => [name, db.prepare(sql)]);
  return Object.fromEntries(prepared) as Record<keyof typeof SQL, StatementSync>;
}

const SQL = {
  insert: 'INSERT INTO messages (queue, id, body, sent_at, visible_at) VALUES (?, ?, ?, ?, ?)',
  visible: `SELECT seq, id, body, receives, sent_at, reason FROM messages
    WHERE queue = ? AND dead = 0 AND visible_at <= ? ORDER BY visible_at, seq LIMIT ?`,
  hide: 'UPDATE messages SET visible_at = ?, receives = ?, receipt = ? WHERE seq = ?',
  remove: 'DELETE FROM messages WHERE seq = ? AND receipt = ?',
  defer:
    'UPDATE messages SET visible_at = ?, receipt = NULL, reason = ? WHERE seq = ? AND receipt = ?',
  postpone:
    'UPDATE messages SET visible_at = ?, receipt = NULL, receives = receives - 1 WHERE seq = ? AND receipt = ?',
  bury: 'UPDATE messages SET dead = 1, receipt = NULL, reason = ? WHERE seq = ?',
  buryReceipt:
    'UPDATE messages SET dead = 1, receipt = NULL, reason = ? WHERE seq = ? AND receipt = ?',
  redrive:
    'UPDATE messages SET dead = 0, visible_at = ?, receives = 0, reason = NULL WHERE dead = 1',
  any: 'SELECT 1 FROM messages WHERE dead = 0 LIMIT 1',
  counts: 'SELECT count(*) - sum(dead) AS waiting, sum(dead) AS dead FROM messages',
  next: 'SELECT min(visible_at) AS at FROM messages WHERE queue = ? AND dead = 0',
} as const;
