// All detections over a stream of events in one process: the very engines of the deployed path, with their state in memory.
// For a backtest, for tests and for explaining one event. Publishes nothing and knows no AWS.
//
//   const detector = new Detector(catalogue, { alertOnHistory: true, windowMs: 3_600_000, runbookBaseUrl: '...' });
//   for (const event of history) for (const alert of detector.observe(event)) latest.set(alert.alertId, alert);
//   for (const alert of detector.finish()) latest.set(alert.alertId, alert);
//
// `observe` takes BusEvents in about the order of their time, at most the grace out of it, and answers with the alerts
// that opened (revision 1) or changed. The feed counts as having passed the newest event; `finish` says that it has passed
// every window. Memory stays bounded by the groups that are active within their windows.
import { EMPTY_GROUP, type GroupState, pendingAlerts, settled } from '../alerts/life/group.ts';
import type { GroupIdentity } from '../alerts/life/identity.ts';
import { createdAtOf } from '../asana/event.ts';
import type { Alert } from '../contract/alert.ts';
import type { BusEvent } from '../contract/bus-event.ts';
import type { Detection } from './define.ts';
import { GroupMap } from './engines/group-map.ts';
import type { Placed } from './engines/sighting.ts';
import { remembered } from './remembered.ts';
import { type TypedWatch, Watch, type WatchRules } from './watch.ts';

/** A detection with its groups. */
interface Post {
  readonly watch: Watch;
  readonly groups: GroupMap<Group>;
  /** Where events come in order: from this instant on none of its groups goes on with an event that opens nothing. */
  openUntil: number;
}

/** One that looks at events of a type. */
interface Stand {
  readonly post: Post;
  readonly typed: TypedWatch;
}

interface Group {
  readonly post: Post;
  readonly identity: GroupIdentity;
  state: GroupState;
  /** The newest event's time. */
  lastAt: number;
}

/** Events between two looks for groups that can be forgotten. */
const TIDY_EVERY = 20_000;
/** Gids in alerts that are remembered, each with a marker, in two generations. */
const REMEMBERED_GIDS = 50_000;

export interface DetectorOptions extends WatchRules {
  /** Milliseconds since the epoch: when an alert counts as found. @default - the time of the newest event */
  readonly now?: () => number;
  /**
   * Told of a detection whose own code failed on an event; the others go on with it. @default - `observe` throws
   */
  readonly onFailure?: (detectionId: string, error: unknown) => void;
  /** Events come in the order of their time, none late: what only lateness could make use of is not kept. @default false */
  readonly isOrdered?: boolean;
  /** Told of each event in each of its groups, before it changes anything there. */
  readonly onPlaced?: (placed: Placed) => void;
}

export class Detector {
  readonly #posts: ReadonlyMap<string, Post>;
  readonly #standsFor: (type: string) => readonly Stand[];
  /** Those that something is expected in. */
  readonly #waiting = new Set<Group>();
  readonly #now: () => number;
  readonly #onFailure: DetectorOptions['onFailure'];
  readonly #onPlaced: DetectorOptions['onPlaced'];
  readonly #isOrdered: boolean;
  /** Where events come in order: those of the newest one's millisecond, whose own order means nothing. */
  #ofInstant: BusEvent[] = [];
  #newest = 0;
  /** The earliest instant at which something may be overdue. */
  #nextDue = Number.POSITIVE_INFINITY;
  #untilTidy = TIDY_EVERY;
  #inAlerts = new Set<string>();
  #inAlertsBefore = new Set<string>();

