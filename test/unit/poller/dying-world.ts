// A world for the poller in memory, in which every outside call is a step that can be the last: its effect may take place
// though its answer never comes. The order in which calls under way are served is the test's to choose.
import type { EventBridgeClient, PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { AsanaError } from '../../../lib/asana/errors.ts';
import { PutEventsPublisher } from '../../../lib/bus/put-events-publisher.ts';
import { silentLog } from '../../../lib/log.ts';
import type { Checkpoint } from '../../../lib/poller/checkpoint.ts';
import {
  type CheckpointStore,
  type LeaseKey,
  LeaseLostError,
} from '../../../lib/poller/checkpoint-store.ts';
import { Memory, type MemorySnapshot } from '../../../lib/poller/memory.ts';
import type { PageSource } from '../../../lib/poller/page-reader.ts';
import { Poller } from '../../../lib/poller/poll.ts';
import { RecentGids } from '../../../lib/poller/recent-gids.ts';
import type { RunSummary } from '../../../lib/poller/summary.ts';
import { manualClock } from '../../support/manual-clock.ts';

export interface LoggedEvent {
  readonly gid: string;
  readonly created_at: string;
  readonly event_type: string;
}

interface Call {
  /** To the table, once the lease is taken. */
  readonly isWrite: boolean;
  readonly act: () => unknown;
  readonly settle: (outcome: { value: unknown } | { error: unknown }) => void;
}

/** Chooses: a whole number from 0 to below `n`. */
export type Choose = (n: number) => number;

export class DyingWorld {
  /** In the order of arrival, which is the order offsets follow. */
  readonly log: LoggedEvent[] = [];
  /** Every entry that reached the bus, in order. */
  readonly bus: PutEventsRequestEntry[] = [];
  readonly clock = manualClock();
  /** Offsets of an older generation have expired. */
  generation = 0;
  /** Writes wait as long as anything else is under way. */
  writesLast = false;
  readonly #pageSize: number;
  readonly #choose: Choose;
  readonly #concurrency: number;
  #calls: Call[] = [];
  #checkpoint: Checkpoint | undefined;
  #lease: { owner?: string | undefined; until: number; version: number } = { until: 0, version: 0 };
  #memory: { snapshot: MemorySnapshot; version: number } | undefined;

  /** @param concurrency requests of ten entries in flight */
  constructor(pageSize: number, choose: Choose, concurrency: number) {
    this.#pageSize = pageSize;
    this.#choose = choose;
    this.#concurrency = concurrency;
  }

  /**
   * @param steps calls that are answered before the run dies; infinity for a run that lives
   * @param tookPlace asked at its death of each call under way
   * @returns undefined for a dead one
   */
  async run(
    steps: number,
    tookPlace = () => this.#choose(2) === 1,
  ): Promise<RunSummary | undefined> {
    const poller = new Poller(
      {
        asana: this.#asana(),
        publisher: new PutEventsPublisher({
          client: this.#eventBridge(),
          eventBusName: 'audit',
          clock: this.clock,
          concurrency: this.#concurrency,
        }),
        quarantine: { put: (key) => this.#call(() => `memory:${key}`) },
        checkpoints: this.#store(),
        clock: this.clock,
        log: silentLog,
      },
      { startFrom: 'oldest', redact: () => [], maxEventBytes: 240_000, skipUnreadable: false },
    );
    let summary: RunSummary | undefined;
    const running = poller
      .run('1', { deadline: this.clock.monotonic() + 1e9, leaseMs: 1e9 })
      .then((done) => {
        summary = done;
      });
    for (let step = 0; step < steps && summary === undefined; step++) {
      await new Promise((resolve) => setImmediate(resolve));
      const first = this.#calls.filter(({ isWrite }) => !isWrite);
      const open = this.writesLast && first.length > 0 ? first : this.#calls;
      const call = open[this.#choose(open.length)];
      if (call === undefined) continue;
      this.#calls = this.#calls.filter((other) => other !== call);
      call.settle(attempt(call.act));
    }
    if (summary === undefined) {
      // Of what was under way, some took place all the same. Nobody hears of it.
      for (const call of this.#calls) if (tookPlace()) attempt(call.act);
      // Nor does it go on from what was answered last, where no call but only a wait came next.
      for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
      this.clock.advance(2e9);
    } else {
      await running;
    }
    this.#calls = [];
    return summary;
  }

  #write<T>(act: () => T): Promise<T> {
    return this.#call(act, true);
  }

  #call<T>(act: () => T, isWrite = false): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#calls.push({
        act,
        isWrite,
        settle: (outcome) =>
          'error' in outcome ? reject(outcome.error) : resolve(outcome.value as T),
      });
    });
  }

  #asana(): PageSource {
    return {
      fetchPage: ({ offset, startAt }) =>
        this.#call(() => {
          const [generation, position] = (offset ?? `${this.generation} 0`).split(' ').map(Number);
          if (generation !== this.generation) throw new AsanaError('asana.offset-expired', 'gone');
          const all =
            offset === undefined
              ? this.log.filter(({ created_at }) => created_at >= (startAt ?? ''))
              : this.log.slice(position);
          const entries = all.slice(0, this.#pageSize);
          const last = entries.at(-1);
          const end = last === undefined ? this.log.length : this.log.indexOf(last) + 1;
          const nextOffset =
            offset === undefined && last === undefined ? null : `${this.generation} ${end}`;
          return { entries: structuredClone(entries), nextOffset, bytes: 0 };
        }),
    };
  }

  #eventBridge(): EventBridgeClient {
    const send = ({ input }: { input: { Entries: PutEventsRequestEntry[] } }) =>
      this.#call(() => {
        this.bus.push(...input.Entries);
        return { Entries: input.Entries.map((_, index) => ({ EventId: String(index) })) };
      });
    return { send } as unknown as EventBridgeClient;
  }

  #store(): CheckpointStore {
    const hold = (lease: LeaseKey) => {
      if (this.#lease.owner !== lease.owner || this.#lease.version !== lease.version) {
        throw new LeaseLostError('write');
      }
    };
    return {
      takeLease: (workspaceGid, owner, now, until, start) =>
        this.#call(() => {
          if (this.#lease.owner !== undefined && this.#lease.until >= now) return { taken: false };
          const fresh = this.#checkpoint === undefined;
          const abandoned = this.#lease.owner !== undefined;
          this.#checkpoint ??= { workspaceGid, mode: 'time', page: 0, ...start };
          const version = this.#lease.version + 1;
          this.#lease = { owner, until, version };
          const lease = { workspaceGid, owner, version };
          return { taken: true, fresh, abandoned, lease, checkpoint: this.#checkpoint };
        }),
      renewLease: (lease, until) =>
        this.#call(() => {
          hold(lease);
          this.#lease.until = until;
        }),
      save: (lease, checkpoint, expectedPage, { release = false } = {}) =>
        this.#write(() => {
          hold(lease);
          if (this.#checkpoint?.page !== expectedPage) throw new LeaseLostError('save');
          this.#checkpoint = checkpoint;
          if (release) this.#lease.owner = undefined;
        }),
      release: (lease) =>
        this.#call(() => {
          if (this.#lease.owner === lease.owner) this.#lease.owner = undefined;
        }),
      loadMemory: () =>
        this.#call(() => {
          const { gids, reportedTypes, seenTypes } = this.#memory?.snapshot ?? {};
          return new Memory(gids && RecentGids.decode(gids), reportedTypes, seenTypes);
        }),
      saveMemory: (lease, snapshot) =>
        this.#write(() => {
          if ((this.#memory?.version ?? 0) > lease.version) throw new LeaseLostError('remember');
          this.#memory = { snapshot, version: lease.version };
        }),
    };
  }
}

function attempt(act: () => unknown): { value: unknown } | { error: unknown } {
  try {
    return { value: act() };
  } catch (error) {
    return { error };
  }
}
