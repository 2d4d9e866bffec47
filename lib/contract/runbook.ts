// Where people read what to do about an alert: the page generated from the detections, and a section of it.

/** The page of this project; a deployment may name its own copy (`RUNBOOK_BASE_URL`). */
export const DEFAULT_RUNBOOK_BASE_URL =
  'https://github.com/asana-audit-bus/asana-audit-bus/blob/main/docs/detections.md';

/** The fragment of a detection's heading as GitHub makes it: `asana.policy.x-y` is `asanapolicyx-y`, dots dropped. */
export function detectionAnchor(detectionId: string): string {
  return detectionId.toLowerCase().replace(/[^a-z0-9-]/g, '');
}

/** @param baseUrl the page, without a fragment */
export function runbookUrl(baseUrl: string, detectionId: string): string {
  return `${baseUrl}#${detectionAnchor(detectionId)}`;
}
