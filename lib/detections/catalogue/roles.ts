// Detections on administrative roles: who was made an admin. Demotions are no findings.
import { defineDetection } from '../define.ts';
import { firstOf, resource, workspace } from '../entity.ts';
import { actorWords, changeWords, resourceWords } from '../fields.ts';
import { BOB, change, example, SERVICE_ACCOUNT_API } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const ROLE_CHANGED = 'user_workspace_admin_role_changed';
const TRIAGE_GRANT = [
  'Ask the person in actor, by phone or in person rather than in Asana, whether they made this change and on whose request. Do it within 15 minutes.',
  'If nobody vouches for it: in the admin console set the role of resource back to member, sign both accounts out of all sessions and reset their passwords.',
];
const TRIAGE_AROUND =
  'Read all events of actor.gid in the 24 hours before the change: a sign-in from an unknown context.client_ip_address or user_agent, a two-factor reset, an authorized app or token.';
const TRIAGE_AFTER =
  'Read all events of resource.gid since the change: exports, SAML and password settings, new service accounts, further roles granted.';

export const adminGranted = defineDetection({
  kind: 'match',
  id: 'asana.role.admin-granted',
  version: 1,
  title: 'Admin role granted to a non-admin',
  severity: 'high',
  attack: ['T1098.003'],
  attackV18: ['T1098.003'],
  pattern: {
    'detail-type': [ROLE_CHANGED],
    detail: {
      data: {
        details: {
          // Suffixes rather than wildcards: a bus takes 30 rules with wildcards, shared with every subscriber.
          new_value: [
            { suffix: { 'equals-ignore-case': 'admin' } },
            { suffix: { 'equals-ignore-case': 'administrator' } },
            { prefix: { 'equals-ignore-case': 'admin' } },
          ],
          // EventBridge has no anything-but that ignores case in a suffix, hence the spellings.
          old_value: [
            null,
            { exists: false },
            {
              'anything-but': {
                suffix: ['admin', 'Admin', 'ADMIN', 'administrator', 'Administrator'],
              },
            },
          ],
        },
      },
    },
  },
  entity: firstOf(workspace, resource),
  summary: (event) =>
    `${actorWords(event)} changed the organization role of ${resourceWords(event, 'someone unnamed')} ${changeWords(event)}.`,
  triage: [...TRIAGE_GRANT, TRIAGE_AROUND, TRIAGE_AFTER],
  falsePositives:
    'A planned handover or a new member of the admin team. There should be a ticket, and the person in actor should be one who hands out roles.',
  references: [ASANA_EVENTS, technique('T1098.003')],
  examples: {
    alerts: [
      change(ROLE_CHANGED, 'member', 'domain_admin', { resource: BOB }),
      change(ROLE_CHANGED, 'member', 'super_admin', { resource: BOB }),
      change(ROLE_CHANGED, null, 'domain_admin', { resource: BOB }),
      example({ type: ROLE_CHANGED, details: { new_value: 'Domain_Admin' }, resource: null }),
    ],
    silent: [
      change(ROLE_CHANGED, 'domain_admin', 'member', { resource: BOB }),
      change(ROLE_CHANGED, 'super_admin', 'domain_admin', { resource: BOB }),
      change(ROLE_CHANGED, 'domain_admin', 'super_admin', { resource: BOB }),
      change(ROLE_CHANGED, 'domain_admin', null, { resource: BOB }),
    ],
  },
});

const SUPER_ADMIN = ['super_admin', 'super admin', 'superadmin'];

export const superAdminGranted = defineDetection({
  kind: 'match',
  id: 'asana.role.super-admin-granted',
  version: 1,
  title: 'Super admin role granted',
  severity: 'critical',
  attack: ['T1098.003'],
  attackV18: ['T1098.003'],
  pattern: {
    'detail-type': [ROLE_CHANGED],
    detail: {
      data: {
        details: {
          new_value: SUPER_ADMIN.map((role) => ({ 'equals-ignore-case': role })),
          old_value: [
            null,
            { exists: false },
            { 'anything-but': { 'equals-ignore-case': SUPER_ADMIN } },
          ],
        },
      },
    },
  },
  entity: firstOf(workspace, resource),
  summary: (event) =>
    `${actorWords(event)} made ${resourceWords(event, 'someone unnamed')} a super admin: the role went ${changeWords(event)}.`,
  triage: [
    ...TRIAGE_GRANT,
    TRIAGE_AFTER,
    TRIAGE_AROUND,
    'Compare the list of super admins in the admin console with the one your team has agreed on.',
  ],
  falsePositives:
    'Rare by design: a super admin can change sign-in, export everything and remove other admins. Expect a ticket for each.',
  references: [ASANA_EVENTS, technique('T1098.003')],
  examples: {
    alerts: [
      change(ROLE_CHANGED, 'domain_admin', 'super_admin', { resource: BOB }),
      change(ROLE_CHANGED, 'member', 'SUPER_ADMIN', { resource: BOB }),
      change(ROLE_CHANGED, null, 'super_admin', {
        resource: BOB,
        actor: { actor_type: 'external_administrator' },
        context: SERVICE_ACCOUNT_API,
      }),
    ],
    silent: [
      change(ROLE_CHANGED, 'super_admin', 'member', { resource: BOB }),
      change(ROLE_CHANGED, 'super_admin', 'domain_admin', { resource: BOB }),
      change(ROLE_CHANGED, 'member', 'domain_admin', { resource: BOB }),
    ],
  },
});
