// Raises the alerts of one group without losing or doubling any, whatever fails and whoever else is at it.
// The order of the steps is the design: docs/adr/0011-detection-state.md. Which match goes into which alert is life.ts.
import type { PoisonEntry, Publisher } from '../../bus/publisher-port.ts';
import type { Clock } from '../../clock.ts';
import type { Alert } from '../../contract/alert.ts';
import {
  ALERT_DETAIL_TYPES,
  ALERT_SOURCE,
  type AlertDetailType,
  SCHEMA_VERSION,
} from '../../contract/sources.ts';
import { AuditBusError } from '../../errors.ts';
import type { AlertStateStore, StoredGroup } from '../state/port.ts';
import type { Applied } from './apply.ts';
import { type GroupState, pendingAlerts, type Ref, settled } from './group.ts';
import type { GroupIdentity } from './identity.ts';

export interface RaiseDeps {
  readonly store: AlertStateStore;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly random?: () => number;
}

/** What is to become of a group, whatever its state is when it is read. Pure, and asked again after a conflict. */
export interface GroupChange<T> {
  /**
   * @param events without those that are in an alert of the group already
   * @param known gids that are, also of events that the group itself remembers: what would alert on one of those does not
   */
  apply(state: GroupState, events: readonly T[], known?: ReadonlySet<string>): Applied<T>;
  /** Done before a state is written that may have to be looked at by itself later: the note comes first. */
  note?(next: GroupState, before: GroupState): Promise<void>;
  /** Seconds for which a group without events is remembered, at least. */
  readonly memorySeconds: number;
}

/** What of a change does not depend on its events. */
type Keeping = Pick<GroupChange<never>, 'note' | 'memorySeconds'>;

/** Tries at a group that others keep changing. Each waits longer, with jitter; then SQS brings the message again. */
const MAX_TRIES = 10;
const LONGEST_WAIT_MS = 1_000;
/** Looks at a group that another invocation is not done with, half a second in all: if it lives, it is done by then. */
const LOOKS = 5;

/**
 * Brings the events into the group and its alerts on the bus. When it returns, every event is in the group's state, once,
 * and each alert it belongs to is published in its current revision; when it throws, calling it again with the same events
 * finishes the work.
 *
 *     read group -> publish what is pending -> read markers of what would alert -> write group (alert pending, gids unmarked)
 *         -> publish -> write markers, record the alert -> write group (nothing pending, nothing unmarked)
 *
 * Markers are read after the group: whoever takes a gid out of `unmarked` has written its marker before. An event that
 * goes into no alert needs none read: what a group remembers takes the same event twice without changing. What time decides
 * has its markers read as well: an event may come again when the group has forgotten that it was decided.
 * @returns the alerts it published
 * @throws AuditBusError `alerts.contended` or `alerts.not-published`, what `apply` threw, or what the table threw
 */
export async function raiseAlerts<T extends Ref>(
  group: GroupIdentity,
  events: readonly T[],
  change: GroupChange<T>,
  deps: RaiseDeps,
): Promise<Alert[]> {
  const published: Alert[] = [];
  let open = [...new Map(events.map((event) => [event.gid, event])).values()];
  for (let conflicts = 0; conflicts < MAX_TRIES; ) {
    const found = await settledGroup(group, change, deps);
    published.push(...found.published);
    const { stored } = found;
    // Another invocation is at this group between our two reads: its work is not ours to build on yet.
    if (isUnfinished(stored.state)) {
      conflicts += 1;
      await backOff(conflicts, deps);
      continue;
    }
    const { state, rest, changed } = await applyUnmarked(group, stored.state, open, change, deps);
    if (!changed || (await writeChange(group, stored, state, change, deps))) {
      if (changed) {
        const next = { version: stored.version + 1, state };
        published.push(...(await finish(group, next, change, deps)));
      }
      if (rest.length === 0) return published;
      open = [...rest];
      conflicts = 0;
    } else {
      conflicts += 1;
      await backOff(conflicts, deps);
    }
  }
  throw contended(group);
}

/** What the events do to the group, without those that would go into an alert and are in one already. */
async function applyUnmarked<T extends Ref>(
  group: GroupIdentity,
  state: GroupState,
  events: readonly T[],
  change: GroupChange<T>,
  deps: RaiseDeps,
): Promise<Applied<T>> {
  let open = events;
  const asked = new Set<string>();
  const known = new Set<string>();
  for (;;) {
    const applied = change.apply(state, open, known);
    // Those that only now would alert are asked for in turn: each round asks for one more, at least.
    const gids = [...new Set(applied.state.unmarked)].filter((gid) => !asked.has(gid));
    if (gids.length === 0) return applied;
    for (const gid of gids) asked.add(gid);
    const found = await deps.store.readMarkers(group, gids);
    if (found.size === 0) return applied;
    for (const gid of found) known.add(gid);
    open = open.filter(({ gid }) => !known.has(gid));
  }
}

