// Detections on many accounts at once: invited, removed, stripped of their power.
import { defineDetection } from '../define.ts';
import { actorWords, field, resourceWords } from '../reading/fields.ts';
import { BY_ACTOR, EACH_RESOURCE } from '../reading/groups.ts';
import { isNamed, isOwnDoing, isServiceAccountCall } from '../reading/people.ts';
import { isAdminRole, isSuperAdminRole } from '../reading/role-names.ts';
import {
  ALICE,
  ASANA_ITSELF,
  BOB,
  change,
  example,
  GID_ONLY,
  numbered,
  SERVICE_ACCOUNT_API,
  spread,
  timeline,
} from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const INVITED = 'user_invited';
const REMOVED = 'user_deprovisioned';
const ROLE_CHANGED = 'user_workspace_admin_role_changed';
const CAROL = { actor_type: 'user', email: 'Carol@Example.com' };

type Part = Readonly<Record<string, unknown>>;
const each =
  (type: string, actor: Part | null = ALICE, context?: Part) =>
  (index: number) =>
    example({
      type,
      actor,
      resource: numbered('user', index),
      ...(context === undefined ? {} : { context }),
    });

export const inviteBurst = defineDetection({
  kind: 'threshold',
  id: 'asana.user.invite-burst',
  version: 1,
  title: 'Many invitations by one person',
  severity: 'medium',
  // Provisioning works with the token of a service account and in batches.
  severityOf: (event, { provisioners = [] }) =>
    isServiceAccountCall(event) || isNamed(event, 'actor', provisioners) ? 'low' : 'medium',
  lists: { provisioners: [] },
  attack: ['T1136.003'],
  attackV18: ['T1136.003'],
  pattern: { 'detail-type': [INVITED] },
  groupBy: BY_ACTOR,
  atLeast: 25,
  within: '60m',
  summary: (event, { count }) =>
    `${actorWords(event)} invited ${count} people within an hour, the latest ${resourceWords(event, 'someone unnamed')}.`,
  triage: [
    'Look within 4 hours for a user_csv_import_started event of actor.gid in the 2 hours before, and for an intake of new people: either explains it.',
    'Read the addresses (resource.email): one company or many, private mailboxes, look-alikes of your own domain.',
    'If nobody expected it: ask the person in actor, outside Asana, then cancel the invitations in the admin console.',
    'Read what the invited people were given since created_at: project_member_added and team_member_added events.',
  ],
  falsePositives:
    'The first day of many new people, and provisioning. Put the accounts that provision (gid or e-mail) on the list provisioners; service accounts are low in any case.',
  references: [ASANA_EVENTS, technique('T1136.003')],
  examples: {
    alerts: [
      spread(25, 59, each(INVITED)),
      spread(25, 0, each(INVITED, null)),
      spread(25, 10, each(INVITED, CAROL, SERVICE_ACCOUNT_API)),
      spread(25, 10, each(INVITED, ASANA_ITSELF)),
    ],
    silent: [
      spread(24, 10, each(INVITED)),
      spread(25, 60, each(INVITED)),
      spread(30, 10, (index) => each(INVITED, index % 2 ? ALICE : CAROL)(index)),
      spread(30, 10, (index) => each(INVITED, GID_ONLY[index % 2])(index)),
      spread(30, 10, (index) =>
        each(INVITED, index % 2 ? CAROL : { ...CAROL, email: 'd@x.io' })(index),
      ),
      spread(30, 10, (index) => each(INVITED, index % 2 ? ASANA_ITSELF : null)(index)),
      spread(30, 10, each('user_csv_import_started')),
    ],
  },
});

export const deprovisionBurst = defineDetection({
  kind: 'threshold',
  id: 'asana.user.deprovision-burst',
  version: 1,
  title: 'Many users removed by one person',
  severity: 'high',
  // Only named accounts are believed to be provisioning: a stolen token of another one empties a workspace as well.
  severityOf: (event, { provisioners = [] }) =>
    isNamed(event, 'actor', provisioners) ? 'low' : 'high',
  lists: { provisioners: [] },
  attack: ['T1531'],
  attackV18: ['T1531'],
  pattern: { 'detail-type': [REMOVED] },
  groupBy: BY_ACTOR,
  atLeast: 10,
  within: '60m',
  summary: (event, { count }) =>
    `${actorWords(event)} removed ${count} people from the organization within an hour, the latest ${resourceWords(event, 'someone unnamed')}.`,
  triage: [
    'Ask the person in actor, by phone or in person, whether they do this and on whose request. Do it within 15 minutes.',
    'If they do not: deactivate the account in actor in the admin console, then let the people in resource in again.',
    'Look whether administrators are among the removed (resource.email): whoever locks them out keeps the workspace.',
    'Where context.api_authentication_method is set: name the token or service account, and revoke it.',
    'Read the events of actor.gid in the 24 hours before: a sign-in from an unknown context.client_ip_address, a role granted.',
  ],
  falsePositives:
    'A wave of leavers, or provisioning that tidies up. Put the accounts that provision (gid or e-mail) on the list provisioners, and theirs are low.',
  references: [ASANA_EVENTS, technique('T1531')],
  examples: {
    alerts: [
      spread(10, 59, each(REMOVED)),
      spread(10, 0, each(REMOVED, null)),
      spread(10, 10, each(REMOVED, CAROL, SERVICE_ACCOUNT_API)),
      spread(10, 10, each(REMOVED, ASANA_ITSELF)),
    ],
    silent: [
      spread(9, 10, each(REMOVED)),
      spread(10, 60, each(REMOVED)),
      spread(12, 10, (index) => each(REMOVED, index % 2 ? ALICE : CAROL)(index)),
      spread(12, 10, (index) => each(REMOVED, GID_ONLY[index % 2])(index)),
      spread(12, 10, (index) =>
        each(REMOVED, index % 2 ? CAROL : { ...CAROL, email: 'd@x.io' })(index),
      ),
      spread(12, 10, (index) => each(REMOVED, index % 2 ? ASANA_ITSELF : null)(index)),
      spread(12, 10, each('team_member_removed')),
    ],
  },
});

