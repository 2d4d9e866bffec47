// Detections on single accounts: second factor, who is let in and let in again.

import { defineDetection } from '../define.ts';
import { isOutsider } from '../reading/domains.ts';
import { actor, firstOf, resource } from '../reading/entity.ts';
import { actorWords, resourceWords } from '../reading/fields.ts';
import { isNamed, isOwnDoing, isServiceAccountCall } from '../reading/people.ts';
import { ALICE, BOB, example, SERVICE_ACCOUNT_API } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const MFA_DISABLED = 'user_two_factor_auth_disabled';
const INVITED = 'user_invited';
const REPROVISIONED = 'user_reprovisioned';
const ALICE_HERSELF = { ...ALICE, resource_type: 'user' };
const GUEST = { resource_type: 'user', gid: '1201000000000070', email: 'Eve@Example.NET' };

export const mfaDisabled = defineDetection({
  kind: 'match',
  id: 'asana.user.mfa-disabled',
  version: 1,
  title: 'Two-factor authentication switched off for a user',
  severity: 'high',
  // One's own new phone is everyday; somebody else's hand, an account that rules, or a hand that cannot be told, is not.
  severityOf: (event, { admins = [] }) =>
    isOwnDoing(event) === true && !isNamed(event, 'resource', admins) ? 'medium' : 'high',
  lists: { admins: [] },
  attack: ['T1556.006'],
  attackV18: ['T1556.006'],
  pattern: { 'detail-type': [MFA_DISABLED] },
  entity: firstOf(actor, resource),
  summary: (event) =>
    `${actorWords(event)} switched off two-factor sign-in for ${
      isOwnDoing(event) === true ? 'their own account' : resourceWords(event, 'someone unnamed')
    }.`,
  triage: [
    'Ask the person in resource, by phone or in person, whether they switched it off and why. Do it within 30 minutes; within 15 where actor.gid and resource.gid differ.',
    'If they did not: sign the account in resource out of all sessions, reset its password and have two-factor sign-in set up again on a device you have seen.',
    'Read the events of resource.gid in the 2 hours before: failed sign-ins, a password reset, a sign-in from an unknown context.client_ip_address.',
    'Read what resource.gid did since created_at: sign-ins, authorized apps and tokens, exports.',
    'Look again after 24 hours: an account that still has no user_two_factor_auth_enabled event stays open to a stolen password.',
  ],
  falsePositives:
    'A new phone, or an account that only signs in through SAML. Put administrators (gid or e-mail) on the list admins, so that theirs are always high.',
  references: [ASANA_EVENTS, technique('T1556.006')],
  examples: {
    alerts: [
      example({ type: MFA_DISABLED, resource: ALICE_HERSELF }),
      example({ type: MFA_DISABLED, resource: BOB }),
      example({
        type: MFA_DISABLED,
        actor: { actor_type: 'user', email: 'ALICE@example.com' },
        resource: { resource_type: 'user', email: 'alice@example.com' },
      }),
      example({ type: MFA_DISABLED, resource: null, actor: { actor_type: 'asana' } }),
    ],
    silent: [
      example({ type: 'user_two_factor_auth_enabled', resource: BOB }),
      example({ type: 'workspace_require_two_factor_auth_enabled' }),
      example({ type: 'USER_TWO_FACTOR_AUTH_DISABLED', resource: BOB }),
    ],
  },
});

