// Makes the alert that an event opens: the detection's words, the event's facts. Pure.
import { type Alert, SEVERITIES, type Severity } from '../../contract/alert.ts';
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import { runbookUrl } from '../../contract/runbook.ts';
import type { Detection } from '../../detections/define.ts';
import { asText, field } from '../../detections/reading/fields.ts';
import { shownText } from '../../text.ts';
import type { Match } from './finding.ts';
import { alertIdOf, type GroupIdentity } from './identity.ts';
import { snapshotOf } from './snapshot.ts';

const MAX_SUMMARY = 600;
const MAX_LABEL = 260;

export interface OpenOptions {
  /** Where the detections are documented, without a fragment. */
  readonly runbookBaseUrl: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * @param count events in the alert as it opens
 * @param suppressionId what covers every match of it
 */
export function openAlert(
  detection: Detection,
  group: GroupIdentity,
  match: Match,
  options: OpenOptions,
  count = 1,
  suppressionId?: string,
): Alert {
  const at = new Date(match.at).toISOString();
  const { about: entity = group.entity } = match;
  return {
    alertId: alertIdOf(group, match.gid, entity),
    revision: 1,
    detectionId: detection.id,
    detectionVersion: detection.version,
    title: detection.title,
    summary: shownText(
      detection.summary(match.event, { count, lists: detection.lists ?? {} }),
      MAX_SUMMARY,
    ),
    severity: severityFor(detection, match.event),
    ...statusOf(detection, suppressionId),
    workspaceGid: group.workspaceGid,
    entity: { ...entity, label: shownText(entity.label, MAX_LABEL) },
    count,
    firstSeen: at,
    lastSeen: at,
    detectedAt: new Date(options.now).toISOString(),
    eventGids: [match.gid],
    eventType: shownText(asText(field(match.event, 'event_type')) ?? 'unknown', 128),
    ...snapshotOf(match.event),
    attack: [...detection.attack],
    triage: [...detection.triage],
    falsePositives: detection.falsePositives,
    runbookUrl: runbookUrl(options.runbookBaseUrl, detection.id),
  };
}

/** Suppressed also where the detection is staged: what is known to be harmless says nothing about it. */
function statusOf(
  { status }: Detection,
  suppressionId: string | undefined,
): Pick<Alert, 'status' | 'suppressionId'> {
  if (suppressionId !== undefined) return { status: 'suppressed', suppressionId };
  return { status: status === 'staged' ? 'staged' : 'active' };
}

/** What the event makes of it, never above what the detection is documented with. */
export function severityFor(
  { severity, severityOf, lists = {} }: Detection,
  event: AuditLogEvent,
): Severity {
  const found = severityOf?.(event, lists) ?? severity;
  const rank = SEVERITIES.indexOf(found);
  return rank < 0 || rank > SEVERITIES.indexOf(severity) ? severity : found;
}
