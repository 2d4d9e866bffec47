// Names things so that the same event always leads to the same alert: keys of groups and the ids of alerts.
import { createHash } from 'node:crypto';
import type { Entity } from '../contract/alert.ts';

/** What alerts are deduplicated by: one detection, one workspace, one entity. */
export interface GroupIdentity {
  readonly detectionId: string;
  readonly workspaceGid: string;
  readonly entity: Entity;
}

/** A digest over the parts, unambiguous whatever characters they hold. 32 hexadecimal digits. */
function digest(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** The entity's label is left out: people rename things. */
export function groupKey({ detectionId, workspaceGid, entity }: GroupIdentity): string {
  return digest([detectionId, workspaceGid, entity.type, entity.id]);
}

/** The alert that the event `openingGid` opens in this group, on whichever try and in whichever function. */
export function alertIdOf(group: GroupIdentity, openingGid: string): string {
  return digest([
    group.detectionId,
    group.workspaceGid,
    group.entity.type,
    group.entity.id,
    openingGid,
  ]);
}
