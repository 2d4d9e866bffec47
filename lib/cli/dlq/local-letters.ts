// Dead letters of a data folder, whether a run holds it or not; a run is told that there is something to deliver again.
import { join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { AuditBusError } from '../../errors.ts';
import { DeadLetters } from '../../local/dead-letters.ts';
import { lookAgain } from '../../local/run-client.ts';
import type { Target } from '../target/target.ts';
import type { DeadLetterStore, Letter } from './letter.ts';

export class LocalLetters implements DeadLetterStore {
  readonly #letters: DeadLetters;
  readonly #local: NonNullable<Target['local']>;
  readonly #clock: Clock;
  #redriven = 0;

  constructor(local: NonNullable<Target['local']>, clock: Clock) {
    this.#letters = new DeadLetters(join(local.dataFolder, 'queues.db'));
    this.#local = local;
    this.#clock = clock;
  }

  async names(): Promise<readonly string[]> {
    return this.#letters.counts().map(({ queue }) => queue);
  }

  async take(queue: string, limit: number): Promise<readonly Letter[]> {
    return this.#letters
      .list(queue, limit)
      .map(({ reason, ...letter }) => ({ ...letter, attributes: { reason } }));
  }

  noWayBack(): undefined {
    return undefined;
  }

  async redrive({ id, queue }: Letter): Promise<string> {
    this.#must(this.#letters.redrive(id, this.#clock.now()), id);
    this.#redriven += 1;
    return queue;
  }

  async drop({ id }: Letter): Promise<void> {
    this.#must(this.#letters.drop(id), id);
  }

  async close(): Promise<void> {
    this.#letters.close();
    const { busEndpoint } = this.#local;
    if (this.#redriven > 0 && busEndpoint !== undefined) await lookAgain(busEndpoint);
  }

  #must(done: boolean, id: string): void {
    if (!done) throw new AuditBusError('dlq.gone', `${id} is no dead letter any more.`);
  }
}
