// Detections on settings of the workspace that change together, or change and change back.
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import { shownText } from '../../text.ts';
import { defineDetection } from '../define.ts';
import { isDurationExtended } from '../reading/durations.ts';
import { actorWords, asText, field, resourceWords } from '../reading/fields.ts';
import { BY_ACTOR } from '../reading/groups.ts';
import {
  ALICE,
  ASANA_ITSELF,
  change,
  EMAIL_DOMAIN,
  example,
  GID_ONLY,
  timeline,
} from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';
import { isLoosened, TOKEN_SETTINGS } from './token-policy.ts';
import { HOW_ACTOR_CAME_IN } from './triage.ts';

const SAML = 'workspace_saml_settings_changed';
const GUESTS = 'workspace_guest_invite_permissions_changed';
const SESSIONS = [
  'workspace_default_session_duration_changed',
  'workspace_idle_session_duration_changed',
  'workspace_personal_access_token_expiry_changed',
  'workspace_service_account_token_expiry_changed',
];
/** The value that is the safe one, of settings that go both ways. */
const SAFE: ReadonlyMap<unknown, string> = new Map([
  [SAML, 'required'],
  ['workspace_password_requirements_changed', 'strong'],
  [GUESTS, 'admins_only'],
  ['workspace_require_app_approvals_of_type_changed', 'all_apps'],
]);
const WEAKENING = [
  ...SAFE.keys(),
  ...SESSIONS,
  'workspace_saml_url_changed',
  'workspace_google_sso_settings_changed',
  'workspace_required_sso_provider_settings_changed',
  'workspace_require_two_factor_auth_disabled',
  'workspace_ip_allowlist_disabled',
  'workspace_ip_allowlist_api_traffic_disabled',
  'workspace_allowed_ip_range_added',
  'workspace_allowed_ip_range_changed',
  'workspace_ip_allowlist_member_type_changed',
  'workspace_associated_email_domain_added',
  'workspace_trusted_domains_setting_changed',
  'workspace_view_links_enabled',
  'workspace_logged_out_view_authentication_required_disabled',
  'workspace_form_link_authentication_required_disabled',
  'workspace_form_is_embeddable_forms_enabled',
  'workspace_mobile_app_biometric_authentication_required_disabled',
  'workspace_mobile_app_screen_capture_enabled',
  'workspace_mobile_app_copy_paste_enabled',
  'workspace_mobile_app_attachments_sharing_enabled',
  'workspace_personal_access_token_enabled',
  'workspace_app_admin_approval_setting_changed',
  'workspace_guest_pat_usage_setting_changed',
  'workspace_guest_app_usage_setting_changed',
  'workspace_security_contact_email_changed',
  'workspace_app_recipient_emails_changed',
] as string[];

/** Known to make the workspace safer. What does not say, or says something unknown, may be anything. */
function isHardening(event: AuditLogEvent): boolean {
  const type = field(event, 'event_type');
  const now = field(event, 'details', 'new_value');
  if (SESSIONS.some((each) => each === type)) {
    return !isDurationExtended(field(event, 'details', 'old_value'), now);
  }
  if (TOKEN_SETTINGS.has(type)) {
    return !isLoosened(type, field(event, 'details', 'old_value'), now);
  }
  const safe = SAFE.get(type);
  return safe !== undefined && asText(now)?.trim().toLowerCase() === safe;
}

type Part = Readonly<Record<string, unknown>>;
/** As many changes as types, a few minutes apart. */
const changes = (types: readonly string[], apart = 5, actor: Part | null = ALICE) =>
  timeline(...types.map((type, index) => [index * apart, example({ type, actor })] as const));
const inTurn = (one: Part | null, two: Part | null) =>
  timeline(
    ...[ONE, TWO, THREE].map(
      (type, index) => [index, example({ type, actor: index % 2 ? one : two })] as const,
    ),
  );
const threes = Array.from({ length: Math.ceil(WEAKENING.length / 3) }, (_, index) =>
  WEAKENING.slice(Math.min(3 * index, WEAKENING.length - 3)).slice(0, 3),
);
const [ONE, TWO, THREE] = WEAKENING.slice(-3) as [string, string, string];

