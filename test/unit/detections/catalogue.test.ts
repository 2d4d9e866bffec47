import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditLogEvent } from '../../../lib/contract/bus-event.ts';
import { change, example } from '../../../lib/detections/catalogue/examples.ts';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import {
  compileEventPattern,
  validateEventPattern,
} from '../../../lib/detections/event-pattern.ts';
import { runMatch } from '../../../lib/detections/match-engine.ts';
import { activeOpenedAlertPattern, rulePattern } from '../../../lib/detections/rule-pattern.ts';
import { cleanText } from '../../../lib/text.ts';
import { busEvent } from '../../support/bus-events.ts';

const live = { alertOnHistory: false };

/** Ids of the detections that raise an alert for this event, by rule pattern and engine. */
function raisedBy(data: AuditLogEvent, options: Parameters<typeof busEvent>[1] = {}): string[] {
  const event = busEvent(data, options);
  return CATALOGUE.filter(
    (detection) =>
      compileEventPattern(rulePattern(detection, live))(event) &&
      runMatch(detection, event) !== undefined,
  ).map(({ id }) => id);
}

describe('the catalogue', () => {
  it('holds the twelve detections, each once, in order', () => {
    expect(CATALOGUE.map(({ id }) => id)).toEqual([
      'asana.app.service-account-created',
      'asana.data.team-made-public',
      'asana.export.organization',
      'asana.policy.app-approval-weakened',
      'asana.policy.email-domain-added',
      'asana.policy.guest-invites-opened',
      'asana.policy.password-weakened',
      'asana.policy.public-access-opened',
      'asana.policy.saml-weakened',
      'asana.policy.session-extended',
      'asana.role.admin-granted',
      'asana.role.super-admin-granted',
    ]);
  });

  it('uses no wildcard in a pattern: a bus takes 30 such rules, shared with every subscriber', () => {
    for (const detection of CATALOGUE) {
      expect(JSON.stringify(rulePattern(detection, live))).not.toContain('wildcard');
    }
  });

  describe.each(CATALOGUE.map((detection) => [detection.id, detection] as const))(
    '%s',
    (_, it_) => {
      it('has a rule pattern EventBridge takes', () => {
        validateEventPattern(rulePattern(it_, live));
        validateEventPattern(rulePattern(it_, { alertOnHistory: true }));
      });

      it.each(it_.examples.alerts.map((event, index) => [index, event] as const))(
        'alerts on example %i',
        (_index, event) => {
          expect(raisedBy(event)).toContain(it_.id);
          const summary = it_.summary(event, { count: 1, lists: {} });
          expect(summary).toMatch(/^\S.{20,}[.]$/);
          expect(it_.entity(event, '77').id).not.toBe('');
        },
      );

      it.each(it_.examples.silent.map((event, index) => [index, event] as const))(
        'is silent on example %i',
        (_index, event) => {
          expect(raisedBy(event)).not.toContain(it_.id);
        },
      );

      it('pages nobody for history or a replay', () => {
        for (const event of it_.examples.alerts) {
          expect(raisedBy(event, { origin: 'backfill' })).toEqual([]);
          expect(raisedBy(event, { replayName: 'friday' })).toEqual([]);
        }
        const first = it_.examples.alerts[0] as AuditLogEvent;
        const matches = compileEventPattern(rulePattern(it_, { alertOnHistory: true }));
        expect(matches(busEvent(first, { origin: 'backfill' }))).toBe(true);
      });

      it('finds an entity and words for whatever an event holds', () => {
        fc.assert(
          fc.property(fc.object({ maxDepth: 3 }), fc.anything(), (parts, odd) => {
            const event = {
              event_type: it_.pattern['detail-type'][0] as string,
              ...parts,
              details: odd,
              actor: parts,
            } as AuditLogEvent;
            const entity = it_.entity(event, '77');
            expect(entity.id).not.toBe('');
            expect(entity.type).not.toBe('');
            const summary = it_.summary(event, { count: 1, lists: {} });
            expect(summary).toBe(cleanText(summary));
            expect(summary.length).toBeLessThan(1_000);
          }),
          { numRuns: 50 },
        );
      });
    },
  );
});

describe('the hard cases', () => {
  const ROLE = 'user_workspace_admin_role_changed';

  it.each([
    ['member', 'domain_admin', ['asana.role.admin-granted']],
    ['member', 'super_admin', ['asana.role.admin-granted', 'asana.role.super-admin-granted']],
    [null, 'super_admin', ['asana.role.admin-granted', 'asana.role.super-admin-granted']],
    ['domain_admin', 'super_admin', ['asana.role.super-admin-granted']],
    ['Domain_Admin', 'Super_Admin', ['asana.role.super-admin-granted']],
    ['super_admin', 'domain_admin', []],
    ['super_admin', 'member', []],
    ['domain_admin', 'member', []],
    ['super_admin', 'super_admin', []],
    ['member', 'guest', []],
    ['domain_admin', null, []],
  ])('a role that goes from %s to %s raises %j', (from, to, raised) => {
    expect(raisedBy(change(ROLE, from, to))).toEqual(raised);
  });

  it('a role change that does not say what was before is a grant', () => {
    expect(raisedBy(example({ type: ROLE, details: { new_value: 'domain_admin' } }))).toEqual([
      'asana.role.admin-granted',
    ]);
  });

  it.each([
    ['workspace_saml_settings_changed', 'required', null, true],
    ['workspace_saml_settings_changed', null, 'optional', true],
    ['workspace_saml_settings_changed', 'optional', 'REQUIRED', false],
    ['workspace_password_requirements_changed', 'strong', 'Simple', true],
    ['workspace_guest_invite_permissions_changed', 'admins_only', 'ANYONE', true],
    ['team_privacy_settings_changed', null, 'PUBLIC', true],
    ['workspace_default_session_duration_changed', '14 days', '13 days', false],
    ['workspace_default_session_duration_changed', '14 days', '14 days', false],
    ['workspace_default_session_duration_changed', '14 days', '15 days', true],
    ['workspace_idle_session_duration_changed', '1 hour', 'Never', true],
    ['workspace_idle_session_duration_changed', null, '1 hour', true],
    ['workspace_idle_session_duration_changed', '2 hours', '14 constructor', true],
    ['workspace_require_app_approvals_of_type_changed', 'all_apps', false, false],
    ['workspace_export_completed', null, null, false],
  ])('%s from %j to %j alerts: %j', (type, from, to, alerts) => {
    expect(raisedBy(change(type, from, to)).length > 0).toBe(alerts);
  });
});

describe('the pattern of what sinks deliver', () => {
  const matches = compileEventPattern(activeOpenedAlertPattern);
  const opened = {
    source: 'asana.audit-log.alerts',
    'detail-type': 'Alert Opened',
    detail: { data: { status: 'active' } },
  };

  it('takes opened, active alerts and nothing else', () => {
    validateEventPattern(activeOpenedAlertPattern);
    expect(matches(opened)).toBe(true);
    expect(matches({ ...opened, 'detail-type': 'Alert Updated' })).toBe(false);
    expect(matches({ ...opened, detail: { data: { status: 'staged' } } })).toBe(false);
    expect(matches({ ...opened, source: 'asana.audit-log' })).toBe(false);
    expect(matches({ ...opened, 'replay-name': 'x' })).toBe(false);
  });
});
