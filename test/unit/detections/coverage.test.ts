import { describe, expect, it } from 'vitest';
import { EVENT_TYPES_BY_CATEGORY } from '../../../lib/asana/event-types.ts';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import { coverageOf, IGNORED_TYPES } from '../../../lib/detections/definition/coverage.ts';

const coverage = coverageOf(CATALOGUE);

describe('coverage of the known event types', () => {
  it('has each of the 136 once, and a reason for each that no detection names', () => {
    const types = coverage.map(({ type }) => type);
    expect(types).toEqual(Object.values(EVENT_TYPES_BY_CATEGORY).flat());
    expect(new Set(types).size).toBe(136);
    const gaps = coverage.filter(({ is, reason }) => is === 'ignored' && reason === undefined);
    expect(
      gaps.map(({ type }) => type),
      'give a reason in lib/detections/definition/coverage.ts',
    ).toEqual([]);
  });

  it('ignores no type that a detection names', () => {
    const both = coverage.filter(({ type, is }) => is !== 'ignored' && IGNORED_TYPES.has(type));
    expect(
      both.map(({ type }) => type),
      'take it out of lib/detections/definition/coverage.ts',
    ).toEqual([]);
  });

  it('gives each reason for known types, once each', () => {
    const ignored = coverage.filter(({ is }) => is === 'ignored').map(({ type }) => type);
    expect([...IGNORED_TYPES.keys()].toSorted()).toEqual(ignored.toSorted());
    for (const reason of IGNORED_TYPES.values()) expect(reason).toMatch(/^[A-Z].{30,}\.$/);
  });

  it('names the detections, and does not take those of any type for one', () => {
    const of = (type: string) => coverage.find((each) => each.type === type);
    expect(of('workspace_saml_settings_changed')).toEqual({
      type: 'workspace_saml_settings_changed',
      is: 'detected',
      by: expect.arrayContaining(['asana.policy.saml-weakened']),
    });
    expect(of('workspace_baa_signed')).toMatchObject({ is: 'ignored', by: [] });
    expect(coverageOf([]).every(({ is, by }) => is === 'ignored' && by.length === 0)).toBe(true);
  });

  it('tells one event from several', () => {
    const threshold = {
      ...CATALOGUE[0],
      id: 'asana.test.many',
      kind: 'threshold',
      pattern: { 'detail-type': ['team_created'] },
    } as unknown as (typeof CATALOGUE)[number];
    const of = coverageOf([threshold]).find(({ type }) => type === 'team_created');
    expect(of).toEqual({ type: 'team_created', is: 'watched', by: ['asana.test.many'] });
  });
});
