// What Panther's eleven rules for Asana find is found here, and what they are known to miss or to get wrong is put right.
// Rule names as of panther-labs/panther-analysis in 2026; the events are this project's own.
import { describe, expect, it } from 'vitest';
import { readEventLine } from '../../../lib/backtest/history-event.ts';
import type { AuditLogEvent } from '../../../lib/contract/bus-event.ts';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import { Detector } from '../../../lib/detections/detector.ts';
import { raisedBy } from '../../support/match-detections.ts';

const event = (event_type: string, details?: object, resource?: object): AuditLogEvent =>
  ({
    gid: '1209000000000777',
    created_at: '2026-03-02T08:15:00.250Z',
    event_type,
    actor: { actor_type: 'user', gid: '1201000000000888', name: 'Mo', email: 'mo@example.com' },
    resource: resource ?? { resource_type: 'workspace', gid: '1200000000000002', name: 'Acme' },
    ...(details === undefined ? {} : { details }),
    context: { context_type: 'web', client_ip_address: '192.0.2.55', user_agent: 'Mozilla/5.0' },
  }) as AuditLogEvent;
const change = (type: string, old_value: unknown, new_value: unknown) =>
  event(type, { old_value, new_value });
const role = (old_value: unknown, new_value: unknown) =>
  event(
    'user_workspace_admin_role_changed',
    { group: { gid: '1200000000000002', name: 'Acme' }, old_value, new_value },
    { resource_type: 'user', gid: '1201000000000889', name: 'Jo', email: 'jo@example.com' },
  );

const APPROVALS = 'workspace_require_app_approvals_of_type_changed';
const GUESTS = 'workspace_guest_invite_permissions_changed';
const PASSWORDS = 'workspace_password_requirements_changed';
const SAML = 'workspace_saml_settings_changed';
const SESSION = 'workspace_default_session_duration_changed';
const TEAM = 'team_privacy_settings_changed';

interface Parity {
  readonly rule: string;
  readonly raises: string;
  /** What the rule finds. */
  readonly found: readonly AuditLogEvent[];
  /** What it ought to find, and does not. */
  readonly holes?: readonly AuditLogEvent[];
  /** What neither of the two is to find. */
  readonly silent: readonly AuditLogEvent[];
}

