// A link to the thing an alert is about, in Asana's own web app. Built from digits only: nothing of Asana's text gets in.
import type { Alert } from '../contract/alert.ts';
import type { AuditLogEvent } from '../contract/bus-event.ts';
import { asText, field } from '../detections/reading/fields.ts';

const APP = 'https://app.asana.com';
const DIGITS = /^\d{1,24}$/;

/** Asana's first URL form, which it says it keeps serving (forum announcement of the new form, 2025). */
const PAGES: ReadonlyMap<string, (gid: string) => string> = new Map([
  ['task', (gid) => `${APP}/0/0/${gid}`],
  ['project', (gid) => `${APP}/0/${gid}/list`],
  ['portfolio', (gid) => `${APP}/0/portfolio/${gid}/list`],
  ['team', (gid) => `${APP}/0/${gid}/overview`],
  ['user', (gid) => `${APP}/0/profile/${gid}`],
]);

/** The resource's page; for settings of the workspace, or a resource without a page, the admin console. */
export function asanaLink(alert: Alert): string {
  const event = alert as unknown as AuditLogEvent;
  const gid = asText(field(event, 'resource', 'gid')) ?? '';
  const page = PAGES.get(asText(field(event, 'resource', 'resource_type')) ?? '');
  if (page !== undefined && DIGITS.test(gid)) return page(gid);
  return DIGITS.test(alert.workspaceGid) ? `${APP}/admin/${alert.workspaceGid}` : `${APP}/admin`;
}
