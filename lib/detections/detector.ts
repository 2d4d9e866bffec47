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
import { type Placed, Watch, type WatchRules } from './watch.ts';

interface Group {
  readonly watch: Watch;
  readonly identity: GroupIdentity;
  state: GroupState;
  /** The newest event's time. */
  lastAt: number;
}

/** Events between two looks for groups that can be forgotten. */
const TIDY_EVERY = 20_000;
/** Types whose detections are remembered: more than Asana has. */
const MOST_TYPES = 1_000;
/** Gids in alerts that are remembered, each with a marker, in two generations. */
const REMEMBERED_GIDS = 400_000;

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
  readonly watches: readonly Watch[];
  readonly #byType = new Map<string, readonly Watch[]>();
  readonly #groups = new Map<string, Group>();
  /** Those that have had any. */
  readonly #hasGroups = new Set<Watch>();
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
    this.watches = catalogue.map((detection) => new Watch(detection, options));
  }

  /**
   * The alerts that this event opened or changed, and those that the feed's having come so far decides.
   * @throws AuditBusError `detect.event-unusable`, `detect.engine-failed`, or what a definition's functions threw
   */
  observe(event: BusEvent): Alert[] {
    const at = createdAtOf(event.detail.data) ?? Date.parse(event.time);
    const alerts = at > this.#newest ? this.#come(at) : [];
    const type = event['detail-type'];
    for (const watch of this.watchesOf(event)) {
      if (this.#isOrdered && !this.#hasGroups.has(watch) && !watch.opensWithType(type)) continue;
      try {
        for (const placed of watch.see(event)) this.#take(watch, placed, alerts);
      } catch (error) {
        this.#failed(watch, error);
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
      const { watch, identity } = group;
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
    return this.#groups.get(keyOf(group))?.state ?? EMPTY_GROUP;
  }

  /** Those that look at events of this type. */
  watchesOf(event: BusEvent): readonly Watch[] {
    const type = event['detail-type'];
    const known = this.#byType.get(type);
    if (known !== undefined) return known;
    const found = this.watches.filter((watch) => watch.takesType(type));
    if (this.#byType.size < MOST_TYPES) this.#byType.set(type, found);
    return found;
  }

  /** Groups in memory. */
  get size(): number {
    return this.#groups.size;
  }

  #failed({ detection }: Watch, error: unknown): void {
    if (this.#onFailure === undefined) throw error;
    this.#onFailure(detection.id, error);
  }

  #come(at: number): Alert[] {
    if (this.#ofInstant.length > 0) this.#ofInstant = [];
    return this.advance(at);
  }

  #take(watch: Watch, placed: Placed, alerts: Alert[]): void {
    this.#onPlaced?.(placed);
    const key = keyOf(placed.group);
    if (this.#isOrdered && this.#isIdle(watch, key, placed.sighting.at)) {
      if (!watch.opens(placed)) return;
      for (const event of this.#ofInstant) {
        for (const each of watch.see(event)) {
          if (keyOf(each.group) === key) this.#apply(watch, each, key, alerts);
        }
      }
    }
    this.#apply(watch, placed, key, alerts);
  }

  #isIdle(watch: Watch, key: string, at: number): boolean {
    const group = this.#groups.get(key);
    return group === undefined || watch.isIdle(group.state.memory, at);
  }

  #apply(watch: Watch, placed: Placed, key: string, alerts: Alert[]): void {
    const { group: identity, alone, sighting } = placed;
    if (this.#isInAlert(identity, key, sighting.gid)) return;
    const group = this.#groups.get(key) ?? {
      watch,
      identity: kept(identity),
      state: EMPTY_GROUP,
      lastAt: sighting.at,
    };
    const change = watch.change(identity, alone, this.#now);
    const { state, changed } = change.apply(group.state, [sighting]);
    group.lastAt = Math.max(group.lastAt, sighting.at);
    if (!changed) return;
    this.#groups.set(key, group);
    this.#hasGroups.add(watch);
    this.#keep(group, state, alerts);
    this.#noteDue(group);
  }

  #isInAlert(identity: GroupIdentity, key: string, gid: string): boolean {
    const [now, before] = [this.#inAlerts, this.#inAlertsBefore];
    if (!now.has(gid) && !before.has(gid)) return false;
    const marker = markerOf(identity, key, gid);
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
    const key = keyOf(identity);
    for (const gid of state.unmarked) {
      // The bare gid as well: of most events it says at once that they are in no alert.
      this.#inAlerts.add(gid).add(markerOf(identity, key, gid));
    }
    group.state = settled(state, pending, state.unmarked);
    if (this.#inAlerts.size > REMEMBERED_GIDS) {
      this.#inAlertsBefore = this.#inAlerts;
      this.#inAlerts = new Set();
    }
  }

  #noteDue(group: Group): void {
    const dueAt = group.watch.dueAt(group.state.memory);
    if (dueAt === undefined) this.#waiting.delete(group);
    else {
      this.#waiting.add(group);
      this.#nextDue = Math.min(this.#nextDue, dueAt);
    }
  }

  #forget(group: Group): void {
    this.#waiting.delete(group);
    this.#groups.delete(keyOf(group.identity));
  }

  #tidy(): void {
    this.#untilTidy = TIDY_EVERY;
    for (const group of this.#groups.values()) {
      const { watch, lastAt } = group;
      const isOver = lastAt + watch.memoryMs < this.#newest;
      if (isOver && !this.#waiting.has(group)) this.#forget(group);
    }
  }
}

/** Without the event that the entity's label is read from. */
function kept(identity: GroupIdentity): GroupIdentity {
  return { ...identity, entity: { ...identity.entity } };
}

function markerOf(
  { shared, detectionId, workspaceGid }: GroupIdentity,
  key: string,
  gid: string,
): string {
  return shared ? `${key} ${gid}` : `${detectionId} ${workspaceGid} ${gid}`;
}

function keyOf({ detectionId, workspaceGid, entity }: GroupIdentity): string {
  return `${detectionId}\u0000${workspaceGid}\u0000${entity.type}\u0000${entity.id}`;
}
