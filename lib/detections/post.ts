// One detection over a stream of events in one process, with the state of its groups in memory. Detector has one for each.
// Publishes nothing and knows no AWS.
import { EMPTY_GROUP, type GroupState, pendingAlerts, settled } from '../alerts/life/group.ts';
import type { GroupIdentity } from '../alerts/life/identity.ts';
import type { Alert } from '../contract/alert.ts';
import type { Arrival } from './arrival.ts';
import { GroupMap } from './engines/group-map.ts';
import type { Lookout, Placed } from './engines/sighting.ts';
import { RecentGids } from './recent-gids.ts';
import type { Telling, Watch } from './watch.ts';

/** What arrives in one go. */
export interface Arrivals {
  readonly arrivals: readonly Arrival[];
  /** Index of the first that is new. */
  readonly first: number;
  /** By index: the time of the newest event up to this one, milliseconds since the epoch. */
  readonly newest: readonly number[];
}

export interface PostOptions {
  /** Milliseconds since the epoch: when an alert counts as found. @default - the time of the newest event */
  readonly now?: () => number;
  /** Told when the detection's own code failed on an event. @default - `work` throws */
  readonly onFailure?: (detectionId: string, error: unknown) => void;
  /** Events come in the order of their time, none late: what only lateness could make use of is not kept. @default false */
  readonly isOrdered?: boolean;
  /** Asked once of each detection: who is told of each event in each of its groups, before it changes anything there. */
  readonly onlooker?: (watch: Watch) => Onlooker | undefined;
}

export type Onlooker = (placed: Placed) => void;

interface Group {
  readonly identity: GroupIdentity;
  state: GroupState;
  /** The newest event's time. */
  lastAt: number;
}

export class Post {
  readonly watch: Watch;
  readonly #isOrdered: boolean;
  readonly #now: () => number;
  readonly #onFailure: PostOptions['onFailure'];
  readonly #telling: Telling;
  readonly #onlooker: Onlooker | undefined;
  readonly #groups = new GroupMap<Group>();
  /** Those that something is expected in. */
  readonly #waiting = new Set<Group>();
  /** The earliest instant at which something may be overdue. */
  #nextDue = Number.POSITIVE_INFINITY;
  /** Where events come in order: from this instant on none of the groups goes on with an event that opens nothing. */
  #openUntil = Number.NEGATIVE_INFINITY;
  #newest = 0;
  /** The list of arrivals to be looked at, each by what looks at its type. */
  readonly #due: number[] = [];
  readonly #looks: Lookout[] = [];
  /** Its length. Its places are used again: to empty arrays and let them grow with each call would cost more. */
  #expected = 0;
  readonly #inAlerts = new RecentGids();

  constructor(watch: Watch, options: PostOptions) {
    this.watch = watch;
    this.#isOrdered = options.isOrdered ?? false;
    this.#now = options.now ?? (() => this.#newest);
    this.#onFailure = options.onFailure;
    this.#onlooker = options.onlooker?.(watch);
    this.#telling = { onFailure: (error) => options.onFailure?.(watch.detection.id, error) };
  }

  get size(): number {
    return this.#groups.size;
  }

  stateOf(group: GroupIdentity): GroupState {
    return this.#groups.get(group)?.state ?? EMPTY_GROUP;
  }

