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
import type { GroupIdentity } from '../alerts/identity.ts';
import { EMPTY_GROUP, type GroupState, pendingAlerts, settled } from '../alerts/life.ts';
import { createdAtOf } from '../asana/event.ts';
import type { Alert } from '../contract/alert.ts';
import type { BusEvent } from '../contract/bus-event.ts';
import type { Detection } from './define.ts';
import { patternsOf } from './rule-pattern.ts';
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
/** Gids in alerts that are remembered, in two generations. */
const REMEMBERED_GIDS = 200_000;

export interface DetectorOptions extends WatchRules {
  /** Milliseconds since the epoch: when an alert counts as found. @default - the time of the newest event */
  readonly now?: () => number;
}

export class Detector {
  readonly #byType = new Map<string, Watch[]>();
  /** Those whose event types are conditions. */
  readonly #ofAnyType: Watch[] = [];
  readonly #groups = new Map<string, Group>();
  readonly #now: () => number;
  #newest = 0;
  /** The earliest instant at which something may be overdue. */
  #nextDue = Number.POSITIVE_INFINITY;
  #untilTidy = TIDY_EVERY;
  #inAlerts = new Set<string>();
  #inAlertsBefore = new Set<string>();

  constructor(catalogue: readonly Detection[], options: DetectorOptions) {
    this.#now = options.now ?? (() => this.#newest);
    for (const detection of catalogue) this.#add(new Watch(detection, options));
  }

  /**
   * The alerts that this event opened or changed, and those that the feed's having come so far decides.
   * @throws AuditBusError `detect.event-unusable`, `detect.engine-failed`, or what a definition's functions threw
   */
  observe(event: BusEvent): Alert[] {
    const at = createdAtOf(event.detail.data) ?? Date.parse(event.time);
    const alerts = at > this.#newest ? this.advance(at) : [];
    for (const watch of this.#watchesFor(event)) {
      for (const placed of watch.see(event)) this.#take(watch, placed, alerts);
    }
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
    for (const group of this.#groups.values()) {
      const { watch, identity } = group;
      for (let dueAt = watch.dueAt(group.state.memory); dueAt !== undefined; ) {
        if (dueAt > watermark) break;
        const { state } = watch.passing(identity, watermark, this.#now).apply(group.state, []);
        this.#keep(group, state, alerts);
        dueAt = watch.dueAt(state.memory);
      }
      this.#noteDue(group);
    }
    return alerts;
  }

  /** The alerts that become known once the feed has passed every window. */
  finish(): Alert[] {
    return this.advance(Number.POSITIVE_INFINITY);
  }

  /** What is remembered of the groups an event belongs to, by detection: for explaining, before it is observed. */
  explain(event: BusEvent): Array<Placed & { readonly state: GroupState }> {
    return this.#watchesFor(event).flatMap((watch) =>
      watch.see(event).map((placed) => ({
        ...placed,
        state: this.#groups.get(keyOf(placed.group))?.state ?? EMPTY_GROUP,
      })),
    );
  }

  /** Groups in memory. */
  get size(): number {
    return this.#groups.size;
  }

  #add(watch: Watch): void {
    const types = patternsOf(watch.detection).flatMap((pattern) => pattern['detail-type']);
    if (types.some((type) => typeof type !== 'string')) {
      this.#ofAnyType.push(watch);
      return;
    }
    for (const type of new Set(types as string[])) {
      this.#byType.set(type, [...(this.#byType.get(type) ?? []), watch]);
    }
  }

  #watchesFor(event: BusEvent): readonly Watch[] {
    const found = this.#byType.get(event['detail-type']);
    if (this.#ofAnyType.length === 0) return found ?? [];
    return found === undefined ? this.#ofAnyType : [...found, ...this.#ofAnyType];
  }

  #take(watch: Watch, { group: identity, alone, sighting }: Placed, alerts: Alert[]): void {
    const key = keyOf(identity);
    const marker = identity.shared
      ? `${key} ${sighting.gid}`
      : `${identity.detectionId} ${identity.workspaceGid} ${sighting.gid}`;
    if (this.#inAlerts.has(marker) || this.#inAlertsBefore.has(marker)) return;
    const group = this.#groups.get(key) ?? {
      watch,
      identity,
      state: EMPTY_GROUP,
      lastAt: sighting.at,
    };
    const change = watch.change(identity, alone, this.#now);
    const { state, changed } = change.apply(group.state, [sighting]);
    group.lastAt = Math.max(group.lastAt, sighting.at);
    if (!changed) return;
    this.#groups.set(key, group);
    this.#keep(group, state, alerts);
    this.#noteDue(group);
  }

  #keep(group: Group, state: GroupState, alerts: Alert[]): void {
    const { identity } = group;
    const pending = pendingAlerts(state);
    alerts.push(...pending);
    for (const gid of state.unmarked) {
      const prefix = identity.shared
        ? keyOf(identity)
        : `${identity.detectionId} ${identity.workspaceGid}`;
      this.#inAlerts.add(`${prefix} ${gid}`);
    }
    group.state = settled(state, pending, state.unmarked);
    if (this.#inAlerts.size > REMEMBERED_GIDS) {
      this.#inAlertsBefore = this.#inAlerts;
      this.#inAlerts = new Set();
    }
  }

  #noteDue({ watch, state }: Group): void {
    const dueAt = watch.dueAt(state.memory);
    if (dueAt !== undefined) this.#nextDue = Math.min(this.#nextDue, dueAt);
  }

  #tidy(): void {
    this.#untilTidy = TIDY_EVERY;
    for (const [key, { watch, state, lastAt }] of this.#groups) {
      const isWaiting = watch.dueAt(state.memory) !== undefined;
      if (!isWaiting && lastAt + watch.memoryMs < this.#newest) this.#groups.delete(key);
    }
  }
}

function keyOf({ detectionId, workspaceGid, entity }: GroupIdentity): string {
  return `${detectionId}\u0000${workspaceGid}\u0000${entity.type}\u0000${entity.id}`;
}
