// Detections on who and what may get into the workspace: email domains, guests, public links, apps.
import { defineDetection } from '../define.ts';
import { isDomainListed } from '../reading/domains.ts';
import { firstOf, newEmailDomain, resource, workspace } from '../reading/entity.ts';
import { actorWords, changeWords, field, resourceWords, valueWords } from '../reading/fields.ts';
import { change, example, SERVICE_ACCOUNT_API } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';

const DOMAIN_ADDED = 'workspace_associated_email_domain_added';
const GUEST_INVITES = 'workspace_guest_invite_permissions_changed';
const APP_APPROVALS = 'workspace_require_app_approvals_of_type_changed';
const OPENED_WORDS: ReadonlyMap<unknown, string> = new Map([
  ['workspace_view_links_enabled', 'allowed links that show work to people who are not signed in'],
  [
    'workspace_logged_out_view_authentication_required_disabled',
    'let view links be opened without signing in to Asana',
  ],
  [
    'workspace_form_link_authentication_required_disabled',
    'let form links be opened without signing in to Asana',
  ],
  ['workspace_form_is_embeddable_forms_enabled', 'allowed forms to be embedded in other sites'],
]);

const OTHER_CHANGES =
  'Read the other admin_settings events of actor.gid within an hour either side of created_at: one opened door is seldom alone.';

export const emailDomainAdded = defineDetection({
  kind: 'match',
  id: 'asana.policy.email-domain-added',
  version: 2,
  title: 'Email domain added to the workspace',
  severity: 'medium',
  // A domain that is known to be the company's is worth a line, not a page.
  severityOf: (event, { companyDomains = [] }) => {
    const domain = newEmailDomain(event, '')?.id;
    return domain !== undefined && isDomainListed(domain, companyDomains) ? 'info' : 'medium';
  },
  lists: { companyDomains: [] },
  attack: ['T1484.002'],
  attackV18: ['T1484.002'],
  pattern: { 'detail-type': [DOMAIN_ADDED] },
  entity: firstOf(workspace, newEmailDomain, resource),
  summary: (event) =>
    `${actorWords(event)} added the email domain ${valueWords(field(event, 'details', 'new_value') ?? field(event, 'resource', 'name') ?? '(not named)')} to the workspace: everyone with an address there can join.`,
  triage: [
    'Check within 30 minutes that your company owns the domain in details.new_value: registration date, registrar and mail servers, and a look-alike of your own name.',
    'If it is not yours: remove the domain in the admin console, then remove every member who joined with such an address.',
    'Read the members who joined since created_at with an address of that domain, and what they opened or exported.',
    'Ask the person in actor who asked for it.',
  ],
  falsePositives:
    'Mergers, a rebrand, a subsidiary that moves in. Each is known weeks before: put the domain on the list companyDomains, and the alert is info.',
  references: [ASANA_EVENTS, technique('T1484.002')],
  examples: {
    alerts: [
      change(DOMAIN_ADDED, null, 'examp1e.com'),
      example({ type: DOMAIN_ADDED, resource: null, actor: { actor_type: 'asana_support' } }),
    ],
    silent: [
      change('workspace_associated_email_domain_removed', 'example.org', null),
      change('workspace_trusted_domains_setting_changed', null, 'example.org'),
    ],
  },
});

export const guestInvitesOpened = defineDetection({
  kind: 'match',
  id: 'asana.policy.guest-invites-opened',
  version: 1,
  title: 'Anyone may invite guests',
  severity: 'medium',
  attack: ['T1685', 'T1136.003'],
  attackV18: ['T1562.001', 'T1136.003'],
  pattern: {
    'detail-type': [GUEST_INVITES],
    detail: { data: { details: { new_value: [{ 'equals-ignore-case': 'anyone' }] } } },
  },
  entity: firstOf(workspace, resource),
  summary: (event) =>
    `${actorWords(event)} changed who may invite guests to ${resourceWords(event)} ${changeWords(event)}.`,
  triage: [
    'Ask the person in actor, outside Asana, whether this was agreed. Do it within 1 hour.',
    'If not: set the permission back to details.old_value in the admin console.',
    'Read the invitations since created_at: guests with private or unknown addresses, and the projects they were given.',
    OTHER_CHANGES,
  ],
  falsePositives: 'Agencies and consultancies open this on purpose; then lower it to info.',
  references: [ASANA_EVENTS, technique('T1136.003'), technique('T1685')],
  examples: {
    alerts: [
      change(GUEST_INVITES, 'admins_only', 'anyone'),
      change(GUEST_INVITES, null, 'Anyone', { resource: null }),
    ],
    silent: [
      change(GUEST_INVITES, 'anyone', 'admins_only'),
      example({ type: GUEST_INVITES, details: { old_value: 'anyone' } }),
      change('workspace_trusted_domains_setting_changed', 'admins_only', 'anyone'),
    ],
  },
});

