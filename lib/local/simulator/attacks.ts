// Twelve scripted attacks on the generated workspace. Each is told by its gids (prefix 701 to 712) and raises what it says.
// The first ten raise the twelve detections of the first catalogue together. docs/simulator.md tells their stories.
import {
  ADMINS,
  APPS,
  COLLEAGUE_ON_LEAVE,
  COMPANY_DOMAIN,
  CURL,
  PEOPLE,
  type Person,
  PROJECTS,
  PYTHON,
  TEAMS,
} from './cast.ts';
import {
  actorOf,
  compose,
  eventGid,
  type Happening,
  resourceOf,
  type TimedEvent,
  userResource,
  WORKSPACE,
  web,
} from './compose.ts';

export interface Attack {
  readonly name: string;
  /** The first three digits of the gids of its events. */
  readonly gidPrefix: string;
  readonly description: string;
  /** Ids of the detections it raises, no more and no fewer. */
  readonly raises: readonly string[];
  /** One run that begins at `at` (milliseconds since the epoch) and is over within `ATTACK_LASTS_MS`. */
  events(at: number): TimedEvent[];
}

export const ATTACK_LASTS_MS = 90_000;

type Step = readonly [secondsAfterStart: number, happening: Happening];

/** A computer that nobody of the company has. */
const STRANGE = { ipAddress: '203.0.113.66', userAgent: CURL };
const STRANGE_BROWSER = {
  ipAddress: '203.0.113.67',
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
};
const [HIJACKED, OTHER_ADMIN] = ADMINS;
const [INSIDER, ACCOMPLICE] = PEOPLE.slice(12) as [Person, Person];

const byHijacker = (happening: Omit<Happening, 'actor' | 'context'>): Happening => ({
  ...happening,
  actor: actorOf(HIJACKED),
  context: web(STRANGE_BROWSER),
});
const hijack: Step = [
  0,
  byHijacker({
    type: 'user_login_succeeded',
    resource: userResource(HIJACKED),
    details: { method: ['SAML'] },
  }),
];
const change = (
  type: Happening['type'],
  old_value: string | null,
  new_value: string,
  resource: Happening['resource'] = WORKSPACE,
): Happening => byHijacker({ type, resource, details: { old_value, new_value } });
const outsider = (number: number, domain: string) => ({
  resource_type: 'user',
  gid: `12990000000000${String(number).padStart(2, '0')}`,
  name: null,
  email: `contractor${number}@${domain}`,
});

function attack(
  number: number,
  name: string,
  raises: readonly string[],
  description: string,
  steps: readonly Step[],
): Attack {
  const gidPrefix = String(700 + number);
  return {
    name,
    gidPrefix,
    description,
    raises,
    events: (at) =>
      steps.map(([seconds, happening], position) =>
        compose(eventGid(gidPrefix, at, position), at + seconds * 1000, happening),
      ),
  };
}

