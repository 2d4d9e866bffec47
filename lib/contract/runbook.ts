// Where people read what to do about an alert: the page generated from the detections, and a section of it.

/** The page of this project; a deployment may name its own copy (`RUNBOOK_BASE_URL`). */
export const DEFAULT_RUNBOOK_BASE_URL =
  'https://github.com/asana-audit-bus/asana-audit-bus/blob/main/docs/detections.md';

/** @param baseUrl the page, without a fragment; each detection's id is an anchor of it */
export function runbookUrl(baseUrl: string, detectionId: string): string {
  return `${baseUrl}#${detectionId}`;
}
