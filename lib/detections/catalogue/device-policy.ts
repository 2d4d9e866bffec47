// Detections on settings that decide from where and on what people work: allowed addresses, the mobile app.

import { defineDetection } from '../define.ts';
import { isWideRange } from '../reading/address-range.ts';
import { firstOf, resource, workspace } from '../reading/entity.ts';
import { actorWords, changeWords, field, resourceWords } from '../reading/fields.ts';
import { change, example, SERVICE_ACCOUNT_API } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';
import { ASK_WITHIN_1_HOUR, HOW_ACTOR_CAME_IN, OTHER_SETTINGS } from './triage.ts';

const ALLOWLIST_OFF = 'workspace_ip_allowlist_disabled';
const API_ALLOWLIST_OFF = 'workspace_ip_allowlist_api_traffic_disabled';
const RANGE_ADDED = 'workspace_allowed_ip_range_added';
const RANGE_CHANGED = 'workspace_allowed_ip_range_changed';
const ALLOWLIST_WORDS: ReadonlyMap<unknown, string> = new Map([
  [ALLOWLIST_OFF, 'switched off the list of allowed IP addresses'],
  [API_ALLOWLIST_OFF, 'let API traffic past the list of allowed IP addresses'],
  [RANGE_ADDED, 'added a range of allowed IP addresses'],
  [RANGE_CHANGED, 'changed a range of allowed IP addresses'],
  [
    'workspace_ip_allowlist_member_type_changed',
    'changed to whom the list of allowed IP addresses applies',
  ],
]);
const MOBILE_WORDS: ReadonlyMap<unknown, string> = new Map([
  [
    'workspace_mobile_app_biometric_authentication_required_disabled',
    'stopped asking for a fingerprint or face',
  ],
  ['workspace_mobile_app_screen_capture_enabled', 'allowed screen captures'],
  ['workspace_mobile_app_copy_paste_enabled', 'allowed copying text out'],
  ['workspace_mobile_app_attachments_sharing_enabled', 'allowed sharing attachments'],
]);

export const ipAllowlistWeakened = defineDetection({
  kind: 'match',
  id: 'asana.policy.ip-allowlist-weakened',
  version: 1,
  title: 'IP allowlist disabled or widened',
  severity: 'high',
  // A range of an office is routine; one as wide as the internet switches the list off by another name.
  severityOf: (event) => {
    const type = field(event, 'event_type');
    const isOff = type === ALLOWLIST_OFF || type === API_ALLOWLIST_OFF;
    return isOff || isWideRange(field(event, 'details', 'new_value')) ? 'high' : 'medium';
  },
  attack: ['T1686.001'],
  attackV18: ['T1562.007'],
  pattern: { 'detail-type': [...ALLOWLIST_WORDS.keys()] },
  entity: firstOf(workspace, resource),
  summary: (event) => {
    const what = ALLOWLIST_WORDS.get(field(event, 'event_type')) ?? 'weakened the IP allowlist';
    const hasValue = field(event, 'details', 'new_value') !== undefined;
    return `${actorWords(event)} ${what} of ${resourceWords(event)}${hasValue ? `, ${changeWords(event)}` : ''}.`;
  },
  triage: [
    'Ask the person in actor, outside Asana, for the ticket of the network change. Do it within 15 minutes where the list was switched off, else within 1 hour.',
    'If nobody vouches for it: switch the list on again, or remove the range in details.new_value, in the admin console.',
    'Look up who holds the range in details.new_value (whois): your own office or VPN, or a hosting company.',
    'Read all user_login_succeeded events and API calls since created_at whose context.client_ip_address the former list would have refused.',
    HOW_ACTOR_CAME_IN,
  ],
  falsePositives: 'A new office or VPN exit. Its range is small and yours by whois.',
  references: [ASANA_EVENTS, technique('T1686.001')],
  examples: {
    alerts: [
      example({ type: ALLOWLIST_OFF }),
      example({ type: API_ALLOWLIST_OFF, resource: null, actor: { actor_type: 'asana_support' } }),
      change(RANGE_ADDED, null, '203.0.113.0/24'),
      change(RANGE_CHANGED, '203.0.113.0/24', '0.0.0.0/0'),
      change(RANGE_ADDED, null, ['203.0.113.7/32', '2001:DB8::/16']),
      change('workspace_ip_allowlist_member_type_changed', 'all', 'guests', {
        context: SERVICE_ACCOUNT_API,
      }),
    ],
    silent: [
      example({ type: 'workspace_ip_allowlist_enabled' }),
      example({ type: 'workspace_ip_allowlist_api_traffic_enabled' }),
      change('workspace_allowed_ip_range_removed', '0.0.0.0/0', null),
    ],
  },
});

export const mobileControlsWeakened = defineDetection({
  kind: 'match',
  id: 'asana.policy.mobile-controls-weakened',
  version: 1,
  title: 'Mobile data control loosened',
  severity: 'low',
  attack: ['T1685'],
  attackV18: ['T1562.001'],
  pattern: { 'detail-type': [...MOBILE_WORDS.keys()] },
  entity: firstOf(workspace, resource),
  summary: (event) =>
    `${actorWords(event)} ${MOBILE_WORDS.get(field(event, 'event_type')) ?? 'loosened a control'} in the mobile app of ${resourceWords(event)}.`,
  triage: [
    ASK_WITHIN_1_HOUR,
    'If nobody agreed to it: switch the control back in the admin console. It takes hold when the app is next opened.',
    'Read events since created_at whose context.context_type is mobile: downloads and new devices (context.user_agent) that the control would have stopped.',
    OTHER_SETTINGS,
  ],
  falsePositives: 'An exception for people who work on phones alone. It should be written down.',
  references: [ASANA_EVENTS, technique('T1685')],
  examples: {
    alerts: [
      ...[...MOBILE_WORDS.keys()].map((type) => example({ type: String(type) })),
      example({
        type: 'workspace_mobile_app_copy_paste_enabled',
        details: { old_value: null, new_value: true },
        resource: null,
        actor: { actor_type: 'external_administrator' },
      }),
    ],
    silent: [
      example({ type: 'workspace_mobile_app_biometric_authentication_required_enabled' }),
      example({ type: 'workspace_mobile_app_screen_capture_disabled' }),
      example({ type: 'workspace_mobile_app_copy_paste_disabled' }),
      example({ type: 'workspace_mobile_app_attachments_sharing_disabled' }),
    ],
  },
});
