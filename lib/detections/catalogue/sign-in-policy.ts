// Detections on the organization's sign-in policy: SAML, passwords, how long sessions live.
import { defineDetection } from '../define.ts';
import { isDurationExtended } from '../reading/durations.ts';
import { firstOf, resource, workspace } from '../reading/entity.ts';
import { actorWords, changeWords, field, resourceWords } from '../reading/fields.ts';
import { change, EMAIL_DOMAIN, example, SERVICE_ACCOUNT_API } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const SAML_CHANGED = 'workspace_saml_settings_changed';
const PASSWORD_CHANGED = 'workspace_password_requirements_changed';
const SESSION_CHANGED = 'workspace_default_session_duration_changed';
const IDLE_SESSION_CHANGED = 'workspace_idle_session_duration_changed';

const ASK_ACTOR =
  'Ask the person in actor, outside Asana, whether they made this change and under which ticket. Do it within 30 minutes.';

export const samlWeakened = defineDetection({
  kind: 'match',
  id: 'asana.policy.saml-weakened',
  version: 3,
  title: 'SAML no longer required',
  severity: 'high',
  attack: ['T1556', 'T1685'],
  attackV18: ['T1556', 'T1562.001'],
  pattern: {
    'detail-type': [SAML_CHANGED],
    detail: {
      data: {
        details: {
          $or: [
            // Takes null too, and every other value that is not this text.
            { new_value: [{ 'anything-but': { 'equals-ignore-case': ['required'] } }] },
            // An object, an empty list or nothing at all, in the place of what was required.
            {
              old_value: [{ 'equals-ignore-case': 'required' }],
              new_value: [{ exists: false }],
            },
          ],
        },
      },
    },
  },
  entity: firstOf(workspace, resource),
  summary: (event) =>
    `${actorWords(event)} changed SAML sign-in for ${resourceWords(event)} ${changeWords(event)}, so people can sign in without the identity provider.`,
  triage: [
    'Ask the person in actor, outside Asana, whether this is a planned change of identity provider. Do it within 15 minutes.',
    'If nobody vouches for it: set SAML back to required in the admin console, then sign out the sessions of actor and reset that password.',
    'Read all user_login_succeeded events since created_at whose details.method is not SAML: each is a sign-in that the identity provider did not see.',
    'Read the events of actor.gid in the 24 hours before: how that account signed in, from which context.client_ip_address, and what else it changed.',
  ],
  falsePositives:
    'A migration between identity providers, in its agreed window. Turning SAML on as optional before requiring it looks the same and is short.',
  references: [ASANA_EVENTS, technique('T1556'), technique('T1685')],
  examples: {
    alerts: [
      change(SAML_CHANGED, 'required', 'optional', { resource: EMAIL_DOMAIN }),
      change(SAML_CHANGED, 'required', null, { resource: EMAIL_DOMAIN }),
      change(SAML_CHANGED, null, 'Off'),
      change(SAML_CHANGED, true, false),
      change(SAML_CHANGED, 'Required', { mode: 'optional' }),
      example({ type: SAML_CHANGED, details: { old_value: 'required' } }),
      change(SAML_CHANGED, 'required', 'optional', {
        resource: null,
        actor: { actor_type: 'asana_support' },
      }),
    ],
    silent: [
      change(SAML_CHANGED, 'optional', 'required', { resource: EMAIL_DOMAIN }),
      change(SAML_CHANGED, null, 'Required'),
      change(SAML_CHANGED, 'required', ['REQUIRED']),
      example({ type: SAML_CHANGED, details: { old_value: 'optional' } }),
      example({ type: SAML_CHANGED }),
      change('workspace_saml_url_changed', 'required', 'optional'),
    ],
  },
});

