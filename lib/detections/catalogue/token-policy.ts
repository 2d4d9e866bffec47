// Detections on what may be used instead of a sign-in: the policies for tokens and apps.
import { defineDetection } from '../define.ts';
import { isDurationExtended } from '../reading/durations.ts';
import { firstOf, resource, workspace } from '../reading/entity.ts';
import { actorWords, asText, changeWords, field, resourceWords } from '../reading/fields.ts';
import { change, example, SERVICE_ACCOUNT_API } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';
import { ASK_WITHIN_1_HOUR, HOW_ACTOR_CAME_IN, OTHER_SETTINGS } from './triage.ts';

const TOKENS_ALLOWED = 'workspace_personal_access_token_enabled';
const TOKEN_EXPIRY = 'workspace_personal_access_token_expiry_changed';
const SERVICE_EXPIRY = 'workspace_service_account_token_expiry_changed';
const GUEST_TOKENS = 'workspace_guest_pat_usage_setting_changed';
const GUEST_APPS = 'workspace_guest_app_usage_setting_changed';
const APP_APPROVAL = 'workspace_app_admin_approval_setting_changed';
const WORDS: ReadonlyMap<unknown, string> = new Map([
  [TOKENS_ALLOWED, 'allowed personal access tokens'],
  [TOKEN_EXPIRY, 'changed how long personal access tokens live'],
  [SERVICE_EXPIRY, 'changed how long tokens of service accounts live'],
  [GUEST_TOKENS, 'changed whether guests may use personal access tokens'],
  [GUEST_APPS, 'changed whether guests may use apps'],
  [APP_APPROVAL, 'changed the approval of an app'],
]);
export const TOKEN_SETTINGS: ReadonlySet<unknown> = new Set(WORDS.keys());
/** What a permission is set to when it is taken away. Whatever is not among them counts as given, so that it is seen. */
const TAKEN_AWAY =
  /^(false|no|none|off|disabled?|disallowed|not[ _-]allowed|forbidden|denied|deny|block(ed)?|rejected|admins?[ _-]only|approval[ _-]required|require[sd]?[ _-]approval)$/;

/** True unless the change shortens a lifetime or takes a permission away: names of such events do not say which. */
export function isLoosened(type: unknown, oldValue: unknown, newValue: unknown): boolean {
  if (type === TOKEN_EXPIRY || type === SERVICE_EXPIRY)
    return isDurationExtended(oldValue, newValue);
  if (type === TOKENS_ALLOWED) return true;
  const text = typeof newValue === 'boolean' ? String(newValue) : asText(newValue);
  return !TAKEN_AWAY.test(text?.trim().toLowerCase() ?? '');
}

export const tokenPolicyWeakened = defineDetection({
  kind: 'match',
  id: 'asana.policy.token-policy-weakened',
  version: 2,
  title: 'Policy for tokens or apps loosened',
  severity: 'medium',
  attack: ['T1098.001'],
  attackV18: ['T1098.001'],
  pattern: { 'detail-type': [...WORDS.keys()] },
  // Lifetimes are words for people, which no event pattern compares.
  when: (event) =>
    isLoosened(
      field(event, 'event_type'),
      field(event, 'details', 'old_value'),
      field(event, 'details', 'new_value'),
    ),
  entity: firstOf(workspace, resource),
  summary: (event) => {
    const what = WORDS.get(field(event, 'event_type')) ?? 'changed the policy for tokens';
    const hasValue = field(event, 'details', 'new_value') !== undefined;
    return `${actorWords(event)} ${what} in ${resourceWords(event)}${hasValue ? `, ${changeWords(event)}` : ''}.`;
  },
  triage: [
    ASK_WITHIN_1_HOUR,
    'If nobody agreed to it: set details.old_value again in the admin console. Tokens made meanwhile keep working until each is revoked.',
    'Read user_personal_access_token_authorized, user_app_authorized and service_account_created events since created_at, and who made them (actor.gid).',
    OTHER_SETTINGS,
    HOW_ACTOR_CAME_IN,
  ],
  falsePositives:
    'An integration that is being set up. Shortening a lifetime or taking a permission away is no finding; values that cannot be compared alert, so that a new wording does not go unseen.',
  references: [ASANA_EVENTS, technique('T1098.001')],
  examples: {
    alerts: [
      example({ type: TOKENS_ALLOWED }),
      change(TOKENS_ALLOWED, 'enabled', 'disabled', { resource: null }),
      change(TOKEN_EXPIRY, '30 days', 'Never'),
      change(SERVICE_EXPIRY, 90, 365, { context: SERVICE_ACCOUNT_API }),
      change(SERVICE_EXPIRY, null, null),
      change(GUEST_TOKENS, 'DISABLED', 'ENABLED'),
      change(GUEST_APPS, false, true, { actor: { actor_type: 'asana_support' } }),
      example({ type: APP_APPROVAL, details: { app_name: 'Board Sync', new_value: ['approved'] } }),
    ],
    silent: [
      change(TOKEN_EXPIRY, 'No expiration', '90 days'),
      change(SERVICE_EXPIRY, '365', '90'),
      change(GUEST_TOKENS, 'enabled', 'Not_Allowed'),
      change(GUEST_APPS, true, false),
      change(APP_APPROVAL, 'approved', 'BLOCKED'),
      example({ type: 'workspace_personal_access_token_disabled' }),
      change('workspace_require_app_approvals_of_type_changed', 'off', 'all_apps'),
    ],
  },
});
