// The notes of due-index.ts in memory, for tests that need no table.
import { groupKey } from '../../alerts/life/identity.ts';
import { type Due, type DueBy, type DueIndex, dueBy, type FoundDue } from './due-index.ts';

export class MemoryDueIndex implements DueIndex {
  readonly #notes = new Map<string, FoundDue>();

  async put(due: Due, now: number): Promise<void> {
    this.#notes.set(keyOf(due), { ...due, putAt: now });
  }

  async *list(by: DueBy, until: number): AsyncIterable<FoundDue> {
    const notes = [...this.#notes.values()].filter(
      ({ kind, dueAt }) => dueBy(kind) === by && dueAt <= until,
    );
    yield* notes.sort((a, b) => a.dueAt - b.dueAt);
  }

  async notePassed(due: FoundDue, passedAt: number): Promise<void> {
    const key = keyOf(due);
    const known = this.#notes.get(key);
    if (known !== undefined) this.#notes.set(key, { ...known, passedAt });
  }

  async remove(due: FoundDue): Promise<void> {
    const key = keyOf(due);
    if (this.#notes.get(key)?.putAt === due.putAt) this.#notes.delete(key);
  }
}

function keyOf({ kind, dueAt, group }: Due): string {
  return `${dueAt}#${kind}#${groupKey(group)}`;
}