export const changeBurst = defineDetection({
  kind: 'threshold',
  id: 'asana.policy.change-burst',
  version: 3,
  title: 'Several security settings changed by one person in a short time',
  severity: 'high',
  attack: ['T1685', 'T1556'],
  attackV18: ['T1562.001', 'T1556'],
  // Rather than every admin setting, those that open the workspace or move its locks; and of settings that go both ways not
  // the safe way. So a new admin who tightens everything on the first day, the usual false alarm, is silent.
  pattern: { 'detail-type': WEAKENING },
  when: (event) => !isHardening(event),
  groupBy: BY_ACTOR,
  distinct: { by: ['event_type'], missing: 'skip' },
  atLeast: 3,
  within: '30m',
  summary: (event, { count }) =>
    `${actorWords(event)} changed at least three different security settings of ${resourceWords(event)} within half an hour (${count} changes), the latest ${shownText(asText(field(event, 'event_type'))?.replaceAll('_', ' ') ?? '', 100) || 'unnamed'}.`,
  triage: [
    'Ask the person in actor, by phone or in person, whether they made these changes and under which ticket. Do it within 15 minutes.',
    'If nobody vouches for it: deactivate the account in actor in the admin console, then set every details.old_value again, sign-in policy first.',
    'Each of the changes has an alert of its own where it weakens something: work through them in the order of created_at.',
    HOW_ACTOR_CAME_IN,
    'Read all events of the workspace since the first change: sign-ins without single sign-on, guests, apps, exports.',
  ],
  falsePositives:
    'A planned change of policy, or a move to another identity provider. Both have a ticket and a window that is known beforehand.',
  references: [ASANA_EVENTS, technique('T1685'), technique('T1556')],
  examples: {
    alerts: [
      ...threes.map((types) => changes(types)),
      changes([ONE, TWO, THREE], 14.5),
      changes([ONE, TWO, THREE], 1, { actor_type: 'user', email: 'Alice@Example.com' }),
      changes([ONE, TWO, THREE], 0, ASANA_ITSELF),
      changes([ONE, TWO, THREE], 0, null),
      timeline(
        [0, change(SAML, 'required', 'Optional', { resource: EMAIL_DOMAIN })],
        [1, change('workspace_password_requirements_changed', 'strong', ['SIMPLE'])],
        [2, change(SESSIONS[0] ?? '', '14 days', 'never', { resource: null })],
      ),
    ],
    silent: [
      changes([ONE, TWO]),
      changes([ONE, TWO, ONE, TWO]),
      changes([ONE, TWO, THREE], 15),
      inTurn(ALICE, { actor_type: 'user', email: 'c@example.com' }),
      inTurn(...GID_ONLY),
      inTurn(
        { actor_type: 'user', email: 'c@example.com' },
        { actor_type: 'user', email: 'd@x.io' },
      ),
      inTurn(ASANA_ITSELF, null),
      timeline(
        [0, change(SAML, 'optional', 'REQUIRED')],
        [1, change('workspace_password_requirements_changed', 'simple', 'Strong')],
        [2, change(GUESTS, 'anyone', 'admins_only')],
        [3, change('workspace_require_app_approvals_of_type_changed', 'off', 'all_apps')],
        ...SESSIONS.map((type, index) => [4 + index, change(type, 'never', '14 days')] as const),
      ),
      timeline(
        [0, change('workspace_guest_app_usage_setting_changed', 'enabled', 'disabled')],
        [1, change('workspace_guest_pat_usage_setting_changed', 'enabled', 'Disabled')],
        [2, change('workspace_app_admin_approval_setting_changed', 'approved', 'blocked')],
      ),
      changes([
        'workspace_require_two_factor_auth_enabled',
        'workspace_announcement_created',
        'workspace_export_started',
        'workspace_view_links_disabled',
      ]),
    ],
  },
});

/** What switches a protection off, and what switches it on again. */
const PAIRS: ReadonlyArray<readonly [setting: string, off: string, on: string]> = [
  [
    'second factor required',
    'workspace_require_two_factor_auth_disabled',
    'workspace_require_two_factor_auth_enabled',
  ],
  ['IP allowlist', 'workspace_ip_allowlist_disabled', 'workspace_ip_allowlist_enabled'],
  [
    'IP allowlist for the API',
    'workspace_ip_allowlist_api_traffic_disabled',
    'workspace_ip_allowlist_api_traffic_enabled',
  ],
  ['no view links', 'workspace_view_links_enabled', 'workspace_view_links_disabled'],
  [
    'personal access tokens forbidden',
    'workspace_personal_access_token_enabled',
    'workspace_personal_access_token_disabled',
  ],
];
const SETTINGS: ReadonlyMap<string, string> = new Map([
  ...PAIRS.flatMap(
    ([setting, off, on]): Array<[string, string]> => [
      [off, setting],
      [on, setting],
    ],
  ),
  [SAML, 'SAML required'],
  [GUESTS, 'guest invitations restricted'],
]);
const is = (value: string) => [{ 'equals-ignore-case': value }];
const isNot = (value: string) => [{ 'anything-but': { 'equals-ignore-case': [value] } }];
const [MFA] = PAIRS as [(typeof PAIRS)[number]];
const mfaOff = example({ type: MFA[1] });
const mfaOn = example({ type: MFA[2] });

