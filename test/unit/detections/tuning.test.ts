// What configuration changes about detections: what it makes of them, and what it must not say.
import { describe, expect, it } from 'vitest';
import type { Detection } from '../../../lib/detections/define.ts';
import { overrideProblems } from '../../../lib/detections/tuning/overrides.ts';
import { switchedOff, tuned } from '../../../lib/detections/tuning/tuning.ts';
import { testDetection } from '../../support/test-detection.ts';

const match = testDetection({
  kind: 'match',
  id: 'asana.test.match',
  lists: { admins: ['1'], domains: ['a.example'] },
});
const threshold = testDetection({ kind: 'threshold', id: 'asana.test.threshold' });
const distinct = testDetection({
  kind: 'threshold',
  id: 'asana.test.distinct',
  distinct: { by: ['actor.gid'], missing: 'skip' },
});
const fresh = testDetection({ kind: 'newValue', id: 'asana.test.fresh' });
const sequence = testDetection({ kind: 'sequence', id: 'asana.test.sequence' });
const catalogue: readonly Detection[] = [match, threshold, distinct, fresh, sequence];

const places = (value: unknown) =>
  overrideProblems(catalogue, value).map(({ path }) => path.join('.'));

describe('tuned', () => {
  it('leaves out what is off, in the catalogue order, and changes no definition', () => {
    const before = JSON.stringify(catalogue);
    const effective = tuned(catalogue, {
      'asana.test.fresh': { status: 'off' },
      'asana.test.match': { status: 'staged' },
    });
    expect(effective.map(({ id, status }) => [id, status])).toEqual([
      ['asana.test.match', 'staged'],
      ['asana.test.threshold', undefined],
      ['asana.test.distinct', undefined],
      ['asana.test.sequence', undefined],
    ]);
    expect([...switchedOff(catalogue, effective)]).toEqual(['asana.test.fresh']);
    expect(JSON.stringify(catalogue)).toBe(before);
    expect(tuned(catalogue, {})).toEqual(catalogue);
  });

  it('turns on what a definition has off', () => {
    const quiet = { ...match, status: 'off' as const };
    expect(tuned([quiet], {})).toEqual([]);
    expect(tuned([quiet], { [quiet.id]: { status: 'active' } })).toHaveLength(1);
  });

  it('replaces a severity that depends on the event', () => {
    const varied = { ...match, severityOf: () => 'info' as const };
    const [changed] = tuned([varied], { [varied.id]: { severity: 'critical' } });
    expect([changed?.severity, changed?.severityOf]).toEqual(['critical', undefined]);
    expect(tuned([varied], { [varied.id]: { window: '2h' } })[0]?.severityOf).toBe(
      varied.severityOf,
    );
  });

  it('replaces the lists that are named, and the numbers', () => {
    const [changed] = tuned([match], { [match.id]: { lists: { admins: ['2', '3'] } } });
    expect(changed?.lists).toEqual({ admins: ['2', '3'], domains: ['a.example'] });
    const [lower] = tuned([threshold], { [threshold.id]: { atLeast: 3, within: '5m' } });
    expect(lower).toMatchObject({ atLeast: 3, within: '5m', kind: 'threshold' });
  });
});

describe('overrideProblems', () => {
  it('takes every field where it belongs', () => {
    expect(
      places({
        'asana.test.match': {
          status: 'active',
          severity: 'low',
          window: '14d',
          lists: { admins: [] },
        },
        'asana.test.threshold': { atLeast: 200, within: '1h' },
        'asana.test.fresh': { learn: '1h', forget: '1d' },
        'asana.test.sequence': { within: '3d' },
      }),
    ).toEqual([]);
  });

  it('names everything that is wrong, at once', () => {
    expect(
      places({
        'asana.test.mtch': { status: 'off' },
        'asana.test.match': { status: 'on', severity: 'urgent', atLeast: 3, lists: { other: [] } },
        'asana.test.threshold': { atLeast: 1, within: '0m', learn: '1d', lists: {}, statu: 'off' },
        'asana.test.distinct': { atLeast: 101 },
        'asana.test.fresh': { learn: '59m', forget: '23h' },
        'asana.test.sequence': null,
      }),
    ).toEqual([
      'asana.test.mtch',
      'asana.test.match.status',
      'asana.test.match.severity',
      'asana.test.match.atLeast',
      'asana.test.match.lists.other',
      'asana.test.threshold.atLeast',
      'asana.test.threshold.within',
      'asana.test.threshold.learn',
      'asana.test.threshold.lists',
      'asana.test.threshold.statu',
      'asana.test.distinct.atLeast',
      'asana.test.fresh.learn',
      'asana.test.fresh.forget',
      'asana.test.sequence',
    ]);
  });

  it('says what to do: the id that was meant, the kind that has the field, the lists there are', () => {
    const wanted = (value: object) => overrideProblems(catalogue, value)[0]?.wanted;
    expect(wanted({ 'asana.test.mtch': {} })).toContain('asana.test.match');
    expect(wanted({ 'asana.test.match': { atLeast: 3 } })).toContain('threshold');
    expect(wanted({ 'asana.test.match': { lists: { admin: [] } } })).toContain('admins, domains');
    expect(wanted({ 'asana.test.match': { serverity: 'low' } })).toContain('severity');
  });

  it.each([[[]], ['x'], [null], [3]])('refuses %j for the whole', (value) => {
    expect(overrideProblems(catalogue, value)).toHaveLength(1);
  });

  it.each([['toString'], ['__proto__'], ['constructor']])(
    '%s is no detection and no field',
    (name) => {
      const id = JSON.parse(`{${JSON.stringify(name)}:{"status":"off"}}`);
      expect(overrideProblems(catalogue, id)).toHaveLength(1);
      const field = JSON.parse(`{"asana.test.match":{${JSON.stringify(name)}:1}}`);
      expect(overrideProblems(catalogue, field)).toHaveLength(1);
    },
  );

  it.each([[['a', 1]], ['a'], [['']], [[' ']], [Array(1001).fill('a')], [['x'.repeat(255)]]])(
    'refuses a list such as %j',
    (admins) => {
      expect(places({ 'asana.test.match': { lists: { admins } } })).toEqual([
        'asana.test.match.lists.admins',
      ]);
    },
  );
});
