// Detections on settings of the organization: whom it trusts, who hears of its security, what its AI may do.
import { defineDetection } from '../define.ts';
import { emailsIn, isOutsider } from '../reading/domains.ts';
import { firstOf, resource, workspace } from '../reading/entity.ts';
import { actorWords, changeWords, field, resourceWords } from '../reading/fields.ts';
import { change, example, SERVICE_ACCOUNT_API } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';
import { ASK_WITHIN_1_HOUR, ASK_WITHIN_30_MINUTES, OTHER_SETTINGS } from './triage.ts';

const TRUSTED_DOMAINS = 'workspace_trusted_domains_setting_changed';
const SECURITY_CONTACT = 'workspace_security_contact_email_changed';
const APP_RECIPIENTS = 'workspace_app_recipient_emails_changed';
const AI_FEATURE = 'workspace_machine_learning_product_feature_changed';
const AI_STUDIO = 'ai_studio_addon_type_changed';

export const trustedDomainsChanged = defineDetection({
  kind: 'match',
  id: 'asana.policy.trusted-domains-changed',
  version: 1,
  title: 'Trusted domains setting changed',
  severity: 'medium',
  attack: ['T1484.002'],
  attackV18: ['T1484.002'],
  pattern: { 'detail-type': [TRUSTED_DOMAINS] },
  entity: firstOf(workspace, resource),
  summary: (event) =>
    `${actorWords(event)} changed the trusted domains of ${resourceWords(event)} ${changeWords(event)}.`,
  triage: [
    'Compare details.new_value with details.old_value within 1 hour, letter by letter: which domain is new, who owns it, does it look like one of yours.',
    'If nobody knows it: take the domain off in the admin console, then remove the guests who came with it.',
    'Read user_invited events since created_at whose resource.email is of the new domain, and what those people were given.',
    OTHER_SETTINGS,
  ],
  falsePositives:
    'A partner who is taken on, or one who leaves: taking a domain off looks the same.',
  references: [ASANA_EVENTS, technique('T1484.002')],
  examples: {
    alerts: [
      change(TRUSTED_DOMAINS, ['example.org'], ['example.org', 'EXAMP1E.com']),
      example({ type: TRUSTED_DOMAINS, resource: null, actor: { actor_type: 'asana_support' } }),
    ],
    silent: [
      change('workspace_associated_email_domain_removed', 'example.org', null),
      change('workspace_guest_invite_permissions_changed', 'anyone', 'admins_only'),
    ],
  },
});

export const securityContactChanged = defineDetection({
  kind: 'match',
  id: 'asana.policy.security-contact-changed',
  version: 1,
  title: 'Security contact or app-request recipients changed',
  severity: 'high',
  // A successor sits in the same company; an address elsewhere takes Asana's warnings to somebody else.
  severityOf: (event, { companyDomains = [] }) => {
    const added = emailsIn(field(event, 'details', 'new_value'));
    return added.some((email) => isOutsider(email, event, companyDomains)) ? 'high' : 'medium';
  },
  lists: { companyDomains: [] },
  attack: ['T1685'],
  attackV18: ['T1562.001'],
  pattern: { 'detail-type': [SECURITY_CONTACT, APP_RECIPIENTS] },
  entity: firstOf(workspace, resource),
  summary: (event) => {
    const isContact = field(event, 'event_type') === SECURITY_CONTACT;
    const what = isContact ? "receives Asana's security notices" : 'decides on requests for apps';
    return `${actorWords(event)} changed who ${what} for ${resourceWords(event)} ${changeWords(event)}.`;
  },
  triage: [
    ASK_WITHIN_30_MINUTES,
    'If nobody vouches for it: set details.old_value again in the admin console, and ask Asana support what was sent to details.new_value since created_at.',
    'Look for notices you expected and did not get: forward rules and mailboxes of the former contact.',
    'For workspace_app_recipient_emails_changed: read user_app_authorized events since created_at and block apps nobody of yours approved.',
    OTHER_SETTINGS,
  ],
  falsePositives:
    'A change of staff. Put your own domains on the list companyDomains; while it is empty, the domain of actor.email counts as the company.',
  references: [ASANA_EVENTS, technique('T1685')],
  examples: {
    alerts: [
      change(SECURITY_CONTACT, 'security@example.com', 'SOC@Example.com'),
      change(SECURITY_CONTACT, null, 'security@example.net'),
      change(APP_RECIPIENTS, ['it@example.com'], ['it@example.com', 'Eve <eve@example.net>']),
      example({ type: APP_RECIPIENTS, resource: null, actor: { actor_type: 'asana' } }),
    ],
    silent: [
      example({ type: 'workspace_announcement_created' }),
      change('workspace_require_app_approvals_of_type_changed', 'off', 'all_apps'),
    ],
  },
});

export const aiSettingChanged = defineDetection({
  kind: 'match',
  id: 'asana.policy.ai-setting-changed',
  version: 1,
  title: 'Asana AI feature setting changed',
  severity: 'info',
  attack: ['T1567'],
  attackV18: ['T1567'],
  pattern: { 'detail-type': [AI_FEATURE, AI_STUDIO] },
  entity: firstOf(workspace, resource),
  summary: (event) =>
    `${actorWords(event)} changed ${field(event, 'event_type') === AI_STUDIO ? 'the AI Studio plan' : 'an Asana AI feature'} of ${resourceWords(event)} ${changeWords(event)}.`,
  triage: [
    'Check within 1 working day that your register of AI services has the feature in details, with its agreed purpose.',
    'If it is not agreed: switch it back in the admin console and tell whoever answers for data protection.',
    ASK_WITHIN_1_HOUR,
  ],
  falsePositives:
    'A planned roll-out. It is a matter of governance rather than of attack: what AI may read leaves the workspace.',
  references: [ASANA_EVENTS, technique('T1567')],
  examples: {
    alerts: [
      change(AI_FEATURE, false, true),
      change(AI_FEATURE, ['OFF'], null, { context: SERVICE_ACCOUNT_API }),
      example({ type: AI_STUDIO, details: { old_value: null, new_value: 'PRO' }, resource: null }),
    ],
    silent: [
      example({ type: 'workspace_wide_reporting_enabled' }),
      example({ type: 'workspace_baa_signed' }),
    ],
  },
});