export const offThenOn = defineDetection({
  kind: 'sequence',
  id: 'asana.policy.off-then-on',
  version: 1,
  title: 'Protection switched off and back on',
  severity: 'medium',
  attack: ['T1685'],
  attackV18: ['T1562.001'],
  // By the setting and whoever switched it, rather than by the setting alone: another admin who switches it on again is the
  // repair that the first alert asks for; the same person is somebody who covers tracks, or who erred.
  groupBy: {
    type: 'setting',
    by: ['event_type'],
    as: (type) => SETTINGS.get(type),
    missing: 'skip',
    and: [
      { by: ['actor.gid', 'actor.email', 'actor.actor_type'], missing: 'own-group' },
      // SAML is set for each email domain.
      { by: ['resource.gid'], missing: 'own-group' },
    ],
  },
  within: '4h',
  steps: [
    {
      name: 'off',
      pattern: { 'detail-type': PAIRS.map(([, off]) => off) },
      or: [
        {
          pattern: {
            'detail-type': [SAML],
            detail: { data: { details: { new_value: isNot('required') } } },
          },
        },
        {
          pattern: {
            'detail-type': [GUESTS],
            detail: { data: { details: { new_value: is('anyone') } } },
          },
        },
      ],
    },
    {
      name: 'on',
      pattern: { 'detail-type': PAIRS.map(([, , on]) => on) },
      or: [
        {
          pattern: {
            'detail-type': [SAML],
            detail: { data: { details: { new_value: is('required') } } },
          },
        },
        {
          pattern: {
            'detail-type': [GUESTS],
            detail: { data: { details: { new_value: isNot('anyone') } } },
          },
        },
      ],
    },
  ],
  summary: (event) =>
    `${actorWords(event)} switched a protection of ${resourceWords(event)} off and on again within four hours: ${SETTINGS.get(asText(field(event, 'event_type')) ?? '') ?? 'an unknown one'}.`,
  triage: [
    'Read everything that happened between the two events of the alert, within 1 hour: sign-ins without the protection, tokens and apps authorized, guests, exports.',
    'Ask the person in actor, outside Asana, why it was off. A mistake is put right within minutes, and is admitted.',
    'Where something came in meanwhile: revoke the tokens, apps and sessions made between the two events.',
    HOW_ACTOR_CAME_IN,
  ],
  falsePositives:
    'A mistake that was corrected, or an integration that was set up in the gap. Whoever else switches the protection on again does not count.',
  references: [ASANA_EVENTS, technique('T1685')],
  examples: {
    alerts: [
      ...PAIRS.map(([, off, on]) =>
        timeline([0, example({ type: off })], [30, example({ type: on })]),
      ),
      timeline([0, mfaOff], [239, mfaOn]),
      timeline(
        [0, change(SAML, 'required', null, { resource: EMAIL_DOMAIN })],
        [5, change(SAML, null, 'REQUIRED', { resource: EMAIL_DOMAIN })],
      ),
      timeline(
        [0, change(GUESTS, 'admins_only', 'Anyone', { resource: null })],
        [5, change(GUESTS, null, ['admins_only'], { resource: null })],
      ),
      timeline(
        [0, example({ type: MFA[1], actor: ASANA_ITSELF })],
        [5, example({ type: MFA[2], actor: ASANA_ITSELF })],
      ),
      timeline(
        [0, example({ type: MFA[1], actor: null })],
        [5, example({ type: MFA[2], actor: null })],
      ),
    ],
    silent: [
      timeline([0, mfaOn], [30, mfaOff]),
      timeline([0, mfaOff], [240, mfaOn]),
      timeline([0, mfaOff], [30, { ...mfaOn, actor: { ...ALICE, gid: '1201000000000009' } }]),
      timeline(
        [0, example({ type: MFA[1], actor: { actor_type: 'user', email: 'c@example.com' } })],
        [1, example({ type: MFA[2], actor: { actor_type: 'user', email: 'd@example.com' } })],
      ),
      timeline(
        [0, example({ type: MFA[1], actor: ASANA_ITSELF })],
        [1, example({ type: MFA[2], actor: null })],
      ),
      timeline([0, mfaOff], [30, example({ type: 'workspace_ip_allowlist_enabled' })]),
      timeline([0, mfaOff], [30, change(SAML, 'optional', 'required')]),
      timeline(
        [0, change(SAML, 'required', 'optional', { resource: EMAIL_DOMAIN })],
        [5, change(SAML, 'optional', 'required')],
      ),
      timeline(
        [0, change(SAML, 'optional', 'required')],
        [5, change(SAML, 'required', 'required')],
      ),
      timeline([0, change(SAML, 'required', 'optional')], [5, change(SAML, 'optional', 'off')]),
      timeline([0, change(GUESTS, 'anyone', 'admins_only')], [5, change(GUESTS, 'x', 'members')]),
      timeline(
        [0, change(GUESTS, 'admins_only', 'anyone')],
        [5, change(GUESTS, 'anyone', 'ANYONE')],
      ),
      timeline([0, example({ type: SAML })], [5, change(SAML, null, 'required')]),
      timeline(
        [0, change(GUESTS, 'admins_only', 'anyone')],
        [5, example({ type: GUESTS, details: { old_value: 'anyone' } })],
      ),
      timeline([0, mfaOff], [5, example({ type: 'workspace_mobile_app_copy_paste_disabled' })]),
      timeline([0, example({ type: MFA[1], resource: null })]),
      timeline([0, example({ type: MFA[2], details: { new_value: 'anyone' } })], [5, mfaOn]),
      timeline([0, mfaOff], [5, example({ type: MFA[1], details: { new_value: 'required' } })]),
    ],
  },
});