const PARITY: readonly Parity[] = [
  {
    rule: 'Asana.Service.Account.Created',
    raises: 'asana.app.service-account-created',
    found: [event('service_account_created'), event('service_account_created', {})],
    silent: [event('service_account_name_changed')],
  },
  {
    rule: 'Asana.Team.Privacy.Public',
    raises: 'asana.data.team-made-public',
    found: [event(TEAM, { new_value: 'public' }), change(TEAM, 'secret', 'public')],
    holes: [change(TEAM, null, 'Public'), change(TEAM, null, ['public'])],
    silent: [change(TEAM, 'public', 'secret'), event('user_login_succeeded', { method: ['SAML'] })],
  },
  {
    rule: 'Asana.Workspace.Default.Session.Duration.Never',
    raises: 'asana.policy.session-extended',
    found: [change(SESSION, '14 days', 'never'), event(SESSION, { new_value: 'never' })],
    holes: [
      change(SESSION, '1 day', '30 days'),
      change('workspace_idle_session_duration_changed', '1 hour', 'Never'),
    ],
    silent: [change(SESSION, 'never', '14 days'), change(SESSION, '30 days', '1 day')],
  },
  {
    rule: 'Asana.Workspace.Email.Domain.Added',
    raises: 'asana.policy.email-domain-added',
    found: [event('workspace_associated_email_domain_added', { new_value: 'acme.test' })],
    holes: [],
    silent: [event('workspace_associated_email_domain_removed', { old_value: 'acme.test' })],
  },
  {
    rule: 'Asana.Workspace.Form.Link.Auth.Requirement.Disabled',
    raises: 'asana.policy.public-access-opened',
    found: [event('workspace_form_link_authentication_required_disabled', {})],
    holes: [
      event('workspace_view_links_enabled'),
      event('workspace_logged_out_view_authentication_required_disabled'),
      event('workspace_form_is_embeddable_forms_enabled'),
    ],
    silent: [event('workspace_form_link_authentication_required_enabled', {})],
  },
  {
    rule: 'Asana.Workspace.Guest.Invite.Permissions.Anyone',
    raises: 'asana.policy.guest-invites-opened',
    found: [change(GUESTS, 'admins_only', 'anyone'), event(GUESTS, { new_value: 'anyone' })],
    holes: [change(GUESTS, null, 'ANYONE')],
    silent: [change(GUESTS, 'anyone', 'admins_only')],
  },
  {
    rule: 'Asana.Workspace.New.Admin',
    raises: 'asana.role.admin-granted',
    found: [
      role('member', 'domain_admin'),
      role('member', 'super_admin'),
      role(null, 'domain_admin'),
      role(undefined, 'domain_admin'),
      role('guest', 'custom_admin_of_teams'),
      role('member', 'administrator'),
    ],
    holes: [role('member', 'Domain_Admin')],
    silent: [
      role('domain_admin', 'member'),
      role('super_admin', 'domain_admin'),
      role('super_admin', 'member'),
      role('domain_admin', null),
      // A change of case is none of role, where a rule that minds the case sees a grant.
      role('Domain_Admin', 'domain_admin'),
    ],
  },
  {
    rule: 'Asana.Workspace.New.Admin, which stops at who was an admin already',
    raises: 'asana.role.super-admin-granted',
    found: [],
    holes: [role('domain_admin', 'super_admin'), role('billing_admin', 'super_admin')],
    silent: [role('super_admin', 'domain_admin'), role('super_admin', 'member')],
  },
  {
    rule: 'Asana.Workspace.Org.Export',
    raises: 'asana.export.organization',
    found: [event('workspace_export_started', {})],
    holes: [event('object_export_started'), event('workspace_attachment_export_started')],
    silent: [change(APPROVALS, 'off', 'all_apps'), event('project_csv_export_started')],
  },
  {
    rule: 'Asana.Workspace.Password.Requirements.Simple',
    raises: 'asana.policy.password-weakened',
    found: [change(PASSWORDS, 'strong', 'simple'), event(PASSWORDS, { new_value: 'simple' })],
    holes: [change(PASSWORDS, null, 'SIMPLE')],
    silent: [change(PASSWORDS, 'simple', 'strong')],
  },
  {
    rule: 'Asana.Workspace.Require.App.Approvals.Disabled',
    raises: 'asana.policy.app-approval-weakened',
    found: [change(APPROVALS, 'all_apps', 'off'), event(APPROVALS, { new_value: 'off' })],
    holes: [change(APPROVALS, null, 'Off')],
    silent: [change(APPROVALS, 'off', 'all_apps')],
  },
  {
    rule: 'Asana.Workspace.SAML.Optional',
    raises: 'asana.policy.saml-weakened',
    found: [change(SAML, 'required', 'optional')],
    holes: [
      change(SAML, null, 'optional'),
      change(SAML, 'required', 'off'),
      change(SAML, 'required', null),
      change(SAML, 'Required', 'Optional'),
    ],
    silent: [change(SAML, 'optional', 'required')],
  },
];

describe.each(PARITY.map((row) => [row.rule, row] as const))(
  '%s',
  (_, { raises, found, holes = [], silent }) => {
    const shown = (events: readonly AuditLogEvent[]) =>
      events.map((each) => [each.event_type, JSON.stringify(each.details ?? null), each] as const);

    it.each(shown([...found, ...holes]))(`${raises} finds %s with %s`, (_type, _details, each) => {
      expect(raisedBy(each)).toContain(raises);
    });

    it.each(shown(silent))(`${raises} is silent on %s with %s`, (_type, _details, each) => {
      expect(raisedBy(each)).not.toContain(raises);
    });
  },
);

it.each(PARITY.flatMap(({ raises, found }) => found.map((each) => [raises, each] as const)))(
  '%s finds its events as a data lake hands them on: short gids, times with a space, fields of its own',
  (raises, each) => {
    const created_at = '2026-03-02 08:15:00.25';
    const row = { ...each, gid: '12345', created_at, p_log_type: 'Asana.Audit' };
    const read = readEventLine(JSON.stringify(row), '1200000000000002', 0);
    if (typeof read === 'string' || 'malformed' in read) throw new Error('no event');
    expect(read.isUntimed).toBe(false);
    const detector = new Detector(CATALOGUE, {
      alertOnHistory: true,
      windowMs: 3_600_000,
      runbookBaseUrl: 'https://example.com/detections.md',
    });
    const alerts = detector.observe(read.event);
    expect(alerts.map(({ detectionId }) => detectionId)).toContain(raises);
    expect(alerts[0]?.firstSeen).toBe('2026-03-02T08:15:00.250Z');
  },
);

it('stands for eleven rules', () => {
  const rules = new Set(PARITY.map(({ rule }) => rule.split(',')[0]));
  expect(rules.size).toBe(11);
});

it('a demotion is no grant, whichever detection looks at it', () => {
  for (const [from, to] of [
    ['super_admin', 'member'],
    ['super_admin', 'domain_admin'],
    ['domain_admin', 'member'],
  ]) {
    expect(raisedBy(role(from, to))).toEqual([]);
  }
});
