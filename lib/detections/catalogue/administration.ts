// Detections on how the workspace is administered: by calls instead of by hand, and by people who are not of the company.
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import { defineDetection } from '../define.ts';
import { actor, firstOf, helpedUser } from '../reading/entity.ts';
import {
  actorWords,
  asText,
  changeWords,
  field,
  resourceWords,
  valueWords,
} from '../reading/fields.ts';
import { isNamed } from '../reading/people.ts';
import { change, example, SERVICE_ACCOUNT_API } from './examples.ts';
import { ASANA_EVENTS, technique } from './references.ts';
import { ASK_WITHIN_30_MINUTES, HOW_ACTOR_CAME_IN } from './triage.ts';

const SUPPORT = { actor_type: 'asana_support' };
const SUPPORT_TOOL = { context_type: 'asana_support', on_behalf_of_user_id: 1201000000000002 };

const METHODS = ['oauth', 'personal_access_token', 'service_account'];

/** What the pattern asks for, but for a rule without a name, which is none. */
function isByProgram(event: AuditLogEvent): boolean {
  if (field(event, 'context', 'rule_name') !== '') return true;
  const type = asText(field(event, 'context', 'context_type'))?.toLowerCase();
  const method = asText(field(event, 'context', 'api_authentication_method'))?.toLowerCase();
  return type === 'api' || METHODS.some((each) => each === method);
}

export const settingChangedByApi = defineDetection({
  kind: 'match',
  id: 'asana.admin.setting-changed-by-api',
  version: 2,
  title: 'Admin setting changed through the API or automation',
  severity: 'medium',
  attack: ['T1078.004', 'T1550.001'],
  attackV18: ['T1078.004', 'T1550.001'],
  pattern: {
    // By type, because event_category is unreliable: a project's privacy was seen under `roles`. The prefixes take in
    // settings that Asana adds; exports share the prefix and are no settings.
    'detail-type': [
      { prefix: 'workspace_' },
      { prefix: 'ai_studio_' },
      'user_workspace_admin_role_changed',
      'user_division_admin_role_changed',
      'custom_role_created',
      'role_permission_changed',
    ],
    detail: {
      data: {
        event_type: [{ 'anything-but': { suffix: '_export_started' } }],
        context: {
          $or: [
            { context_type: [{ 'equals-ignore-case': 'api' }] },
            // Asana's own sample has an authentication method `cookie` beside context_type `web`: that one is a browser.
            { api_authentication_method: METHODS.map((text) => ({ 'equals-ignore-case': text })) },
            // Any text: a rule's name. An empty one is none, which no pattern can say that takes no null: `when` does.
            { rule_name: [{ prefix: '' }] },
          ],
        },
      },
    },
  },
  when: (event, { settingAutomations = [] }) =>
    isByProgram(event) && !isNamed(event, 'actor', settingAutomations),
  lists: { settingAutomations: [] },
  entity: actor,
  summary: (event) => {
    const { context } = event;
    const by =
      asText(context?.['oauth_app_name']) ??
      asText(context?.['rule_name']) ??
      asText(context?.['api_authentication_method']) ??
      'the API';
    return `${actorWords(event)} changed an admin setting by ${valueWords(by)} rather than by hand: ${valueWords(event.event_type)}, ${resourceWords(event)} ${changeWords(event)}.`;
  },
  triage: [
    ASK_WITHIN_30_MINUTES,
    'If nobody vouches for it: revoke the token or app named in context.api_authentication_method and context.oauth_app_name, then set details.old_value again.',
    'Find out who holds that token, and read all its events in the 24 hours before: context.client_ip_address, context.user_agent.',
    'Settings have hardly any public interface, so whoever scripts them knows the product well: read every admin_settings event of the last 7 days.',
    HOW_ACTOR_CAME_IN,
  ],
  falsePositives:
    'Provisioning that maps groups to roles. Put the accounts that do so (gid or e-mail) on the list settingAutomations.',
  references: [ASANA_EVENTS, technique('T1078.004'), technique('T1550.001')],
  examples: {
    alerts: [
      example({ type: 'workspace_announcement_created', context: SERVICE_ACCOUNT_API }),
      example({ type: 'ai_studio_addon_type_changed', context: { context_type: 'API' } }),
      change('user_workspace_admin_role_changed', 'super_admin', 'member', {
        context: { api_authentication_method: 'personal_access_token' },
      }),
      example({
        type: 'user_division_admin_role_changed',
        context: {
          context_type: 'web',
          api_authentication_method: 'oauth',
          oauth_app_name: 'Sync',
        },
      }),
      example({
        type: 'custom_role_created',
        context: { api_authentication_method: 'service_account' },
        resource: null,
      }),
      example({
        type: 'role_permission_changed',
        actor: { actor_type: 'asana' },
        context: { context_type: 'asana', rule_name: 'Nightly clean-up' },
      }),
      example({ type: 'workspace_setting_of_tomorrow', context: SERVICE_ACCOUNT_API }),
      example({
        type: 'workspace_announcement_created',
        context: { context_type: 'web', rule_name: '', api_authentication_method: 'OAuth' },
      }),
      example({
        type: 'workspace_announcement_created',
        context: { context_type: 'API', rule_name: '' },
      }),
    ],
    silent: [
      example({ type: 'workspace_announcement_created' }),
      example({ type: 'workspace_export_started', context: SERVICE_ACCOUNT_API }),
      example({ type: 'project_deleted', context: SERVICE_ACCOUNT_API }),
      example({
        type: 'workspace_announcement_removed',
        context: { context_type: 'web', api_authentication_method: 'cookie' },
      }),
      example({
        type: 'workspace_wide_reporting_enabled',
        context: { context_type: 'web', rule_name: null, api_authentication_method: null },
      }),
      example({
        type: 'workspace_announcement_created',
        context: { context_type: 'web', rule_name: '' },
      }),
      { ...example({ type: 'workspace_baa_signed' }), context: 'api' } as unknown as AuditLogEvent,
    ],
  },
});

