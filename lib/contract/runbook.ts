// Where people read what to do: about an alert the page generated from the detections, about an alarm the runbook.

/** The page of this project; a deployment may name its own copy (`RUNBOOK_BASE_URL`). */
export const DEFAULT_RUNBOOK_BASE_URL =
  'https://github.com/asana-audit-bus/asana-audit-bus/blob/main/docs/detections.md';

/** @param baseUrl the page, without a fragment; each detection's id is an anchor of it */
export function runbookUrl(baseUrl: string, detectionId: string): string {
  return `${baseUrl}#${detectionId}`;
}

/** The runbook of this project; a deployment may name its own copy. */
export const DEFAULT_ALARM_RUNBOOK_URL =
  'https://github.com/asana-audit-bus/asana-audit-bus/blob/main/docs/runbook.md';

/** @param page the page, without a fragment @param heading of the alarm's section */
export function alarmRunbookUrl(page: string, heading: string): string {
  return `${page}#${anchorOf(heading)}`;
}

/** The anchor that GitHub gives a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9 -]/g, '')
    .replaceAll(' ', '-');
}
