// Each condition of each detection is needed: whichever is left out, some example comes out differently.
import { describe, expect, it } from 'vitest';
import type { AuditLogEvent } from '../../../lib/contract/bus-event.ts';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import type { Lists, MatchDetection } from '../../../lib/detections/define.ts';
import { rulePattern } from '../../../lib/detections/definition/rule-pattern.ts';
import { compileEventPattern } from '../../../lib/detections/event-pattern.ts';
import { busEvent } from '../../support/bus-events.ts';
import { LIST_CASES } from '../../support/list-cases.ts';
import { MATCHES, onlyEvent, severityOf } from '../../support/match-detections.ts';
import { mutantsOf } from '../../support/pattern-mutants.ts';

/** True when every example comes out as it says, and every case with configured lists. */
function holds({ id, when, lists, examples }: MatchDetection, pattern: object): boolean {
  const matches = compileEventPattern(pattern);
  const alerts = (data: AuditLogEvent, configured: Lists = {}) =>
    matches(busEvent(data)) && (when?.(data, { ...lists, ...configured }) ?? true);
  return (
    examples.alerts.every((event) => alerts(onlyEvent(event))) &&
    !examples.silent.some((event) => alerts(onlyEvent(event))) &&
    LIST_CASES.filter((each) => each.id === id).every(
      (each) => alerts(each.event, each.lists) === (each.raises !== undefined),
    )
  );
}

/** The frame of a rule is the same for all and is tested with `rulePattern`: only the detection's own part is cut. */
function ownMutants(detection: MatchDetection) {
  const frame = rulePattern(detection, { alertOnHistory: false });
  return mutantsOf({ ...detection.pattern }).map(({ without, pattern }) => {
    const { detail } = pattern as { detail?: { data?: object } };
    const metadata = { origin: ['live'] };
    const { 'detail-type': _types, detail: _detail, ...rest } = frame as Record<string, unknown>;
    return { without, pattern: { ...rest, ...pattern, detail: { metadata, ...detail } } };
  });
}

describe.each(MATCHES.map((detection) => [detection.id, detection] as const))('%s', (_, it_) => {
  it('holds as it stands', () => {
    expect(holds(it_, rulePattern(it_, { alertOnHistory: false }))).toBe(true);
  });

  const types = it_.pattern['detail-type'];
  const isForAnyType = JSON.stringify(types) === '[{"exists":true}]';
  const mutants = ownMutants(it_).filter(
    // Stands for "any event type": every event has one, so leaving it out changes nothing.
    ({ without }) => !(isForAnyType && without === 'detail-type'),
  );
  if (mutants.length > 0) {
    it.each(mutants.map(({ without, pattern }) => [without, pattern] as const))(
      'needs %s',
      (_without, pattern) => {
        expect(holds(it_, pattern)).toBe(false);
      },
    );
  }

  if (it_.when !== undefined) {
    it('needs its condition in code, both ways', () => {
      const { when: _gone, ...always } = it_;
      expect(holds(always, rulePattern(it_, { alertOnHistory: false }))).toBe(false);
      const never = { ...it_, when: () => false };
      expect(holds(never, rulePattern(it_, { alertOnHistory: false }))).toBe(false);
    });
  }
});

it('the examples show more than one severity wherever the event alone decides it', () => {
  const same = MATCHES.filter(
    ({ severityOf: of, lists }) => of !== undefined && lists === undefined,
  )
    .filter(({ examples, ...rest }) => {
      const detection = { examples, ...rest };
      const severities = examples.alerts.map((event) => severityOf(detection, onlyEvent(event)));
      return new Set(severities).size < 2;
    })
    .map(({ id }) => id);
  expect(same).toEqual([]);
});

it('every detection of one event is among those mutated', () => {
  const single = CATALOGUE.filter(({ kind }) => kind === 'match').map(({ id }) => id);
  expect(MATCHES.map(({ id }) => id)).toEqual(single);
});

describe('the mutants', () => {
  it('leave out each field, each member and each branch once, and nothing that EventBridge refuses', () => {
    const pattern = {
      type: ['a', 'b'],
      data: { $or: [{ x: [null] }, { y: [{ 'anything-but': ['p', 'q'] }] }] },
    };
    const or = (x: object, y: object) => ({ ...pattern, data: { $or: [x, y] } });
    const [x, y] = pattern.data.$or as [object, object];
    expect(mutantsOf(pattern).map(({ pattern: mutant }) => mutant)).toEqual([
      { data: pattern.data },
      { ...pattern, type: ['b'] },
      { ...pattern, type: ['a'] },
      { type: ['a', 'b'] },
      { type: ['a', 'b'] },
      { ...pattern, data: y },
      { ...pattern, data: x },
      or(x, { y: [{ 'anything-but': ['q'] }] }),
      or(x, { y: [{ 'anything-but': ['p'] }] }),
    ]);
  });
});