  constructor(catalogue: readonly Detection[], options: DetectorOptions) {
    this.#now = options.now ?? (() => this.#newest);
    this.#onFailure = options.onFailure;
    this.#onPlaced = options.onPlaced;
    this.#isOrdered = options.isOrdered ?? false;
    this.#posts = new Map(
      catalogue.map((detection) => [
        detection.id,
        {
          watch: new Watch(detection, options),
          groups: new GroupMap(),
          openUntil: Number.NEGATIVE_INFINITY,
        },
      ]),
    );
    const posts = [...this.#posts.values()];
    this.#standsFor = remembered((type) =>
      posts.flatMap((post) => {
        const typed = post.watch.ofType(type);
        return typed === undefined ? [] : [{ post, typed }];
      }),
    );
  }

  get watches(): readonly Watch[] {
    return [...this.#posts.values()].map(({ watch }) => watch);
  }

  /**
   * The alerts that this event opened or changed, and those that the feed's having come so far decides.
   * @throws AuditBusError `detect.event-unusable`, `detect.engine-failed`, or what a definition's functions threw
   */
  observe(event: BusEvent): Alert[] {
    const at = createdAtOf(event.detail.data) ?? Date.parse(event.time);
    const alerts = at > this.#newest ? this.#come(at) : [];
    for (const { post, typed } of this.#standsFor(event['detail-type'])) {
      if (this.#isOrdered && !typed.opens && at >= post.openUntil) continue;
      try {
        for (const placed of typed.see(event)) this.#take(post, placed, alerts);
      } catch (error) {
        this.#failed(post.watch, error);
      }
    }
    if (this.#isOrdered) this.#ofInstant.push(event);
    this.#untilTidy -= 1;
    if (this.#untilTidy <= 0) this.#tidy();
    return alerts;
  }

  /** The alerts that become known once the feed has passed `watermark`, milliseconds since the epoch. */
  advance(watermark: number): Alert[] {
    const alerts: Alert[] = [];
    if (Number.isFinite(watermark)) this.#newest = Math.max(this.#newest, watermark);
    if (watermark < this.#nextDue) return alerts;
    this.#nextDue = Number.POSITIVE_INFINITY;
    for (const group of this.#waiting) {
      const { identity } = group;
      const { watch } = group.post;
      try {
        for (let dueAt = watch.dueAt(group.state.memory); dueAt !== undefined; ) {
          if (dueAt > watermark) break;
          const { state } = watch.passing(identity, watermark, this.#now).apply(group.state, []);
          this.#keep(group, state, alerts);
          dueAt = watch.dueAt(state.memory);
        }
        this.#noteDue(group);
      } catch (error) {
        // It would fail again with each event to come.
        this.#forget(group);
        this.#failed(watch, error);
      }
    }
    return alerts;
  }

  /** The alerts that become known once the feed has passed every window. */
  finish(): Alert[] {
    return this.advance(Number.POSITIVE_INFINITY);
  }

  /** What is remembered of a group. */
  stateOf(group: GroupIdentity): GroupState {
    return this.#posts.get(group.detectionId)?.groups.get(group)?.state ?? EMPTY_GROUP;
  }

  /** Those that look at events of this type. */
  watchesOf(event: BusEvent): readonly Watch[] {
    return this.#standsFor(event['detail-type']).map(({ post }) => post.watch);
  }

  /** Groups in memory. */
  get size(): number {
    return [...this.#posts.values()].reduce((sum, { groups }) => sum + groups.size, 0);
  }

  #failed({ detection }: Watch, error: unknown): void {
    if (this.#onFailure === undefined) throw error;
    this.#onFailure(detection.id, error);
  }

  #come(at: number): Alert[] {
    if (this.#ofInstant.length > 0) this.#ofInstant = [];
    return this.advance(at);
  }

  #take(post: Post, placed: Placed, alerts: Alert[]): void {
    this.#onPlaced?.(placed);
    const { watch, groups } = post;
    const { group: identity, sighting } = placed;
    let group = groups.get(identity);
    if (this.#isOrdered && (group === undefined || watch.isIdle(group.state.memory, sighting.at))) {
      if (!watch.opens(placed)) return;
      for (const event of this.#ofInstant) {
        for (const each of watch.see(event)) {
          if (isSame(each.group, identity)) group = this.#apply(post, each, group, alerts);
        }
      }
    }
    this.#apply(post, placed, group, alerts);
  }

  /** The group as it is then; undefined where there is none yet. */
  #apply(post: Post, placed: Placed, known: Group | undefined, alerts: Alert[]): Group | undefined {
    const { group: identity, alone, sighting } = placed;
    const { gid, at } = sighting;
    if (this.#isInAlert(identity, gid)) return known;
    if (post.watch.opens(placed)) {
      post.openUntil = Math.max(post.openUntil, at + post.watch.openForMs);
    }
    const before = known?.state ?? EMPTY_GROUP;
    const { state, changed } = post.watch.apply(identity, alone, before, [sighting], this.#now);
    if (known !== undefined) known.lastAt = Math.max(known.lastAt, at);
    if (!changed) return known;
    const group = known ?? { post, identity: kept(identity), state, lastAt: at };
    if (known === undefined) post.groups.set(group.identity, group);
    this.#keep(group, state, alerts);
    this.#noteDue(group);
    return group;
  }

  #isInAlert(identity: GroupIdentity, gid: string): boolean {
    const [now, before] = [this.#inAlerts, this.#inAlertsBefore];
    if (!now.has(gid) && !before.has(gid)) return false;
    const marker = markerOf(identity, gid);
    return now.has(marker) || before.has(marker);
  }

  #keep(group: Group, state: GroupState, alerts: Alert[]): void {
    const { identity } = group;
    if (state.windows.length === 0 && state.unmarked.length === 0) {
      group.state = state;
      return;
    }
    const pending = pendingAlerts(state);
    alerts.push(...pending);
    for (const gid of state.unmarked) {
      // The bare gid as well: of most events it says at once that they are in no alert.
      this.#inAlerts.add(gid).add(markerOf(identity, gid));
    }
    group.state = settled(state, pending, state.unmarked);
    if (this.#inAlerts.size > REMEMBERED_GIDS) {
      this.#inAlertsBefore = this.#inAlerts;
      this.#inAlerts = new Set();
    }
  }

  #noteDue(group: Group): void {
    const dueAt = group.post.watch.dueAt(group.state.memory);
    if (dueAt === undefined) this.#waiting.delete(group);
    else {
      this.#waiting.add(group);
      this.#nextDue = Math.min(this.#nextDue, dueAt);
    }
  }

  #forget(group: Group): void {
    this.#waiting.delete(group);
    group.post.groups.delete(group.identity);
  }

  #tidy(): void {
    this.#untilTidy = TIDY_EVERY;
    for (const { watch, groups } of this.#posts.values()) {
      for (const group of groups.values()) {
        const isOver = group.lastAt + watch.memoryMs < this.#newest;
        if (isOver && !this.#waiting.has(group)) this.#forget(group);
      }
    }
  }
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

function markerOf({ shared, detectionId, workspaceGid, entity }: GroupIdentity, gid: string) {
  const parts = [detectionId, workspaceGid, ...(shared ? [entity.type, entity.id] : []), gid];
  return parts.join('\u0000');
}
