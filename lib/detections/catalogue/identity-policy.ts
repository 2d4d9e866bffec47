// Detections on settings that decide who vouches for a sign-in: identity providers and the second factor.
import { defineDetection } from '../define.ts';
import { firstOf, resource, workspace } from '../reading/entity.ts';
import { actorWords, changeWords, field, resourceWords } from '../reading/fields.ts';
import { change, EMAIL_DOMAIN, example, SERVICE_ACCOUNT_API } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';
import { HOW_ACTOR_CAME_IN, OTHER_SETTINGS } from './triage.ts';

const MFA_NOT_REQUIRED = 'workspace_require_two_factor_auth_disabled';
const REPOINTED_WORDS: ReadonlyMap<unknown, string> = new Map([
  ['workspace_saml_url_changed', 'the address of the SAML identity provider'],
  ['workspace_google_sso_settings_changed', 'sign-in with Google'],
  ['workspace_required_sso_provider_settings_changed', 'which identity provider is mandatory'],
]);

export const ssoRepointed = defineDetection({
  kind: 'match',
  id: 'asana.policy.sso-repointed',
  version: 1,
  title: 'SAML address or SSO provider changed',
  severity: 'high',
  attack: ['T1556', 'T1484.002'],
  attackV18: ['T1556', 'T1484.002'],
  pattern: { 'detail-type': [...REPOINTED_WORDS.keys()] },
  // By workspace or email domain rather than by person: two admins who take turns at one provider are one matter.
  entity: firstOf(workspace, resource),
  summary: (event) =>
    `${actorWords(event)} changed ${REPOINTED_WORDS.get(field(event, 'event_type')) ?? 'single sign-on'} for ${resourceWords(event)} ${changeWords(event)}: whoever runs the new one can sign in as anybody.`,
  triage: [
    'Compare details.new_value with the address of your own identity provider, letter by letter. Do it within 15 minutes.',
    'Ask the person in actor, outside Asana, whether this is a planned move of the identity provider.',
    'If it is not: set details.old_value again in the admin console, sign everyone out, and reset the password of actor.',
    'Read all user_login_succeeded events since created_at: each was vouched for by the new provider. Reset those accounts and revoke the tokens they made.',
    HOW_ACTOR_CAME_IN,
  ],
  falsePositives:
    'A planned move of the identity provider, or the rotation of its certificate. Both have a window that is known beforehand.',
  references: [ASANA_EVENTS, technique('T1556'), technique('T1484.002')],
  examples: {
    alerts: [
      change('workspace_saml_url_changed', 'https://idp.example.com/', 'https://idp.examp1e.com/', {
        resource: EMAIL_DOMAIN,
      }),
      change('workspace_google_sso_settings_changed', null, 'OPTIONAL', { resource: null }),
      example({
        type: 'workspace_required_sso_provider_settings_changed',
        details: { new_value: ['google', 'saml'] },
        actor: { actor_type: 'asana_support' },
      }),
    ],
    silent: [
      change('workspace_saml_settings_changed', 'optional', 'required', { resource: EMAIL_DOMAIN }),
      example({ type: 'workspace_require_two_factor_auth_enabled' }),
      example({ type: 'user_password_changed' }),
    ],
  },
});

export const mfaRequirementDisabled = defineDetection({
  kind: 'match',
  id: 'asana.policy.mfa-requirement-disabled',
  version: 1,
  title: 'Two-factor sign-in no longer required',
  severity: 'high',
  attack: ['T1556.006'],
  attackV18: ['T1556.006'],
  pattern: { 'detail-type': [MFA_NOT_REQUIRED] },
  entity: firstOf(workspace, resource),
  summary: (event) =>
    `${actorWords(event)} stopped requiring two-factor sign-in for ${resourceWords(event)}, so a password alone is enough.`,
  triage: [
    'Ask the person in actor, outside Asana, whether this was agreed. Do it within 15 minutes.',
    'If nobody vouches for it: require two-factor sign-in again in the admin console, sign actor out of all sessions and reset that password.',
    'Read user_two_factor_auth_disabled and user_login_succeeded events since created_at: accounts that gave the second factor up meanwhile, and who signed in without it.',
    OTHER_SETTINGS,
    HOW_ACTOR_CAME_IN,
  ],
  falsePositives:
    'A move to single sign-on alone, where the identity provider asks for the factor.',
  references: [ASANA_EVENTS, technique('T1556.006')],
  examples: {
    alerts: [
      example({ type: MFA_NOT_REQUIRED }),
      example({
        type: MFA_NOT_REQUIRED,
        details: { old_value: null, new_value: null },
        resource: null,
        actor: { actor_type: 'anonymous' },
        context: SERVICE_ACCOUNT_API,
      }),
    ],
    silent: [
      example({ type: 'workspace_require_two_factor_auth_enabled' }),
      example({ type: 'user_two_factor_auth_disabled' }),
      change('workspace_mobile_app_biometric_authentication_required_disabled', true, false),
    ],
  },
});