export const ATTACKS: readonly Attack[] = [
  attack(
    1,
    'back-door-beside-sso',
    ['asana.policy.saml-weakened'],
    'A hijacked admin makes SAML optional, then comes back with a password.',
    [
      hijack,
      [
        20,
        change('workspace_saml_settings_changed', 'required', 'optional', {
          resource_type: 'email_domain',
          gid: '1200000000000009',
          name: COMPANY_DOMAIN,
        }),
      ],
      [
        75,
        byHijacker({
          type: 'user_login_succeeded',
          resource: userResource(HIJACKED),
          details: { method: ['password'] },
        }),
      ],
    ],
  ),
  attack(
    2,
    'guessable-passwords',
    ['asana.policy.password-weakened'],
    'A hijacked admin allows simple passwords and has the account of a colleague on leave choose a new one.',
    [
      hijack,
      [15, change('workspace_password_requirements_changed', 'strong', 'simple')],
      [40, byHijacker({ type: 'user_password_reset', resource: userResource(COLLEAGUE_ON_LEAVE) })],
    ],
  ),
  attack(
    3,
    'session-for-ever',
    ['asana.policy.session-extended'],
    'A hijacked admin makes sessions last for ever, so that the stolen one does.',
    [hijack, [10, change('workspace_default_session_duration_changed', '14 days', 'never')]],
  ),
  attack(
    4,
    'friend-in-the-admin-console',
    ['asana.role.admin-granted'],
    'A hijacked admin makes an accomplice an admin.',
    [
      hijack,
      [
        30,
        change(
          'user_workspace_admin_role_changed',
          'member',
          'domain_admin',
          userResource(ACCOMPLICE),
        ),
      ],
    ],
  ),
  attack(
    5,
    'keys-to-the-kingdom',
    ['asana.role.super-admin-granted'],
    'An admin is made super admin from a computer nobody knows.',
    [
      hijack,
      [
        25,
        change(
          'user_workspace_admin_role_changed',
          'domain_admin',
          'super_admin',
          userResource(OTHER_ADMIN),
        ),
      ],
    ],
  ),
  attack(
    6,
    'robot-that-takes-everything',
    ['asana.app.service-account-created', 'asana.export.organization'],
    'A new service account, past SSO and second factor, starts an export of the whole organisation.',
    [
      hijack,
      [
        20,
        byHijacker({
          type: 'service_account_created',
          resource: { resource_type: 'user', gid: '1299000000000090', name: 'Backup sync' },
        }),
      ],
      [
        70,
        {
          type: 'workspace_export_started',
          actor: { actor_type: 'user', gid: '1299000000000090', name: 'Backup sync' },
          resource: WORKSPACE,
          context: {
            context_type: 'api',
            api_authentication_method: 'service_account',
            client_ip_address: STRANGE.ipAddress,
            user_agent: PYTHON,
          },
        },
      ],
    ],
  ),
  attack(
    7,
    'look-alike-domain',
    ['asana.policy.email-domain-added'],
    'A domain that looks like the company’s is attached, and a stranger joins by it.',
    [
      hijack,
      [
        30,
        byHijacker({
          type: 'workspace_associated_email_domain_added',
          resource: WORKSPACE,
          details: { new_value: 'examp1e.example' },
        }),
      ],
      [
        80,
        {
          type: 'user_invited',
          actor: { actor_type: 'asana' },
          resource: outsider(1, 'examp1e.example'),
          context: { context_type: 'asana' },
        },
      ],
    ],
  ),
  attack(
    8,
    'open-house',
    ['asana.policy.public-access-opened', 'asana.data.team-made-public'],
    'An insider opens the Finance team to the company, an admin’s session opens links to the world.',
    [
      [
        0,
        {
          type: 'team_privacy_settings_changed',
          actor: actorOf(INSIDER),
          resource: resourceOf('team', TEAMS[2] ?? { gid: '', name: '' }),
          details: { old_value: 'members_only', new_value: 'public' },
          context: web(INSIDER),
        },
      ],
      [35, byHijacker({ type: 'workspace_view_links_enabled', resource: WORKSPACE })],
      [
        50,
        byHijacker({
          type: 'workspace_form_link_authentication_required_disabled',
          resource: WORKSPACE,
        }),
      ],
    ],
  ),
  attack(
    9,
    'guests-bring-guests',
    ['asana.policy.guest-invites-opened', 'asana.user.external-invited'],
    'Anyone may invite guests, and four strangers are invited at once.',
    [
      hijack,
      [10, change('workspace_guest_invite_permissions_changed', 'admins_only', 'anyone')],
      ...[1, 2, 3, 4].map(
        (number): Step => [
          20 + number * 5,
          {
            type: 'user_invited',
            actor: actorOf(INSIDER),
            resource: outsider(10 + number, 'example.net'),
            context: web(INSIDER),
          },
        ],
      ),
    ],
  ),
  attack(
    10,
    'app-without-approval',
    ['asana.policy.app-approval-weakened'],
    'App approvals are switched off and an app that reads everything is let in.',
    [
      hijack,
      [15, change('workspace_require_app_approvals_of_type_changed', 'all_apps', 'off')],
      [
        45,
        byHijacker({
          type: 'user_app_authorized',
          resource: userResource(HIJACKED),
          details: {
            app_type: 'oauth',
            app_gid: '1299000000000095',
            app_name: `${APPS[0]?.name} Connector Pro`,
            app_url: 'https://connector.example.net/',
          },
        }),
      ],
    ],
  ),
  attack(
    11,
    'one-password-for-all',
    ['asana.login.password-spray'],
    'One address tries the same password on nine accounts, and none of them has it.',
    PEOPLE.slice(14, 23).map(
      (person, position): Step => [
        position * 8,
        {
          type: 'user_login_failed',
          actor: { actor_type: 'anonymous' },
          resource: userResource(person),
          details: { method: ['PASSWORD'] },
          context: web(STRANGE),
        },
      ],
    ),
  ),
  attack(
    12,
    'copy-and-burn',
    [
      'asana.export.organization',
      'asana.impact.container-delete',
      'asana.impact.export-then-delete',
    ],
    'A hijacked admin starts an export of the whole organisation, then deletes projects one by one.',
    [
      hijack,
      [10, byHijacker({ type: 'workspace_export_started', resource: WORKSPACE })],
      ...PROJECTS.slice(0, 4).map(
        (project, position): Step => [
          40 + position * 12,
          byHijacker({ type: 'project_deleted', resource: resourceOf('project', project) }),
        ],
      ),
    ],
  ),
];
