// The engine of `kind: 'match'`: does this one event match, and whom is it about? Pure.

import type { Match } from '../alerts/life.ts';
import { createdAtOf, gidOf } from '../asana/event.ts';
import type { Entity } from '../contract/alert.ts';
import type { BusEvent } from '../contract/bus-event.ts';
import { AuditBusError } from '../errors.ts';
import type { MatchDetection } from './define.ts';

export interface Finding {
  readonly entity: Entity;
  readonly match: Match;
}

/** Asana's gids are 16 digits. What is longer than this is none, and would not fit our keys. */
const MAX_GID = 128;

/**
 * Asked for an event that the detection's rule pattern matches; undefined when the detection's own condition says no.
 * An event without a readable `created_at` counts at the time of its envelope.
 * @throws AuditBusError `detect.event-unusable` without a usable gid or time, or what the definition's functions threw
 */
export function runMatch(detection: MatchDetection, event: BusEvent): Finding | undefined {
  const { data, metadata } = event.detail;
  if (detection.when !== undefined && !detection.when(data, detection.lists ?? {}))
    return undefined;
  const gid = gidOf(data);
  if (gid === undefined || gid.length > MAX_GID) {
    throw new AuditBusError('detect.event-unusable', 'The event has no usable gid.');
  }
  const at = createdAtOf(data) ?? Date.parse(event.time);
  if (Number.isNaN(at)) {
    throw new AuditBusError('detect.event-unusable', 'The event has no readable time.');
  }
  const entity = detection.entity(data, metadata.workspaceGid);
  return { entity, match: { gid, at, event: data } };
}
