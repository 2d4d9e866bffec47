// Detections on an account that changes hands: let in by the back door, then made use of.
import { defineDetection } from '../define.ts';
import { actorWords, asText, field, valueWords } from '../reading/fields.ts';
import { BY_PERSON_ACTING, BY_PERSON_CONCERNED } from '../reading/groups.ts';
import { BOB, example, numbered, timeline } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const OPENED = [
  'user_forgot_password_started',
  'user_password_reset',
  'user_two_factor_auth_disabled',
];
const SIGNED_IN = 'user_login_succeeded';
const APP = 'user_app_authorized';
const WHOLE_EXPORTS = [
  'workspace_export_started',
  'object_export_started',
  'workspace_attachment_export_started',
];
const TAKEN_WORDS: ReadonlyMap<unknown, string> = new Map([
  ['user_personal_access_token_authorized', 'made a personal access token'],
  [APP, 'let an app in'],
  ...WHOLE_EXPORTS.map((type): [string, string] => [type, 'began a large export']),
  ['workspace_members_export_started', 'exported the list of all members'],
  ['project_csv_export_started', 'exported a project'],
]);

const BOB_ACTING = { ...BOB, actor_type: 'user' };
const opened = (type = 'user_password_reset', resource: object = BOB) =>
  example({ type, actor: { actor_type: 'anonymous' }, resource: { ...resource } });
const signedIn = example({ type: SIGNED_IN, actor: BOB_ACTING, resource: BOB });
const took = (type: string, details = {}) =>
  example({ type, actor: BOB_ACTING, resource: numbered('project', 1), details });
const [TOKEN] = TAKEN_WORDS.keys() as unknown as [string];

export const takeoverChain = defineDetection({
  kind: 'sequence',
  id: 'asana.user.takeover-chain',
  version: 1,
  title: 'Password reset or second factor off, then a login, then a sensitive action',
  severity: 'critical',
  // Nothing here knows networks, which would tell a thief from somebody with a new phone. So what is done with the account
  // decides: an app is what people connect on a new phone, a whole export is not.
  severityOf: (event) => {
    const type = field(event, 'event_type');
    if (type === APP) return 'low';
    return WHOLE_EXPORTS.some((each) => each === type) ? 'critical' : 'high';
  },
  lists: { allowedApps: [] },
  attack: ['T1556.006', 'T1098.001', 'T1213'],
  attackV18: ['T1556.006', 'T1098.001', 'T1213'],
  groupBy: BY_PERSON_CONCERNED,
  within: '2h',
  steps: [
    { name: 'opened', pattern: { 'detail-type': OPENED } },
    { name: 'signed in', pattern: { 'detail-type': [SIGNED_IN] } },
    {
      name: 'made use of',
      pattern: { 'detail-type': [...TAKEN_WORDS.keys()] },
      when: (event, { allowedApps = [] }) =>
        !allowedApps.includes(asText(field(event, 'details', 'app_gid')) ?? ''),
      groupBy: BY_PERSON_ACTING,
    },
  ],
  summary: (event) => {
    const app = asText(field(event, 'details', 'app_name'));
    return `Within two hours of a password reset or a second factor switched off, ${actorWords(event)} signed in and ${TAKEN_WORDS.get(field(event, 'event_type')) ?? 'did something sensitive'}${app === undefined ? '' : `, ${valueWords(app)}`}.`;
  },
  triage: [
    'Ask the person in actor, by phone or in person, whether they did all of it. Do it within 15 minutes.',
    'If they did not: deactivate the account in the admin console, revoke its apps and personal access tokens, and ask Asana support to cancel an export that runs.',
    'Read the first event of the alert: who reset the password or switched the second factor off (actor.gid), and from which context.client_ip_address.',
    'Compare context.client_ip_address and context.user_agent of the sign-in with those of actor.gid in the 30 days before.',
    'Read all events of actor.gid in the 24 hours since.',
  ],
  falsePositives:
    'A new phone or a forgotten password, followed by ordinary work: an app alone is low. Put the gids of apps you know on the list allowedApps, and they do not count.',
  references: [ASANA_EVENTS, technique('T1556.006'), technique('T1098.001'), technique('T1213')],
  examples: {
    alerts: [
      ...OPENED.map((type) => timeline([0, opened(type)], [1, signedIn], [2, took(TOKEN)])),
      ...[...TAKEN_WORDS.keys()].map((type) =>
        timeline([0, opened()], [60, signedIn], [119, took(String(type))]),
      ),
      timeline(
        [0, opened('user_password_reset', { email: 'Bob@Example.com' })],
        [
          1,
          example({
            type: SIGNED_IN,
            actor: null,
            resource: { resource_type: 'user', email: 'bob@example.com' },
          }),
        ],
        [
          2,
          example({
            type: TOKEN,
            actor: { actor_type: 'user', gid: null, email: 'BOB@example.com' },
            details: { app_gid: null },
          }),
        ],
      ),
    ],
    silent: [
      timeline([0, opened()], [1, took(TOKEN)]),
      timeline([0, signedIn], [1, took(TOKEN)]),
      timeline([0, opened()], [1, signedIn]),
      timeline([0, signedIn], [1, opened()], [2, took(TOKEN)]),
      timeline([0, opened()], [1, signedIn], [120, took(TOKEN)]),
      timeline([0, opened('user_password_changed')], [1, signedIn], [2, took(TOKEN)]),
      timeline([0, opened()], [1, signedIn], [2, took('task_deleted')]),
      timeline(
        [0, opened('user_password_reset', numbered('user', 3))],
        [1, signedIn],
        [2, took(TOKEN)],
      ),
      timeline(
        [0, example({ type: 'user_password_reset', resource: null })],
        [1, example({ type: SIGNED_IN, resource: null })],
        [2, example({ type: TOKEN, actor: null })],
      ),
      timeline(
        [0, opened()],
        [1, { ...signedIn, event_type: 'user_login_failed' }],
        [2, took(TOKEN)],
      ),
    ],
  },
});
