// Raises the alerts of one group without losing or doubling any, whatever fails and whoever else is at it.
// The order of the steps is the design: docs/adr/0011-detection-state.md. Which match goes into which alert is life.ts.
import type { PoisonEntry, Publisher } from '../bus/publisher-port.ts';
import type { Clock } from '../clock.ts';
import type { Alert } from '../contract/alert.ts';
import { ALERT_DETAIL_TYPES, ALERT_SOURCE, SCHEMA_VERSION } from '../contract/sources.ts';
import { AuditBusError } from '../errors.ts';
import type { GroupIdentity } from './identity.ts';
import {
  applyMatches,
  type GroupState,
  type LifeRules,
  type Match,
  pendingAlerts,
  settled,
} from './life.ts';
import type { AlertStateStore, StoredGroup } from './state-store.ts';

export interface RaiseDeps {
  readonly store: AlertStateStore;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly random?: () => number;
}

/** Tries at a group that others keep changing. Each waits longer, with jitter; then SQS brings the message again. */
const MAX_TRIES = 10;
const LONGEST_WAIT_MS = 1_000;

/**
 * Puts the matches into alerts and the alerts on the bus. When it returns, every match is in exactly one alert whose
 * current revision is published; when it throws, calling it again with the same matches finishes the work.
 *
 *     read group -> publish what is pending -> read markers -> write group (alert pending, gids unmarked)
 *         -> publish -> write markers, record the alert -> write group (nothing pending, nothing unmarked)
 *
 * Markers are read after the group: whoever takes a gid out of `unmarked` has written its marker before.
 * @returns the alerts it published
 * @throws AuditBusError `alerts.contended` or `alerts.not-published`, or what the table threw
 */
export async function raiseAlerts(
  group: GroupIdentity,
  matches: readonly Match[],
  rules: LifeRules,
  deps: RaiseDeps,
): Promise<Alert[]> {
  const published: Alert[] = [];
  let open = [...new Map(matches.map((match) => [match.gid, match])).values()];
  for (let conflicts = 0; conflicts < MAX_TRIES; ) {
    let stored = await deps.store.readGroup(group);
    if (isUnfinished(stored.state)) {
      published.push(...(await finish(group, stored, deps)));
      stored = await deps.store.readGroup(group);
      // Another invocation is at this group between our two reads: its work is not ours to build on yet.
      if (isUnfinished(stored.state)) {
        conflicts += 1;
        await backOff(conflicts, deps);
        continue;
      }
    }
    const known = await deps.store.readMarkers(
      group,
      open.map((match) => match.gid),
    );
    open = open.filter((match) => !known.has(match.gid));
    if (open.length === 0) return published;
    const { state, rest } = applyMatches(stored.state, open, rules);
    if (await deps.store.writeGroup(group, state, stored.version)) {
      const next = { version: stored.version + 1, state };
      published.push(...(await finish(group, next, deps)));
      if (rest.length === 0) return published;
      open = [...rest];
      conflicts = 0;
    } else {
      conflicts += 1;
      await backOff(conflicts, deps);
    }
  }
  throw new AuditBusError(
    'alerts.contended',
    `Others kept changing the alerts of ${group.detectionId}.`,
    { retryable: true },
  );
}

function isUnfinished(state: GroupState): boolean {
  return state.unmarked.length > 0 || pendingAlerts(state).length > 0;
}

/** Publishes what a written state holds pending, then records that. What it publishes comes from the state alone. */
async function finish(
  group: GroupIdentity,
  stored: StoredGroup,
  deps: RaiseDeps,
): Promise<readonly Alert[]> {
  const alerts = pendingAlerts(stored.state);
  await publishAlerts(alerts, deps);
  await deps.store.writeMarkers(group, stored.state.unmarked);
  for (const alert of alerts) await deps.store.recordAlert(alert);

  let current = stored;
  for (let conflicts = 0; conflicts < MAX_TRIES; ) {
    const next = settled(current.state, alerts, stored.state.unmarked);
    if (next === current.state) return alerts;
    if (await deps.store.writeGroup(group, next, current.version)) return alerts;
    conflicts += 1;
    await backOff(conflicts, deps);
    current = await deps.store.readGroup(group);
  }
  throw new AuditBusError(
    'alerts.contended',
    `Others kept changing the alerts of ${group.detectionId}.`,
    { retryable: true },
  );
}

async function publishAlerts(alerts: readonly Alert[], deps: RaiseDeps): Promise<void> {
  if (alerts.length === 0) return;
  const publishedAt = new Date(deps.clock.now()).toISOString();
  const result = await deps.publisher.publish(
    alerts.map((alert) => ({
      source: ALERT_SOURCE,
      detailType: alert.revision === 1 ? ALERT_DETAIL_TYPES.opened : ALERT_DETAIL_TYPES.updated,
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

async function backOff(tries: number, deps: RaiseDeps): Promise<void> {
  const longest = Math.min(LONGEST_WAIT_MS, 20 * 2 ** tries);
  await deps.clock.sleep((deps.random ?? Math.random)() * longest);
}
