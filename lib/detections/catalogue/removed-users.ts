// Detections on people who were taken out of the workspace and act in it all the same.
import { defineDetection } from '../define.ts';
import { actorWords, field, resourceWords, valueWords } from '../reading/fields.ts';
import { BY_PERSON_ACTING, BY_PERSON_CONCERNED } from '../reading/groups.ts';
import { ALICE, ASANA_ITSELF, BOB, example, numbered, timeline } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const REMOVED = 'user_deprovisioned';
const SIGNED_IN = 'user_login_succeeded';
const DAY = 24 * 60;

/** What a removal brings with it by itself, and what shows that it works: sign-ins and recoveries that are refused. */
const NO_ACTIVITY = [
  'user_logged_out',
  'user_app_revoked',
  'user_personal_access_token_revoked',
  'team_member_removed',
  'project_member_removed',
  'portfolio_member_removed',
  'user_login_failed',
  'user_forgot_password_started',
];

const BOB_ACTING = { ...BOB, actor_type: 'user' };
const removed = (resource: Readonly<Record<string, unknown>> | null = BOB) =>
  example({ type: REMOVED, resource });
const acts = (type: string, actor: Readonly<Record<string, unknown>> | null = BOB_ACTING) =>
  example({ type, actor, resource: numbered('task', 1) });
const BY_EMAIL = { email: 'Bob@Example.com' };

export const afterDeprovision = defineDetection({
  kind: 'sequence',
  id: 'asana.login.after-deprovision',
  version: 2,
  title: 'Activity by a user already removed',
  severity: 'high',
  attack: ['T1078.004'],
  attackV18: ['T1078.004'],
  groupBy: BY_PERSON_CONCERNED,
  within: '30d',
  steps: [
    { name: 'removed', pattern: { 'detail-type': [REMOVED] } },
    {
      name: 'active',
      // Of any type, those of tomorrow too, and not only sign-ins: tokens and sessions may outlive the removal.
      pattern: { 'detail-type': [{ 'anything-but': NO_ACTIVITY }] },
      groupBy: BY_PERSON_ACTING,
      // Whoever signs in may be known by the account alone.
      or: [{ pattern: { 'detail-type': [SIGNED_IN] } }],
    },
  ],
  // An invitation lets them in again as well, and both are told by detections of their own where they matter.
  unless: { pattern: { 'detail-type': ['user_reprovisioned', 'user_invited'] } },
  summary: (event) =>
    field(event, 'event_type') === SIGNED_IN
      ? `${resourceWords(event, 'Someone unnamed')} signed in, although the account had been removed.`
      : `${actorWords(event)}, whose account had been removed, went on acting: ${valueWords(field(event, 'event_type'))}, ${resourceWords(event)}.`,
  triage: [
    'Within 15 minutes: sign the account out of all sessions in the admin console, revoke its apps and personal access tokens, and remove it again.',
    'Find out why it still worked: context.api_authentication_method says a token, context.context_type web a browser that was never signed out; look whether the identity provider still lets the person in.',
    'Read the user_deprovisioned event (the first of the alert): who removed the account, and whether it was a dismissal.',
    'Read all events of actor.gid since then: exports, downloads, deletions, members added. Tell your people and legal teams if anything was taken.',
  ],
  falsePositives:
    'Somebody added again in a way that leaves no user_reprovisioned or user_invited event. A request that was under way in the second of the removal.',
  references: [ASANA_EVENTS, technique('T1078.004')],
  examples: {
    alerts: [
      timeline([0, removed()], [60, acts('attachment_downloaded')]),
      timeline([0, removed()], [29 * DAY, acts('an_event_of_tomorrow')]),
      timeline(
        [0, removed({ resource_type: 'user', ...BY_EMAIL })],
        [1, acts('task_deleted', { actor_type: 'user', email: 'bob@example.com' })],
      ),
      timeline([0, removed()], [5, example({ type: SIGNED_IN, actor: null, resource: BOB })]),
      timeline(
        [0, removed()],
        [1, example({ type: 'user_reprovisioned', resource: numbered('user', 5) })],
        [2, acts(SIGNED_IN)],
      ),
      timeline(
        [0, example({ type: 'user_reprovisioned', resource: BOB })],
        [1, removed()],
        [2, acts('task_deleted')],
      ),
    ],
    silent: [
      timeline(
        [0, removed()],
        [1, example({ type: 'user_reprovisioned', resource: BOB })],
        [2, acts(SIGNED_IN)],
      ),
      timeline(
        [0, removed()],
        [DAY, example({ type: 'user_invited', resource: BOB })],
        [2 * DAY, acts('task_deleted')],
      ),
      ...NO_ACTIVITY.map((type) => timeline([0, removed()], [1, acts(type)])),
      timeline([0, removed()], [1, acts('task_deleted', { ...ALICE })]),
      timeline([0, acts('task_deleted')], [1, removed()]),
      timeline([0, removed()], [30 * DAY, acts('task_deleted')]),
      timeline([0, removed(null)], [1, acts('task_deleted', ASANA_ITSELF)]),
      timeline([0, removed(null)], [1, example({ type: SIGNED_IN, actor: null, resource: null })]),
    ],
  },
});
