// Detections on administrative roles: who was made an admin, and what admins may do. A demotion is no grant.
import { defineDetection } from '../define.ts';
import { actor, firstOf, resource, workspace } from '../reading/entity.ts';
import { actorWords, changeWords, field, resourceWords } from '../reading/fields.ts';
import { isAdminRole, isNoRole, isSuperAdminRole } from '../reading/role-names.ts';
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
  version: 2,
  title: 'Admin role granted to a non-admin',
  severity: 'high',
  attack: ['T1098.003'],
  attackV18: ['T1098.003'],
  pattern: { 'detail-type': [ROLE_CHANGED] },
  // "admin" anywhere and in any case, for a role such as `billing_admin_2`: a pattern would need a wildcard, of which a
  // bus takes 30 rules, shared with every subscriber, and wildcards mind the case.
  when: (event) =>
    isAdminRole(field(event, 'details', 'new_value')) &&
    !isAdminRole(field(event, 'details', 'old_value')),
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
      change(ROLE_CHANGED, 'limited_access_member', ['BILLING_ADMINISTRATOR_2'], { resource: BOB }),
    ],
    silent: [
      change(ROLE_CHANGED, 'domain_admin', 'member', { resource: BOB }),
      change(ROLE_CHANGED, 'super_admin', 'domain_admin', { resource: BOB }),
      change(ROLE_CHANGED, 'domain_admin', 'super_admin', { resource: BOB }),
      change(ROLE_CHANGED, 'domain_admin', null, { resource: BOB }),
      change(ROLE_CHANGED, 'Domain_Admin', 'super_admin', { resource: BOB }),
      change(ROLE_CHANGED, null, { role: 'admin' }, { resource: BOB }),
      change('user_division_admin_role_changed', 'member', 'division_admin', { resource: BOB }),
    ],
  },
});

export const superAdminGranted = defineDetection({
  kind: 'match',
  id: 'asana.role.super-admin-granted',
  version: 3,
  title: 'Super admin role granted',
  severity: 'critical',
  attack: ['T1098.003'],
  attackV18: ['T1098.003'],
  pattern: { 'detail-type': [ROLE_CHANGED] },
  // However it is written, which would take a condition for each spelling; and of a list of roles any may be the one, which
  // an event pattern cannot deny.
  when: (event) =>
    isSuperAdminRole(field(event, 'details', 'new_value')) &&
    !isSuperAdminRole(field(event, 'details', 'old_value')),
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
      change(ROLE_CHANGED, 'member', 'Super Admin', { resource: BOB }),
      change(ROLE_CHANGED, ['member', 'auditor'], ['SuperAdmin'], { resource: BOB }),
      change(ROLE_CHANGED, 'domain_admin', ' Super-Admin ', { resource: BOB }),
      example({ type: ROLE_CHANGED, details: { new_value: 'super_admin' }, resource: BOB }),
    ],
    silent: [
      change(ROLE_CHANGED, 'super_admin', 'SUPER_ADMIN', { resource: BOB }),
      change(ROLE_CHANGED, 'super admin', 'super_admin', { resource: BOB }),
      change(ROLE_CHANGED, 'superadmin', 'super_admin', { resource: BOB }),
      change(ROLE_CHANGED, ['member', 'super_admin'], ['super_admin'], { resource: BOB }),
      change(ROLE_CHANGED, 'member', 'super_admin_assistant', { resource: BOB }),
      change('user_division_admin_role_changed', 'member', 'super_admin', { resource: BOB }),
      change(ROLE_CHANGED, 'super_admin', 'member', { resource: BOB }),
      change(ROLE_CHANGED, 'super_admin', 'domain_admin', { resource: BOB }),
      change(ROLE_CHANGED, 'member', 'domain_admin', { resource: BOB }),
    ],
  },
});

const DIVISION_ROLE_CHANGED = 'user_division_admin_role_changed';
const ROLE = { resource_type: 'role', gid: '1207000000000001', name: 'Project auditor' };

export const divisionAdminChanged = defineDetection({
  kind: 'match',
  id: 'asana.role.division-admin-changed',
  version: 1,
  title: 'Division admin role changed',
  severity: 'medium',
  // A role taken away is seen, because it clears the way, but it grants nothing.
  severityOf: (event) => (isNoRole(field(event, 'details', 'new_value')) ? 'info' : 'medium'),
  attack: ['T1098.003'],
  attackV18: ['T1098.003'],
  pattern: { 'detail-type': [DIVISION_ROLE_CHANGED] },
  entity: firstOf(workspace, resource),
  summary: (event) =>
    `${actorWords(event)} changed the role of ${resourceWords(event, 'someone unnamed')} in a division ${changeWords(event)}.`,
  triage: [
    'Ask the person in actor, outside Asana, whether they made this change and on whose request. Do it within 1 hour.',
    'If nobody vouches for it: set the role back to details.old_value in the admin console and sign both accounts out of all sessions.',
    'Look at details.group: which division it is, and whose members and teams a division admin sees there.',
    TRIAGE_AFTER,
    TRIAGE_AROUND,
  ],
  falsePositives: 'A reorganization: several changes on one day, by one admin, with a ticket.',
  references: [ASANA_EVENTS, technique('T1098.003')],
  examples: {
    alerts: [
      change(DIVISION_ROLE_CHANGED, 'member', 'division_admin', { resource: BOB }),
      change(DIVISION_ROLE_CHANGED, 'division_admin', 'Member', { resource: BOB }),
      change(DIVISION_ROLE_CHANGED, null, ['DIVISION_ADMIN'], { resource: null }),
      example({ type: DIVISION_ROLE_CHANGED, actor: { actor_type: 'asana_support' } }),
    ],
    silent: [
      change(ROLE_CHANGED, 'member', 'domain_admin', { resource: BOB }),
      example({ type: 'user_reprovisioned', resource: BOB }),
    ],
  },
});

export const customRoleChanged = defineDetection({
  kind: 'match',
  id: 'asana.role.custom-role-changed',
  version: 1,
  title: 'Custom role created or role permission changed',
  severity: 'medium',
  attack: ['T1098.003'],
  attackV18: ['T1098.003'],
  // Both names come from one list of others (September 2026), not from Asana's own pages.
  pattern: { 'detail-type': ['custom_role_created', 'role_permission_changed'] },
  // About who designs roles: creating one and setting ten permissions in it is one matter.
  entity: actor,
  summary: (event) => {
    const isNew = field(event, 'event_type') === 'custom_role_created';
    return `${actorWords(event)} ${isNew ? 'created the role' : 'changed what is permitted to the role'} ${resourceWords(event, '(not named)')}.`;
  },
  triage: [
    'Look at the role in resource in the admin console within 1 hour: what it may do that an ordinary member may not.',
    'Ask the person in actor, outside Asana, what it is for. If nobody vouches for it: take the permission back, or the role away.',
    'Read user_workspace_admin_role_changed events of the 24 hours since created_at: who was given the role.',
    TRIAGE_AROUND,
  ],
  falsePositives: 'Roles being designed, mostly in the weeks after an upgrade of the plan.',
  references: [ASANA_EVENTS, technique('T1098.003')],
  examples: {
    alerts: [
      example({ type: 'custom_role_created', resource: ROLE }),
      change('role_permission_changed', null, 'EXPORT_DATA', { resource: ROLE }),
      example({ type: 'role_permission_changed', resource: null, actor: { actor_type: 'asana' } }),
    ],
    silent: [
      change(ROLE_CHANGED, 'domain_admin', 'member', { resource: BOB }),
      example({ type: 'workspace_wide_reporting_enabled', resource: ROLE }),
    ],
  },
});