export const passwordWeakened = defineDetection({
  kind: 'match',
  id: 'asana.policy.password-weakened',
  version: 2,
  title: 'Password strength requirement lowered',
  severity: 'medium',
  attack: ['T1556'],
  attackV18: ['T1556'],
  pattern: {
    'detail-type': [PASSWORD_CHANGED],
    detail: {
      data: {
        details: {
          $or: [
            { new_value: [{ 'equals-ignore-case': 'simple' }] },
            // Strong is the most there is, so whatever takes its place is less, `simple` or not.
            {
              old_value: [{ 'equals-ignore-case': 'strong' }],
              new_value: [
                { exists: false },
                { 'anything-but': { 'equals-ignore-case': ['strong'] } },
              ],
            },
          ],
        },
      },
    },
  },
  entity: firstOf(workspace, resource),
  summary: (event) =>
    `${actorWords(event)} changed the password requirement of ${resourceWords(event)} ${changeWords(event)}.`,
  triage: [
    ASK_ACTOR,
    'If nobody vouches for it: set the requirement back to strong in the admin console.',
    'Read the password changes since created_at: the weak passwords set in between stay until they are changed, so force a reset for those accounts.',
    'Read the other admin_settings events of actor.gid within an hour either side: weakening several policies in a row is how a takeover is prepared.',
  ],
  falsePositives:
    'Organizations where everyone signs in through SAML sometimes relax this. Nothing else should need it.',
  references: [ASANA_EVENTS, technique('T1556')],
  examples: {
    alerts: [
      change(PASSWORD_CHANGED, 'strong', 'simple'),
      change(PASSWORD_CHANGED, null, 'Simple', { resource: null }),
      change(PASSWORD_CHANGED, 'STRONG', 'medium'),
      change(PASSWORD_CHANGED, 'strong', null),
      example({ type: PASSWORD_CHANGED, details: { old_value: ['Strong'] } }),
    ],
    silent: [
      change(PASSWORD_CHANGED, 'simple', 'strong'),
      example({ type: PASSWORD_CHANGED, details: {} }),
      change(PASSWORD_CHANGED, 'strong', 'Strong'),
      change(PASSWORD_CHANGED, null, 'medium'),
      example({ type: PASSWORD_CHANGED, details: { old_value: 'simple' } }),
      change('workspace_force_password_reset', 'strong', 'simple'),
    ],
  },
});

export const sessionExtended = defineDetection({
  kind: 'match',
  id: 'asana.policy.session-extended',
  version: 4,
  title: 'Session lifetime lengthened or unlimited',
  severity: 'medium',
  attack: ['T1550.004'],
  attackV18: ['T1550.004'],
  pattern: { 'detail-type': [SESSION_CHANGED, IDLE_SESSION_CHANGED] },
  when: (event) =>
    isDurationExtended(field(event, 'details', 'old_value'), field(event, 'details', 'new_value')),
  entity: firstOf(workspace, resource),
  summary: (event) => {
    const isIdle = field(event, 'event_type') === IDLE_SESSION_CHANGED;
    const how = isIdle ? 'how long people may be idle in' : 'how long people stay signed in to';
    return `${actorWords(event)} changed ${how} ${resourceWords(event)} ${changeWords(event)}.`;
  },
  triage: [
    ASK_ACTOR,
    'If nobody vouches for it: set the duration back to details.old_value in the admin console and sign everyone out.',
    'A stolen session cookie now lives for details.new_value: look in the 24 hours before and after for one actor.gid used from several context.client_ip_address.',
    'Read the other admin_settings events of actor.gid within an hour either side of created_at.',
  ],
  falsePositives:
    'Complaints about frequent sign-ins are the usual reason. Shortening is never a finding; values that cannot be compared alert, so that a new wording does not go unseen.',
  references: [ASANA_EVENTS, technique('T1550.004')],
  examples: {
    alerts: [
      change(SESSION_CHANGED, '14 days', 'never'),
      change(SESSION_CHANGED, '12 hours', '1 day'),
      change(IDLE_SESSION_CHANGED, '30 minutes', '2 hours'),
      change(SESSION_CHANGED, '14 days', 'a fortnight or so', { actor: { actor_type: 'asana' } }),
      change(SESSION_CHANGED, '14 days', null),
    ],
    silent: [
      change(SESSION_CHANGED, 'never', '14 days'),
      change(SESSION_CHANGED, '2 weeks', '14 days'),
      change(SESSION_CHANGED, '2 hours', '1 hour 30 minutes'),
      change(IDLE_SESSION_CHANGED, '1 day', '12 Hours', { context: SERVICE_ACCOUNT_API }),
    ],
  },
});
