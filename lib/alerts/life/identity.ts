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
  const { detectionId, workspaceGid, entity } = group;
  return digest([detectionId, workspaceGid, entity.type, entity.id, ...apart(group)]);
}

/**
 * The alert that the event `openingGid` opens in this group, on whichever try and in whichever function.
 * @param about whom the alert is about, where that is not the group's entity
 */
export function alertIdOf(
  group: GroupIdentity,
  openingGid: string,
  about: Entity = group.entity,
): string {
  const { detectionId, workspaceGid } = group;
  return digest([detectionId, workspaceGid, about.type, about.id, openingGid, ...apart(group)]);
}

/** An event that comes again once a suppression is in force, or no more, may open an alert on either side. */
function apart({ suppressionId }: GroupIdentity): readonly string[] {
  return suppressionId === undefined ? [] : ['suppression', suppressionId];
}
