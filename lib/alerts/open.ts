// Makes the alert that an event opens: the detection's words, the event's facts. Pure.

import type { Alert } from '../contract/alert.ts';
import { runbookUrl } from '../contract/runbook.ts';
import type { Detection } from '../detections/define.ts';
import { asText, field } from '../detections/fields.ts';
import { shownText } from '../text.ts';
import { alertIdOf, type GroupIdentity } from './identity.ts';
import type { Match } from './life.ts';
import { snapshotOf } from './snapshot.ts';

const MAX_SUMMARY = 600;
const MAX_LABEL = 260;

export interface OpenOptions {
  /** Where the detections are documented, without a fragment. */
  readonly runbookBaseUrl: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export function openAlert(
  detection: Detection,
  group: GroupIdentity,
  match: Match,
  options: OpenOptions,
): Alert {
  const at = new Date(match.at).toISOString();
  const { entity } = group;
  return {
    alertId: alertIdOf(group, match.gid),
    revision: 1,
    detectionId: detection.id,
    detectionVersion: detection.version,
    title: detection.title,
    summary: shownText(
      detection.summary(match.event, { count: 1, lists: detection.lists ?? {} }),
      MAX_SUMMARY,
    ),
    severity: detection.severity,
    status: 'active',
    workspaceGid: group.workspaceGid,
    entity: { ...entity, label: shownText(entity.label, MAX_LABEL) },
    count: 1,
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
