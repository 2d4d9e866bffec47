// The notes of due-index.ts in memory, for tests and for runs in one process.
import { groupKey } from '../alerts/identity.ts';
import type { Due, DueIndex, FoundDue } from './due-index.ts';

export class MemoryDueIndex implements DueIndex {
  readonly #notes = new Map<string, FoundDue>();

  async put(due: Due): Promise<void> {
    this.#notes.set(keyOf(due), due);
  }

  async *list(now: number): AsyncIterable<FoundDue> {
    const notes = [...this.#notes.values()].filter(({ dueAt }) => dueAt <= now);
    yield* notes.sort((a, b) => a.dueAt - b.dueAt);
  }

  async notePassed(due: Due, passedAt: number): Promise<void> {
    const key = keyOf(due);
    const known = this.#notes.get(key);
    if (known !== undefined) this.#notes.set(key, { ...known, passedAt });
  }

  async remove(due: Due): Promise<void> {
    this.#notes.delete(keyOf(due));
  }
}

function keyOf({ kind, dueAt, group }: Due): string {
  return `${dueAt}#${kind}#${groupKey(group)}`;
}
