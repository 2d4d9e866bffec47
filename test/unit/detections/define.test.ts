import { describe, expect, it } from 'vitest';
import { passwordSpray } from '../../../lib/detections/catalogue/address-bursts.ts';
import { exportThenDelete } from '../../../lib/detections/catalogue/extortion.ts';
import { newOauthApp } from '../../../lib/detections/catalogue/new-apps.ts';
import { afterDeprovision } from '../../../lib/detections/catalogue/removed-users.ts';
import { mfaNotRestored } from '../../../lib/detections/catalogue/second-factor.ts';
import { samlWeakened } from '../../../lib/detections/catalogue/sign-in-policy.ts';
import {
  defineCatalogue,
  defineDetection,
  type MatchDetection,
} from '../../../lib/detections/define.ts';
import { durationMinutes, isDurationExtended } from '../../../lib/detections/reading/durations.ts';
import type { AuditBusError } from '../../../lib/errors.ts';

function refusal(changed: object): AuditBusError {
  try {
    const whole =
      'kind' in changed && 'version' in changed ? changed : { ...samlWeakened, ...changed };
    defineDetection(whole as MatchDetection);
  } catch (error) {
    return error as AuditBusError;
  }
  throw new Error('It was taken.');
}

describe('defineDetection', () => {
  it('returns a sound definition, frozen', () => {
    const defined = defineDetection({ ...samlWeakened });
    expect(defined.id).toBe(samlWeakened.id);
    expect(Object.isFrozen(defined)).toBe(true);
  });

  it.each([
    ['id', { id: 'Asana.Policy.X' }],
    ['version', { version: 0 }],
    ['title', { title: ' ' }],
    ['severity', { severity: 'urgent' }],
    ['attack', { attack: [] }],
    ['attackV18.0', { attackV18: ['T15'] }],
    ['pattern.detail-type', { pattern: { 'detail-type': [] } }],
    ['pattern', { pattern: { 'detail-type': ['a'], source: ['b'] } }],
    ['entity', { entity: 'actor' }],
    ['summary', { summary: undefined }],
    ['triage', { triage: ['Only one.'] }],
    ['falsePositives', { falsePositives: '' }],
    ['references.0', { references: ['http://example.com'] }],
    ['examples.silent', { examples: { ...samlWeakened.examples, silent: [] } }],
    ['definition', { typo: true }],
    ['kind', { kind: 'guess' }],
  ])('names %s when it is wrong, and the detection', (field, changed) => {
    const error = refusal(changed);
    expect(error.code).toBe('detection.invalid');
    expect(error.message).toContain(`  - ${field}: `);
    if (!('id' in changed)) expect(error.message).toContain(samlWeakened.id);
  });

  const [taken, destroyed] = exportThenDelete.steps;
  const key = { by: ['actor.gid'], missing: 'skip' };
  it.each<readonly [string, object, object]>([
    ['attack.0', samlWeakened, { attack: ['T1562.001'] }],
    ['attackV18.0', samlWeakened, { attackV18: ['T1685'] }],
    ['pattern.detail-type', samlWeakened, { pattern: { 'detail-type': ['user_logged_inn'] } }],
    ['pattern', samlWeakened, { pattern: { 'detail-type': [{ prefixed: 'user' }] } }],
    ['examples.alerts', samlWeakened, { examples: { alerts: [], silent: [] } }],
    ['examples.alerts.0', samlWeakened, { examples: { alerts: [{}, {}], silent: [] } }],
    ['examples.silent.1', samlWeakened, { examples: { alerts: [], silent: [[], []] } }],
    ['window', samlWeakened, { window: '1 hour' }],
    ['window', samlWeakened, { window: '15d' }],
    ['within', passwordSpray, { within: '15 minutes' }],
    ['within', passwordSpray, { within: '0m' }],
    ['within', passwordSpray, { within: '401d' }],
    ['within', passwordSpray, { within: undefined }],
    ['atLeast', passwordSpray, { atLeast: 1 }],
    ['atLeast', passwordSpray, { atLeast: 201 }],
    ['atLeast', passwordSpray, { atLeast: 101 }],
    ['groupBy', passwordSpray, { groupBy: { type: 'ip', by: ['context.client_ip_address'] } }],
    ['groupBy', passwordSpray, { groupBy: { type: 'ip', ...key, missing: 'ignore' } }],
    ['groupBy', passwordSpray, { groupBy: undefined }],
    ['distinct.missing', passwordSpray, { distinct: { by: ['resource.gid'] } }],
    ['distinct.by.0', passwordSpray, { distinct: { ...key, by: ['resource[0]'] } }],
    ['definition', passwordSpray, { steps: [] }],
    ['learn', newOauthApp, { learn: '10m' }],
    ['forget', newOauthApp, { forget: '1h' }],
    ['forget', newOauthApp, { forget: 'for ever' }],
    ['remember', newOauthApp, { remember: '89d' }],
    ['value', newOauthApp, { value: undefined }],
    ['value.missing', newOauthApp, { value: { by: ['details.app_gid'] } }],
    ['steps', exportThenDelete, { steps: [taken] }],
    ['steps.0.name', exportThenDelete, { steps: [{ ...taken, name: '' }, destroyed] }],
    ['steps.1.atLeast', exportThenDelete, { steps: [taken, { ...destroyed, atLeast: 0 }] }],
    ['steps.1.or', exportThenDelete, { steps: [taken, { ...destroyed, or: [] }] }],
    [
      'steps.1.or.0.pattern.detail-type',
      exportThenDelete,
      { steps: [taken, { ...destroyed, or: [{ pattern: { 'detail-type': ['task_gone'] } }] }] },
    ],
    [
      'unless.pattern.detail-type',
      afterDeprovision,
      { unless: { pattern: { 'detail-type': ['user_returned'] } } },
    ],
    ['expected', mfaNotRestored, { expected: undefined }],
    [
      'expected.pattern.detail-type',
      mfaNotRestored,
      { expected: { pattern: { 'detail-type': ['user_two_factor_auth_back'] } } },
    ],
  ])('names %s of a definition that is wrong there', (field, whole, changed) => {
    const error = refusal({ ...whole, ...changed });
    expect(error.code).toBe('detection.invalid');
    expect(error.message).toContain(`  - ${field}: `);
    expect(error.message).toContain(String((whole as { id?: string }).id));
  });

  it('takes no pattern above what EventBridge takes, wherever it stands', () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ prefix: `workspace_${index}_` }));
    const pattern = { 'detail-type': many };
    expect(refusal({ pattern }).message).toContain('  - pattern: EventBridge refuses');
    const steps = [taken, { ...destroyed, pattern }];
    expect(refusal({ ...exportThenDelete, steps }).message).toContain('  - steps: EventBridge');
  });

  it('names every problem at once', () => {
    expect(refusal({ version: 1.5, title: '', triage: [] }).message.split('\n  - ')).toHaveLength(
      4,
    );
  });
});

