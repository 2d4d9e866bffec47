// The list of faults as a person types it, and when each fault comes.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FAULTS, type FaultName } from '../../../lib/local/simulator/fault-list.ts';
import { FaultSchedule, parseFaults } from '../../../lib/local/simulator/faults.ts';

const ofKind = (kind: string) =>
  Object.entries(FAULTS)
    .filter(([, definition]) => definition.kind === kind)
    .map(([name]) => name as FaultName);

function requests(list: string, count: number, seed = 1): (string | undefined)[] {
  const schedule = new FaultSchedule(parseFaults(list), seed);
  return Array.from({ length: count }, () => schedule.forRequest('w', true)?.name);
}

describe('parseFaults', () => {
  it('reads names, settings and blanks', () => {
    const [limited, slow] = parseFaults(
      ' rate-limit:every=2:retry-after=7:date=true:after=1:times=3:workspace=9 , slow-body,',
    );
    expect(limited).toMatchObject({
      name: 'rate-limit',
      every: 2,
      after: 1,
      times: 3,
      workspace: '9',
      chance: undefined,
      parameters: { 'retry-after': 7, date: true },
    });
    expect(slow).toMatchObject({ name: 'slow-body', every: 3, parameters: { ms: 2000 } });
    expect(parseFaults('')).toEqual([]);
  });

  it('reports every problem at once', () => {
    const bad =
      'nonsense,rate-limit:every=0:speed=3:date=maybe,slow-body:ms=,gzip:chance=2:times=x';
    expect(() => parseFaults(bad)).toThrow(
      expect.objectContaining({
        code: 'configuration.invalid',
        problems: [
          expect.stringContaining('there is no fault "nonsense"; the faults are unauthorized,'),
          'rate-limit: every must be a whole number from 1 (given: 0)',
          'rate-limit: date must be true or false (given: maybe)',
          'rate-limit: there is no setting "speed"',
          'slow-body: ms must be a whole number from 0 (given: )',
          'gzip: times must be a whole number from 1 (given: x)',
          'gzip: chance must be above 0 and at most 1 (given: 2)',
        ],
      }),
    );
  });
});

describe('a fault of a request', () => {
  it('comes with each n-th request, after some, so many times', () => {
    expect(requests('server-error:every=3:after=1:times=2', 12)).toEqual(
      Array.from({ length: 12 }, (_, i) => (i === 3 || i === 6 ? 'server-error' : undefined)),
    );
  });

  it('waits its turn behind those listed before it', () => {
    expect(requests('unavailable:every=2,server-error:every=2', 8)).toEqual([
      undefined,
      'unavailable',
      'server-error',
      'unavailable',
      undefined,
      'unavailable',
      'server-error',
      'unavailable',
    ]);
  });

  it('comes by chance as the seed has it', () => {
    const first = requests('server-error:chance=0.3', 2000, 1);
    expect(requests('server-error:chance=0.3', 2000, 1)).toEqual(first);
    expect(requests('server-error:chance=0.3', 2000, 2)).not.toEqual(first);
    const hits = first.filter((name) => name !== undefined).length;
    expect(hits).toBeGreaterThan(450);
    expect(hits).toBeLessThan(750);
  });

  it('counts by workspace and can be meant for one only', () => {
    const schedule = new FaultSchedule(parseFaults('unavailable:every=2,forbidden:workspace=b'), 1);
    const asked = ['a', 'b', 'a', 'b'].map((gid) => schedule.forRequest(gid, false)?.name);
    expect(asked).toEqual([undefined, 'forbidden', 'unavailable', 'unavailable']);
  });

  it('leaves requests without an offset alone when it is about offsets', () => {
    const schedule = new FaultSchedule(parseFaults('expire-offsets:every=1'), 1);
    expect(schedule.forRequest('w', false)).toBeUndefined();
    expect(schedule.forRequest('w', true)?.name).toBe('expire-offsets');
  });

  it('leaves room for progress, however many are listed, unless it is every time', () => {
    const passing = ofKind('request').filter((name) => FAULTS[name].every > 1);
    fc.assert(
      fc.property(fc.shuffledSubarray(passing, { minLength: 1, maxLength: 6 }), (names) => {
        expect(requests(names.join(','), 2000)).toContain(undefined);
      }),
    );
  });
});

describe('a fault of events', () => {
  it('meets the same events each time', () => {
    const schedule = new FaultSchedule(parseFaults('unknown-type:every=4:after=2:times=2'), 1);
    for (const _ of [1, 2]) {
      const hit = Array.from({ length: 20 }, (_, i) => i).filter(
        (index) => schedule.forEvent('w', index).length > 0,
      );
      expect(hit).toEqual([5, 9]);
    }
  });
});