/**
 * Changes a group for no event but time: as `raiseAlerts`, with whatever `apply` makes of the state it finds.
 * @returns the alerts it published, and the state it left or found right
 */
export async function changeGroup(
  group: GroupIdentity,
  change: GroupChange<never>,
  deps: RaiseDeps,
): Promise<{ readonly published: readonly Alert[]; readonly state: GroupState }> {
  const published: Alert[] = [];
  for (let conflicts = 0; conflicts < MAX_TRIES; ) {
    const found = await settledGroup(group, change, deps);
    published.push(...found.published);
    const { stored } = found;
    if (!isUnfinished(stored.state)) {
      const { state, changed } = await applyUnmarked(group, stored.state, [], change, deps);
      if (!changed) return { published, state };
      if (await writeChange(group, stored, state, change, deps)) {
        const next = { version: stored.version + 1, state };
        published.push(...(await finish(group, next, change, deps)));
        return { published, state };
      }
    }
    conflicts += 1;
    await backOff(conflicts, deps);
  }
  throw contended(group);
}

async function writeChange(
  group: GroupIdentity,
  stored: StoredGroup,
  state: GroupState,
  change: Keeping,
  deps: RaiseDeps,
): Promise<boolean> {
  await change.note?.(state, stored.state);
  return deps.store.writeGroup(group, state, stored.version, change.memorySeconds);
}

/**
 * The group as it stands, once what another try left unfinished is done: by that try where it lives, so that the bus has
 * each revision once; here where it has died.
 */
async function settledGroup(
  group: GroupIdentity,
  change: Keeping,
  deps: RaiseDeps,
): Promise<{ readonly stored: StoredGroup; readonly published: readonly Alert[] }> {
  let stored = await deps.store.readGroup(group);
  for (let looks = 1; looks < LOOKS && isUnfinished(stored.state); looks += 1) {
    await backOff(looks, deps);
    stored = await deps.store.readGroup(group);
  }
  if (!isUnfinished(stored.state)) return { stored, published: [] };
  const published = await finish(group, stored, change, deps);
  return { stored: await deps.store.readGroup(group), published };
}

function isUnfinished(state: GroupState): boolean {
  return state.unmarked.length > 0 || pendingAlerts(state).length > 0;
}

/** Publishes what a written state holds pending, then records that. What it publishes comes from the state alone. */
async function finish(
  group: GroupIdentity,
  stored: StoredGroup,
  { memorySeconds }: Keeping,
  deps: RaiseDeps,
): Promise<readonly Alert[]> {
  const alerts = pendingAlerts(stored.state);
  await publishAlerts(alerts, deps);
  const publishedAt = deps.clock.now();
  await deps.store.writeMarkers(group, stored.state.unmarked);
  for (const alert of alerts) await deps.store.recordAlert(alert);

  let current = stored;
  for (let conflicts = 0; conflicts < MAX_TRIES; ) {
    const next = settled(current.state, alerts, stored.state.unmarked, publishedAt);
    if (next === current.state) return alerts;
    if (await deps.store.writeGroup(group, next, current.version, memorySeconds)) return alerts;
    conflicts += 1;
    await backOff(conflicts, deps);
    current = await deps.store.readGroup(group);
  }
  throw contended(group);
}

function contended({ detectionId }: GroupIdentity): AuditBusError {
  return new AuditBusError(
    'alerts.contended',
    `Others kept changing the alerts of ${detectionId}.`,
    { retryable: true },
  );
}

async function publishAlerts(alerts: readonly Alert[], deps: RaiseDeps): Promise<void> {
  if (alerts.length === 0) return;
  const publishedAt = new Date(deps.clock.now()).toISOString();
  const result = await deps.publisher.publish(
    alerts.map((alert) => ({
      source: ALERT_SOURCE,
      detailType: detailTypeOf(alert),
      detail: JSON.stringify({
        metadata: { schemaVersion: SCHEMA_VERSION, workspaceGid: alert.workspaceGid, publishedAt },
        data: alert,
      }),
    })),
  );
  if (alerts.every((_, index) => result.published[index])) return;
  const why: { code: string; message: string } | PoisonEntry | undefined =
    result.failure ?? result.poison[0];
  throw new AuditBusError(
    'alerts.not-published',
    `The bus did not take an alert: ${why?.code ?? 'unknown'}: ${why?.message ?? ''}`,
    { retryable: result.failure?.retryable ?? false },
  );
}

function detailTypeOf({ revision, closedAt }: Alert): AlertDetailType {
  if (revision === 1) return ALERT_DETAIL_TYPES.opened;
  return closedAt === undefined ? ALERT_DETAIL_TYPES.updated : ALERT_DETAIL_TYPES.closed;
}

async function backOff(tries: number, deps: RaiseDeps): Promise<void> {
  const longest = Math.min(LONGEST_WAIT_MS, 20 * 2 ** tries);
  await deps.clock.sleep((deps.random ?? Math.random)() * longest);
}