const demoted = (index: number, from: unknown = 'domain_admin', to: unknown = 'member') =>
  change(ROLE_CHANGED, from, to, { resource: numbered('user', index) });

export const adminsRemoved = defineDetection({
  kind: 'threshold',
  id: 'asana.role.admins-removed',
  version: 1,
  title: 'Two or more admins demoted or removed',
  severity: 'high',
  attack: ['T1531', 'T1098.003'],
  attackV18: ['T1531', 'T1098.003'],
  pattern: { 'detail-type': [ROLE_CHANGED, REMOVED] },
  // A removal does not say that it was an admin's, so those count whom a list names. A super admin made a lesser admin is
  // locked out of the same things as one made a member. Who steps down alone locks nobody out.
  when: (event, { admins = [] }) => {
    if (isOwnDoing(event) === true) return false;
    if (field(event, 'event_type') === REMOVED) return isNamed(event, 'resource', admins);
    const [from, to] = [field(event, 'details', 'old_value'), field(event, 'details', 'new_value')];
    return isSuperAdminRole(from) ? !isSuperAdminRole(to) : isAdminRole(from) && !isAdminRole(to);
  },
  lists: { admins: [] },
  // Whoever does it: two hijacked accounts taking turns are one matter.
  groupBy: 'workspace',
  distinct: EACH_RESOURCE,
  atLeast: 2,
  within: '60m',
  summary: (event, { count }) =>
    `${count} admins lost their role or were removed within an hour, the latest ${resourceWords(event, 'someone unnamed')}, by ${actorWords(event)}.`,
  triage: [
    'Ask the person in actor, by phone or in person, whether they made this change and on whose request. Do it within 15 minutes.',
    'If nobody vouches for it: let a remaining super admin deactivate the account in actor and give the roles in details.old_value back. If none is left, call Asana support.',
    'Ask the people in resource whether they know of it, and whether they can still sign in.',
    'Read user_workspace_admin_role_changed events of the 7 days before: who was made an admin beforehand.',
    'Read all events of actor.gid since created_at: exports, sign-in policy, deletions.',
  ],
  falsePositives:
    'A clean-up of roles, announced beforehand. Put administrators (gid or e-mail) on the list admins, so that their removal counts as well: an event does not say that the removed was one.',
  references: [ASANA_EVENTS, technique('T1531'), technique('T1098.003')],
  examples: {
    alerts: [
      spread(2, 59, (index) => demoted(index)),
      spread(2, 1, (index) => demoted(index, 'Super_Admin', 'domain_admin')),
      spread(2, 1, (index) => demoted(index, ['BILLING_ADMIN'], null)),
      spread(2, 0, (index) =>
        change(ROLE_CHANGED, 'domain_admin', 'guest', {
          resource: { resource_type: 'user', gid: null, email: `admin${index}@example.com` },
          actor: index ? ALICE : ASANA_ITSELF,
        }),
      ),
      spread(2, 1, (index) =>
        index ? demoted(1) : change(ROLE_CHANGED, 'super admin', 'member', { resource: null }),
      ),
    ],
    silent: [
      timeline([0, demoted(1)]),
      spread(3, 1, () => demoted(1)),
      spread(2, 60, (index) => demoted(index)),
      spread(2, 1, (index) => demoted(index, 'member', 'domain_admin')),
      spread(2, 1, (index) => demoted(index, 'domain_admin', 'super_admin')),
      spread(2, 1, (index) => demoted(index, 'super_admin', 'SUPER ADMIN')),
      spread(2, 1, (index) => demoted(index, 'guest', 'member')),
      spread(2, 1, (index) => demoted(index, null, 'member')),
      spread(2, 1, (index) => ({
        ...demoted(index),
        actor: { actor_type: 'user', gid: numbered('user', index)['gid'] },
      })),
      spread(2, 1, () => change(ROLE_CHANGED, 'super_admin', 'member', { resource: null })),
      spread(3, 1, each(REMOVED)),
      spread(3, 1, (index) => ({
        ...demoted(index),
        event_type: 'user_division_admin_role_changed',
      })),
      timeline([0, demoted(1)], [1, example({ type: REMOVED, resource: BOB })]),
    ],
  },
});