describe('defineCatalogue', () => {
  it('names each id that is used twice', () => {
    const twice = [samlWeakened, newOauthApp, { ...exportThenDelete, id: samlWeakened.id }];
    expect(() => defineCatalogue(twice)).toThrow(`used twice: ${samlWeakened.id}`);
    expect(defineCatalogue([samlWeakened, newOauthApp])).toEqual([samlWeakened, newOauthApp]);
  });
});

describe('durations', () => {
  it.each([
    ['14 days', 20_160],
    ['1 Day', 1_440],
    ['30 minutes', 30],
    ['12_hours', 720],
    ['2 weeks', 20_160],
    ['1.5 hours', 90],
    ['never', Number.POSITIVE_INFINITY],
    [' NEVER ', Number.POSITIVE_INFINITY],
    ['14', undefined],
    [14, undefined],
    ['', undefined],
    [null, undefined],
    ['14 constructor', undefined],
    [{ days: 14 }, undefined],
    ['-1 days', undefined],
  ])('%j is %j minutes', (value, minutes) => {
    expect(durationMinutes(value)).toBe(minutes);
  });

  it.each([
    ['14 days', 'never', true],
    ['never', 'never', true],
    ['never', '14 days', false],
    ['14 days', '2 weeks', false],
    ['1 day', '25 hours', true],
    [undefined, '1 day', true],
    ['1 day', undefined, true],
  ])('from %j to %j is extended: %j', (before, now, extended) => {
    expect(isDurationExtended(before, now)).toBe(extended);
  });
});
