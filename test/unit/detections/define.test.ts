import { describe, expect, it } from 'vitest';
import { samlWeakened } from '../../../lib/detections/catalogue/sign-in-policy.ts';
import { defineDetection, type MatchDetection } from '../../../lib/detections/define.ts';
import { durationMinutes, isDurationExtended } from '../../../lib/detections/durations.ts';
import type { AuditBusError } from '../../../lib/errors.ts';

function refusal(changed: object): AuditBusError {
  try {
    defineDetection({ ...samlWeakened, ...changed } as MatchDetection);
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

  it('names every problem at once', () => {
    expect(refusal({ version: 1.5, title: '', triage: [] }).message.split('\n  - ')).toHaveLength(
      4,
    );
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