export const publicAccessOpened = defineDetection({
  kind: 'match',
  id: 'asana.policy.public-access-opened',
  version: 1,
  title: 'Unauthenticated access opened (view links, forms, embeds)',
  severity: 'medium',
  attack: ['T1685', 'T1567'],
  attackV18: ['T1562.001', 'T1567'],
  pattern: { 'detail-type': [...OPENED_WORDS.keys()] },
  entity: firstOf(workspace, resource),
  summary: (event) =>
    `${actorWords(event)} ${OPENED_WORDS.get(field(event, 'event_type')) ?? 'opened access without sign-in'}: ${resourceWords(event)}.`,
  triage: [
    'Ask the person in actor, outside Asana, what it is needed for. Do it within 1 hour.',
    'If nobody needs it: switch the setting back in the admin console; links made meanwhile stop working with it.',
    'Read what was shared since created_at: view links created, forms published, and by whom (actor.gid).',
    OTHER_CHANGES,
  ],
  falsePositives: 'Request forms of marketing or support that customers fill in.',
  references: [ASANA_EVENTS, technique('T1567'), technique('T1685')],
  examples: {
    alerts: [
      example({ type: 'workspace_view_links_enabled' }),
      example({ type: 'workspace_logged_out_view_authentication_required_disabled' }),
      example({
        type: 'workspace_form_link_authentication_required_disabled',
        resource: null,
        actor: { actor_type: 'anonymous' },
      }),
      example({ type: 'workspace_form_is_embeddable_forms_enabled', context: SERVICE_ACCOUNT_API }),
    ],
    silent: [
      example({ type: 'workspace_view_links_disabled' }),
      example({ type: 'workspace_logged_out_view_authentication_required_enabled' }),
      example({ type: 'workspace_form_link_authentication_required_enabled' }),
      example({ type: 'workspace_form_is_embeddable_forms_disabled' }),
    ],
  },
});

export const appApprovalWeakened = defineDetection({
  kind: 'match',
  id: 'asana.policy.app-approval-weakened',
  version: 2,
  title: 'App approval requirement switched off',
  severity: 'medium',
  attack: ['T1671', 'T1685'],
  attackV18: ['T1671', 'T1562.001'],
  pattern: {
    'detail-type': [APP_APPROVALS],
    // `false` is what some YAML makes of an unquoted off.
    detail: { data: { details: { new_value: [{ 'equals-ignore-case': 'off' }, false] } } },
  },
  entity: firstOf(workspace, resource),
  summary: (event) =>
    `${actorWords(event)} changed which apps need approval in ${resourceWords(event)} ${changeWords(event)}, so members can connect any app.`,
  triage: [
    'Ask the person in actor, outside Asana, whether this was agreed. Do it within 1 hour.',
    'If not: set the requirement back to details.old_value in the admin console.',
    'Read user_app_authorized events since created_at: details.app_name, details.app_url and who connected it. Block apps nobody knows.',
    OTHER_CHANGES,
  ],
  falsePositives: 'A short opening while an approved integration is rolled out.',
  references: [ASANA_EVENTS, technique('T1671'), technique('T1685')],
  examples: {
    alerts: [
      change(APP_APPROVALS, 'all_apps', 'off'),
      change(APP_APPROVALS, null, 'OFF', { resource: null }),
      change(APP_APPROVALS, 'all_apps', false),
    ],
    silent: [
      change(APP_APPROVALS, 'off', 'all_apps'),
      change(APP_APPROVALS, 'off', null),
      change(APP_APPROVALS, false, true),
      change('workspace_app_admin_approval_setting_changed', 'all_apps', 'off'),
    ],
  },
});
