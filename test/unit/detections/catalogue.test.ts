import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEVERITIES } from '../../../lib/contract/alert.ts';
import type { AuditLogEvent } from '../../../lib/contract/bus-event.ts';
import { change, example } from '../../../lib/detections/catalogue/examples.ts';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import { ATTACK_TECHNIQUES } from '../../../lib/detections/definition/attack.ts';
import { rulePattern } from '../../../lib/detections/definition/rule-pattern.ts';
import {
  compileEventPattern,
  validateEventPattern,
} from '../../../lib/detections/event-pattern.ts';
import { cleanText } from '../../../lib/text.ts';
import { busEvent } from '../../support/bus-events.ts';
import { MATCHES, onlyEvent, raisedBy, severityOf } from '../../support/match-detections.ts';

const live = { alertOnHistory: false };
const ids = CATALOGUE.map(({ id }) => id);

describe('the catalogue', () => {
  it('holds each detection once, in the order of their ids', () => {
    expect(ids).toEqual([...new Set(ids)].toSorted());
    expect(MATCHES.length).toBeGreaterThanOrEqual(34);
  });

  it('gives titles that tell detections apart', () => {
    const titles = CATALOGUE.map(({ title }) => title.toLowerCase());
    expect(new Set(titles).size).toBe(titles.length);
  });

  it('uses no wildcard in a pattern: a bus takes 30 such rules, shared with every subscriber', () => {
    for (const detection of CATALOGUE) {
      expect(JSON.stringify(rulePattern(detection, live))).not.toContain('wildcard');
    }
  });

  it.each(CATALOGUE.map((detection) => [detection.id, detection] as const))(
    '%s says what an analyst needs: ATT&CK of both versions, time frames, named fields, a page of its technique',
    (_, { attack, attackV18, triage, references }) => {
      expect(attackV18).toEqual(attack.map((id) => ATTACK_TECHNIQUES.get(id)?.v18));
      expect(triage.join(' ')).toMatch(/\b\d+ (minutes?|hours?|(working )?days?)\b/);
      expect(triage.join(' ')).toMatch(/\b(actor|resource|details|context)\b/);
      for (const id of attack) {
        expect(references).toContain(ATTACK_TECHNIQUES.get(id)?.source);
      }
    },
  );
});

describe.each(MATCHES.map((detection) => [detection.id, detection] as const))('%s', (_, it_) => {
  it('has a rule pattern EventBridge takes', () => {
    for (const alertOnHistory of [false, true]) {
      validateEventPattern(rulePattern(it_, { alertOnHistory }));
      expect(JSON.stringify(rulePattern(it_, { alertOnHistory })).length).toBeLessThan(2_000);
    }
  });

  it.each(it_.examples.alerts.map((event, index) => [index, onlyEvent(event)] as const))(
    'alerts on example %i',
    (_index, event) => {
      expect(raisedBy(event)).toContain(it_.id);
      const summary = it_.summary(event, { count: 1, lists: it_.lists ?? {} });
      expect(summary).toMatch(/^\S.{20,}[.]$/);
      expect(summary).not.toContain('undefined');
      expect(it_.entity(event, '77').id).not.toBe('');
    },
  );

  it.each(it_.examples.silent.map((event, index) => [index, onlyEvent(event)] as const))(
    'is silent on example %i',
    (_index, event) => {
      expect(raisedBy(event)).not.toContain(it_.id);
    },
  );

  it('raises nothing else on its first example, which so stands for it alone', () => {
    expect(raisedBy(onlyEvent(it_.examples.alerts[0] ?? []))).toEqual([it_.id]);
  });

  it('pages nobody for history or a replay', () => {
    for (const event of it_.examples.alerts.map(onlyEvent)) {
      expect(raisedBy(event, { origin: 'backfill' })).toEqual([]);
      expect(raisedBy(event, { replayName: 'friday' })).toEqual([]);
    }
    const first = onlyEvent(it_.examples.alerts[0] ?? []);
    const matches = compileEventPattern(rulePattern(it_, { alertOnHistory: true }));
    expect(matches(busEvent(first, { origin: 'backfill' }))).toBe(true);
  });

  it('finds an entity, words, an answer and a severity for whatever an event holds', () => {
    const lists = { ...it_.lists };
    const part = fc.oneof(fc.object({ maxDepth: 2 }), fc.anything());
    fc.assert(
      fc.property(part, part, part, part, (actor, resource, details, context) => {
        const [type] = it_.pattern['detail-type'];
        const event_type = typeof type === 'string' ? type : 'task_deleted';
        const event = { event_type, actor, resource, details, context } as AuditLogEvent;
        const entity = it_.entity(event, '77');
        expect(entity.id).not.toBe('');
        expect(entity.type).not.toBe('');
        expect(it_.when?.(event, lists) ?? true).toBeTypeOf('boolean');
        expect(SEVERITIES.indexOf(severityOf(it_, event))).toBeLessThanOrEqual(
          SEVERITIES.indexOf(it_.severity),
        );
        const summary = it_.summary(event, { count: 1, lists });
        expect(summary).toBe(cleanText(summary));
        expect(summary.length).toBeLessThan(1_000);
      }),
      { numRuns: 50 },
    );
  });
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
    ['member', 'BillingAdminLite', ['asana.role.admin-granted']],
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
    ['workspace_require_app_approvals_of_type_changed', 'all_apps', false, true],
    ['workspace_export_completed', null, null, false],
  ])('%s from %j to %j alerts: %j', (type, from, to, alerts) => {
    expect(raisedBy(change(type, from, to)).length > 0).toBe(alerts);
  });
});