export const supportAccess = defineDetection({
  kind: 'match',
  id: 'asana.support.access',
  version: 1,
  title: 'Asana support acted in the workspace',
  severity: 'medium',
  attack: ['T1199'],
  attackV18: ['T1199'],
  pattern: {
    'detail-type': [{ exists: true }],
    detail: {
      data: {
        $or: [
          {
            actor: {
              actor_type: [
                { 'equals-ignore-case': 'asana_support' },
                { 'equals-ignore-case': 'external_administrator' },
              ],
            },
          },
          { context: { context_type: [{ 'equals-ignore-case': 'asana_support' }] } },
        ],
      },
    },
  },
  entity: firstOf(actor, helpedUser),
  summary: (event) => {
    const helped = asText(field(event, 'context', 'on_behalf_of_user_id'));
    const whom = helped === undefined ? '' : ` on behalf of user ${valueWords(helped)}`;
    return `${actorWords(event)} acted from outside the company${whom}: ${valueWords(event.event_type)}, ${resourceWords(event)}.`;
  },
  triage: [
    'Look for an open ticket with Asana support (or a contract with the external administrator) that explains it. Do it within 1 hour.',
    'Where context.on_behalf_of_user_id is set: ask that person, outside Asana, whether they asked for help and for what.',
    'If there is no ticket: ask Asana support through the admin console, naming gid and created_at, who acted and why. Social engineering of support is a way in.',
    'Read all events with the same actor.actor_type or context.context_type in the 24 hours before and after: settings changed, passwords reset, data exported.',
  ],
  falsePositives:
    'An open support ticket. An external administrator is a party that your company has let in; know which.',
  references: [ASANA_EVENTS, technique('T1199')],
  examples: {
    alerts: [
      example({ type: 'project_undeleted', actor: SUPPORT, resource: null, context: SUPPORT_TOOL }),
      example({ type: 'user_password_reset', actor: { actor_type: 'ASANA_SUPPORT', gid: '7' } }),
      example({ type: 'team_created', actor: { actor_type: 'external_administrator' } }),
      example({ type: 'an_event_of_tomorrow', actor: SUPPORT }),
      example({ type: 'task_undeleted', context: SUPPORT_TOOL }),
    ],
    silent: [
      example({ type: 'user_password_reset' }),
      example({ type: 'task_deleted', actor: { actor_type: 'asana' } }),
      example({ type: 'task_deleted', actor: { name: 'asana_support' } }),
      example({ type: 'task_undeleted', actor: null, context: { context_type: 'web' } }),
      { ...example({ type: 'team_created' }), actor: 'asana_support' } as unknown as AuditLogEvent,
    ],
  },
});