  /** Puts an arrival on the list of what `work` looks at, unless it opens nothing and nothing before it can open anything. */
  expect(index: number, at: number, look: Lookout): void {
    if (this.#expected === 0 && this.#isIdleFor(look, at)) return;
    this.#due[this.#expected] = index;
    this.#looks[this.#expected] = look;
    this.#expected += 1;
  }

  /** Empties the list, whether or not `work` came to its end. */
  expectNothing(): void {
    this.#expected = 0;
  }

  /** Looks at what is on the list, and decides what the feed's having come so far decides. */
  work(all: Arrivals, alerts: Alert[]): void {
    const { arrivals, newest } = all;
    let next = all.first;
    for (let each = 0; each < this.#expected; each++) {
      const index = this.#due[each] as number;
      const look = this.#looks[each] as Lookout;
      const arrival = arrivals[index] as Arrival;
      this.#pass(newest, next, index, alerts);
      next = index + 1;
      this.#newest = newest[index] as number;
      if (this.#isIdleFor(look, arrival.at)) continue;
      try {
        if (this.#isShut(look, arrival)) continue;
        for (const placed of look.see(arrival)) this.#take(placed, arrivals, index, alerts);
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#pass(newest, next, newest.length - 1, alerts);
    this.#newest = newest.at(-1) ?? this.#newest;
  }

  /** Decides what the feed's having passed `watermark`, milliseconds since the epoch, decides. */
  advance(watermark: number, alerts: Alert[]): void {
    if (Number.isFinite(watermark)) this.#newest = Math.max(this.#newest, watermark);
    if (watermark < this.#nextDue) return;
    this.#nextDue = Number.POSITIVE_INFINITY;
    const { watch } = this;
    for (const group of this.#waiting) {
      try {
        for (let dueAt = watch.dueAt(group.state.memory); dueAt !== undefined; ) {
          if (dueAt > watermark) break;
          const change = watch.passing(group.identity, watermark, this.#now, this.#telling);
          const { state } = change.apply(group.state, []);
          this.#keep(group, state, alerts);
          dueAt = watch.dueAt(state.memory);
        }
        this.#noteDue(group);
      } catch (error) {
        // It would fail again with each event to come.
        this.#forget(group);
        this.#failed(error);
      }
    }
  }

  /** Forgets the groups that can matter to nothing any more. */
  tidy(newest: number): void {
    for (const group of this.#groups.values()) {
      const isOver = group.lastAt + this.watch.memoryMs < newest;
      if (isOver && !this.#waiting.has(group)) this.#forget(group);
    }
  }

  /** Whether an event that opens nothing comes while no group is open. */
  #isIdleFor(look: Lookout, at: number): boolean {
    return this.#isOrdered && !look.opens && at >= this.#openUntil;
  }

  /** Whether an event that opens nothing is in no group that has been opened: seen sooner than what the event is there. */
  #isShut({ opens, readGroup }: Lookout, { event: { detail }, at }: Arrival): boolean {
    if (!this.#isOrdered || opens) return false;
    if (readGroup === undefined || this.#onlooker !== undefined) return false;
    const { workspaceGid } = detail.metadata;
    const found = readGroup(detail.data, workspaceGid);
    if (found === undefined) return true;
    const group = this.#groups.get({ workspaceGid, entity: found.entity });
    return group === undefined || this.watch.isIdle(group.state.memory, at);
  }

  /** The feed comes to these arrivals, one after the other. */
  #pass(newest: readonly number[], from: number, to: number, alerts: Alert[]): void {
    if (from > to || (newest[to] as number) < this.#nextDue) return;
    for (let index = from; index <= to; index++) {
      const watermark = newest[index] as number;
      if (watermark > this.#newest) this.advance(watermark, alerts);
    }
  }

  #failed(error: unknown): void {
    if (this.#onFailure === undefined) throw error;
    this.#onFailure(this.watch.detection.id, error);
  }

  #take(placed: Placed, arrivals: readonly Arrival[], index: number, alerts: Alert[]): void {
    this.#onlooker?.(placed);
    const { watch } = this;
    const { group: identity, sighting } = placed;
    let group = this.#groups.get(identity);
    if (this.#isOrdered && (group === undefined || watch.isIdle(group.state.memory, sighting.at))) {
      if (!watch.opens(placed)) return;
      // The order of events of one millisecond means nothing: what was left out of them may follow this one.
      for (const arrival of ofInstant(arrivals, index)) {
        for (const each of watch.ofType(arrival.event['detail-type'])?.see(arrival) ?? []) {
          if (isSame(each.group, identity)) group = this.#apply(each, group, alerts);
        }
      }
    }
    this.#apply(placed, group, alerts);
  }

  /** The group as it is then; undefined where there is none yet. */
  #apply(placed: Placed, known: Group | undefined, alerts: Alert[]): Group | undefined {
    const { watch } = this;
    const { group: identity, alone, sighting } = placed;
    const { gid, at } = sighting;
    if (this.#inAlerts.has(identity, gid)) return known;
    if (watch.opens(placed)) this.#openUntil = Math.max(this.#openUntil, at + watch.openForMs);
    const before = known?.state ?? EMPTY_GROUP;
    const { state, changed } = watch.apply(
      identity,
      alone,
      before,
      [sighting],
      this.#now,
      this.#telling,
    );
    if (known !== undefined) known.lastAt = Math.max(known.lastAt, at);
    if (!changed) return known;
    const group = known ?? { identity: kept(identity), state, lastAt: at };
    if (known === undefined) this.#groups.set(group.identity, group);
    this.#keep(group, state, alerts);
    this.#noteDue(group);
    return group;
  }

  #keep(group: Group, state: GroupState, alerts: Alert[]): void {
    const { identity } = group;
    if (state.windows.length === 0 && state.unmarked.length === 0) {
      group.state = state;
      return;
    }
    const pending = pendingAlerts(state);
    alerts.push(...pending);
    for (const gid of state.unmarked) this.#inAlerts.add(identity, gid);
    group.state = settled(state, pending, state.unmarked);
  }

  #noteDue(group: Group): void {
    const dueAt = this.watch.dueAt(group.state.memory);
    if (dueAt === undefined) {
      if (this.#waiting.size > 0) this.#waiting.delete(group);
      return;
    }
    this.#waiting.add(group);
    this.#nextDue = Math.min(this.#nextDue, dueAt);
  }

  #forget(group: Group): void {
    this.#waiting.delete(group);
    this.#groups.delete(group.identity);
  }
}

/** The events before it that are of the same millisecond. */
function ofInstant(arrivals: readonly Arrival[], index: number): readonly Arrival[] {
  const { at } = arrivals[index] as Arrival;
  let from = index;
  while (from > 0 && arrivals[from - 1]?.at === at) from -= 1;
  return arrivals.slice(from, index);
}

/** Without the event that the entity's label is read from. */
function kept({ entity: { type, id, label }, ...identity }: GroupIdentity): GroupIdentity {
  return { ...identity, entity: { type, id, label } };
}

function isSame(one: GroupIdentity, other: GroupIdentity): boolean {
  return (
    one.entity.id === other.entity.id &&
    one.entity.type === other.entity.type &&
    one.workspaceGid === other.workspaceGid
  );
}