export const externalInvited = defineDetection({
  kind: 'match',
  id: 'asana.user.external-invited',
  version: 1,
  title: 'User invited from outside the company domains',
  severity: 'low',
  attack: ['T1136.003', 'T1199'],
  attackV18: ['T1136.003', 'T1199'],
  pattern: { 'detail-type': [INVITED] },
  // No event pattern takes a domain in any case, nor the domain of another field, which is what makes this work before
  // anybody has configured a list.
  when: (event, { companyDomains = [] }) =>
    isOutsider(event.resource?.['email'], event, companyDomains),
  lists: { companyDomains: [] },
  // About who invites: ten guests by one person are one matter.
  entity: actor,
  summary: (event) =>
    `${actorWords(event)} invited ${resourceWords(event, 'someone unnamed')}, whose address is not of the company.`,
  triage: [
    'Look at the domain of resource.email within 1 working day: a partner you know, a private mailbox, or a look-alike of your own domain.',
    'If nobody knows the guest: ask the person in actor, outside Asana, then remove the guest in the admin console.',
    'Read project_member_added, team_member_added and portfolio_member_added events of the 24 hours since created_at: what the guest was given.',
    'Read the events of resource.gid since created_at: a guest who downloads or exports within the first day is no ordinary one.',
  ],
  falsePositives:
    'Ordinary work with partners. Put your own domains, and those of steady partners, on the list companyDomains; while it is empty, the domain of actor.email counts as the company.',
  references: [ASANA_EVENTS, technique('T1136.003'), technique('T1199')],
  examples: {
    alerts: [
      example({ type: INVITED, resource: GUEST }),
      example({ type: INVITED, resource: { ...GUEST, email: 'alice@notexample.com' } }),
      example({
        type: INVITED,
        actor: { actor_type: 'user', email: 'someone@gmail.com' },
        resource: { ...GUEST, email: 'someone.else@gmail.com' },
      }),
    ],
    silent: [
      example({ type: INVITED, resource: BOB }),
      example({ type: INVITED, resource: { ...BOB, email: 'Bob@EU.Example.Com' } }),
      example({ type: INVITED, resource: { resource_type: 'user', gid: '1201000000000070' } }),
      example({ type: INVITED, resource: { ...GUEST, email: ['eve@example.net'] } }),
      example({ type: INVITED, actor: { actor_type: 'asana' }, resource: GUEST }),
      example({ type: INVITED, resource: null }),
      example({ type: 'user_deprovisioned', resource: GUEST }),
    ],
  },
});

export const reprovisioned = defineDetection({
  kind: 'match',
  id: 'asana.user.reprovisioned',
  version: 1,
  title: 'Removed user added back',
  severity: 'medium',
  // An identity provider works with a service account's token and adds people back on its own schedule.
  severityOf: (event, { provisioners = [] }) =>
    isServiceAccountCall(event) &&
    (provisioners.length === 0 || isNamed(event, 'actor', provisioners))
      ? 'low'
      : 'medium',
  lists: { provisioners: [] },
  attack: ['T1098', 'T1078.004'],
  attackV18: ['T1098', 'T1078.004'],
  pattern: { 'detail-type': [REPROVISIONED] },
  entity: firstOf(actor, resource),
  summary: (event) =>
    `${actorWords(event)} let ${resourceWords(event, 'someone unnamed')} back into the organization, who had been removed.`,
  triage: [
    'Check with your people team within 4 hours whether the person in resource is employed again.',
    'If not: deprovision the account in resource again, and ask the person in actor, outside Asana, why it was added back.',
    'Read the user_deprovisioned event of resource.gid (up to 90 days back): who removed it, and whether it was a dismissal.',
    'Read the events of resource.gid since created_at: tokens and apps authorized before the removal work again.',
  ],
  falsePositives:
    'Returning contractors, and provisioning by SCIM that removes and adds again. Put the gids of your provisioning accounts on the list provisioners; while it is empty, every service account counts as one and makes the alert low.',
  references: [ASANA_EVENTS, technique('T1098'), technique('T1078.004')],
  examples: {
    alerts: [
      example({ type: REPROVISIONED, resource: BOB }),
      example({ type: REPROVISIONED, resource: BOB, context: SERVICE_ACCOUNT_API }),
      example({ type: REPROVISIONED, resource: null, actor: { actor_type: 'asana_support' } }),
    ],
    silent: [
      example({ type: 'user_deprovisioned', resource: BOB }),
      example({ type: 'user_invited', resource: BOB }),
    ],
  },
});
