// Names things so that the same event always leads to the same alert: keys of groups and the ids of alerts.
import { createHash } from 'node:crypto';
import type { Entity } from '../../contract/alert.ts';

/** What alerts are deduplicated by: one detection, one workspace, one entity. */
export interface GroupIdentity {
  readonly detectionId: string;
  readonly workspaceGid: string;
  readonly entity: Entity;
  /** True where one event may be in several groups of its detection, and be in an alert in each. */
  readonly shared?: boolean;
  /** Events that this suppression covers are counted by themselves, in a group of their own. */
  readonly suppressionId?: string;
}

/** A digest over the parts, unambiguous whatever characters they hold. 32 hexadecimal digits. */
function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** The entity's label is left out: people rename things. */
export function groupKey(group: GroupIdentity): string {
  const { detectionId, workspaceGid, entity, suppressionId } = group;
  const parts = [detectionId, workspaceGid, entity.type, entity.id];
  return digest(suppressionId === undefined ? parts : [...parts, 'suppression', suppressionId]);
}

/**
 * The alert that the event `openingGid` opens in this group, on whichever try and in whichever function.
 * @param about whom the alert is about, where that is not the group's entity
 */
export function alertIdOf(
  { detectionId, workspaceGid, entity }: GroupIdentity,
  openingGid: string,
  about: Entity = entity,
): string {
  return digest([detectionId, workspaceGid, about.type, about.id, openingGid]);
}
