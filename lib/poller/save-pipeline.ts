// Writes what each finished page leaves behind, while later pages are on their way.
//
//   publish     n ──────|               memory(n) starts once n is published, memory(n-1) saved and checkpoint(n-2) saved,
//                 n+1 ──────|           checkpoint(n) once memory(n) and checkpoint(n-1) are: never before n is published.
//   memory              | n |           What of n+1 and later may be sent before memory(n) is: send-window.ts.
//   checkpoint              | n |
//
// A large page's first half is remembered while the second is published: one more write before memory(n), on the same terms.
import type { Checkpoint } from './checkpoint.ts';
import type { CheckpointStore } from './checkpoint-store.ts';
import type { Lease } from './lease.ts';
import type { MemorySnapshot } from './memory.ts';

export class SavePipeline {
  readonly #store: CheckpointStore;
  readonly #lease: Lease;
  /** The page number the table holds once the checkpoints under way are saved. */
  #expectedPage: number;
  #memory: Promise<void> = Promise.resolve();
  #checkpoint: Promise<void> = Promise.resolve();
  #checkpointBefore: Promise<void> = Promise.resolve();

  constructor(store: CheckpointStore, lease: Lease, storedPage: number) {
    this.#store = store;
    this.#lease = lease;
    this.#expectedPage = storedPage;
  }

  /**
   * Queues the writes of a page that is wholly published. Resolves when all that was queued before is remembered.
   * @throws LeaseLostError, or what the table answered, of former pages
   */
  async pageFinished(checkpoint: Checkpoint, memory: Promise<MemorySnapshot>): Promise<void> {
    await this.#memory;
    const before = this.#checkpoint;
    this.#remember(memory);
    const expectedPage = this.#expectedPage;
    this.#expectedPage = checkpoint.page;
    this.#checkpointBefore = before;
    this.#checkpoint = this.#guard(
      Promise.all([this.#memory, before]).then(() =>
        this.#store.save(this.#lease.key, checkpoint, expectedPage),
      ),
    );
  }

  /** Queues the write of what is on the bus of the page behind the one last finished. */
  pageHalfPublished(memory: Promise<MemorySnapshot>): void {
    this.#remember(memory);
  }

  /** Resolves when what was last queued is remembered. @throws LeaseLostError, or what the table answered */
  remembered(): Promise<void> {
    return this.#memory;
  }

  /** Resolves when the checkpoint of the page last finished is saved. @throws LeaseLostError, or what the table answered */
  saved(): Promise<void> {
    return this.#checkpoint;
  }

  /** Remembers what is on the bus of a page that could not be finished; the offset stays. */
  async pagePartlyFinished(memory: MemorySnapshot): Promise<void> {
    await this.flush();
    await this.#guard(this.#store.saveMemory(this.#lease.key, memory));
  }

  /**
   * The last word of a run that may save no more: what is on the bus, for whoever reads on and has not written yet.
   * Never rejects: what is not remembered is sent twice, as by a run that died.
   */
  async handOver(memory: MemorySnapshot): Promise<void> {
    await Promise.allSettled([this.#memory, this.#checkpoint]);
    await this.#store.saveMemory(this.#lease.key, memory).catch(() => {});
  }

  /** Saves a position at once, behind all that is under way. */
  async saveNow(checkpoint: Checkpoint, release: boolean): Promise<void> {
    await this.flush();
    await this.#guard(
      this.#store.save(this.#lease.key, checkpoint, this.#expectedPage, { release }),
    );
    this.#expectedPage = checkpoint.page;
  }

  /** Resolves when nothing is under way. @throws what any write failed with */
  async flush(): Promise<void> {
    await Promise.all([this.#memory, this.#checkpoint]);
  }

  /** Behind the memory before, and the checkpoint of the page that this one may forget. */
  #remember(memory: Promise<MemorySnapshot>): void {
    this.#memory = this.#guard(
      Promise.all([memory, this.#memory, this.#checkpointBefore]).then(([snapshot]) =>
        this.#store.saveMemory(this.#lease.key, snapshot),
      ),
    );
  }

  /** A refused write ends the lease for us at once: what is unsent must stay so. */
  #guard(write: Promise<void>): Promise<void> {
    const guarded = write.catch((error: unknown) => {
      this.#lease.lose();
      throw error;
    });
    // Awaited by the next step or by flush(); until then it must not count as unhandled.
    guarded.catch(() => {});
    return guarded;
  }
}
