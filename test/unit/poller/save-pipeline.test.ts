// In which order a run's writes reach the table: each begins only once what it relies on is there.
import { expect, it } from 'vitest';
import type { Checkpoint } from '../../../lib/poller/checkpoint.ts';
import type { CheckpointStore } from '../../../lib/poller/checkpoint-store.ts';
import type { Lease } from '../../../lib/poller/lease.ts';
import type { MemorySnapshot } from '../../../lib/poller/memory.ts';
import { SavePipeline } from '../../../lib/poller/save-pipeline.ts';

/** A table whose writes are begun by the pipeline and answered by the test. */
class HeldTable {
  readonly begun: string[] = [];
  readonly #answers = new Map<string, () => void>();
  readonly store = {
    save: (_lease: unknown, { page }: Checkpoint) => this.#write(`checkpoint ${page}`),
    saveMemory: (_lease: unknown, memory: MemorySnapshot) => this.#write(String(memory)),
  } as unknown as CheckpointStore;

  /** The table has what is said. */
  async answer(write: string): Promise<void> {
    const answer = this.#answers.get(write);
    if (answer === undefined) throw new Error(`${write} was not begun: ${this.begun.join(', ')}`);
    answer();
    await quiet();
  }

  #write(what: string): Promise<void> {
    this.begun.push(what);
    return new Promise((resolve) => this.#answers.set(what, resolve));
  }
}

const quiet = () => new Promise((resolve) => setImmediate(resolve));
const page = (number: number) => ({ page: number }) as Checkpoint;
const memory = (of: string) => Promise.resolve(`memory ${of}` as unknown as MemorySnapshot);

function pipeline() {
  const table = new HeldTable();
  const lease = { key: {}, lose: () => {} } as unknown as Lease;
  return { table, saves: new SavePipeline(table.store, lease, 0) };
}

it('remembers a page, then saves its position, while the next page is remembered', async () => {
  const { table, saves } = pipeline();
  await saves.pageFinished(page(1), memory('1'));
  await quiet();
  expect(table.begun).toEqual(['memory 1']);
  await table.answer('memory 1');
  await saves.pageFinished(page(2), memory('2'));
  await quiet();
  expect(table.begun).toEqual(['memory 1', 'checkpoint 1', 'memory 2']);
  await table.answer('memory 2');
  expect(table.begun).not.toContain('checkpoint 2');
  await table.answer('checkpoint 1');
  expect(table.begun.at(-1)).toBe('checkpoint 2');
});

it('remembers no page while the position two before it is not saved: its memory may have forgotten what comes after that', async () => {
  const { table, saves } = pipeline();
  await saves.pageFinished(page(1), memory('1'));
  await quiet();
  await table.answer('memory 1');
  await saves.pageFinished(page(2), memory('2'));
  await quiet();
  await table.answer('memory 2');
  await saves.pageFinished(page(3), memory('3'));
  await quiet();
  expect(table.begun).not.toContain('memory 3');
  await table.answer('checkpoint 1');
  expect(table.begun).toContain('memory 3');
});

it('remembers half of a page on the same terms, and the whole of it after that', async () => {
  const { table, saves } = pipeline();
  await saves.pageFinished(page(1), memory('1'));
  await quiet();
  await table.answer('memory 1');
  await saves.pageFinished(page(2), memory('2'));
  await quiet();
  saves.pageHalfPublished(memory('half of 3'));
  await table.answer('memory 2');
  expect(table.begun).not.toContain('memory half of 3');
  await table.answer('checkpoint 1');
  expect(table.begun).toContain('memory half of 3');
  const finished = saves.pageFinished(page(3), memory('3'));
  await quiet();
  expect(table.begun).not.toContain('memory 3');
  await table.answer('memory half of 3');
  await finished;
  await quiet();
  expect(table.begun).toContain('memory 3');
});
