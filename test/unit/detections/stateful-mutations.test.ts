// Each condition and each number of the detections that keep a state is needed: whichever is changed, some example comes
// out differently.
import { describe, expect, it } from 'vitest';
import type { StatefulDetection } from '../../../lib/detections/define.ts';
import { openedBy, STATEFUL } from '../../support/stateful-detections.ts';
import { STATEFUL_LIST_CASES } from '../../support/stateful-list-cases.ts';
import { statefulMutantsOf } from '../../support/stateful-mutants.ts';

/** True when every example comes out as it says, and every case with configured lists. */
function holds(detection: StatefulDetection): boolean {
  const { id, examples } = detection;
  return (
    examples.alerts.every((example) => openedBy(detection, example).length === 1) &&
    examples.silent.every((example) => openedBy(detection, example).length === 0) &&
    STATEFUL_LIST_CASES.filter((each) => each.id === id).every(
      ({ example, lists, raises }) =>
        openedBy(detection, example, { lists }).length === (raises === undefined ? 0 : 1),
    )
  );
}

/** Changes that nothing can show, each with the reason. */
const ALONE =
  'a step whose person is unknown stands alone in any group: the other steps are skipped';
const ALWAYS = 'the pattern takes no event without it';
const EQUIVALENT: Readonly<Record<string, string>> = {
  'asana.login.after-deprovision steps[1].groupBy missing: own-group': ALONE,
  'asana.user.takeover-chain groupBy missing: own-group': ALONE,
  'asana.user.takeover-chain steps[2].groupBy missing: own-group': ALONE,
  'asana.login.dormant-account value missing: own-group': ALWAYS,
  'asana.login.dormant-account value missing: alert': ALWAYS,
  'asana.login.dormant-account learn of 59d': 'whoever is silent for 60 days was known 60 days ago',
  'asana.policy.change-burst distinct missing: own-group': ALWAYS,
  'asana.policy.change-burst distinct missing: alert': ALWAYS,
  'asana.policy.off-then-on groupBy missing: own-group': ALWAYS,
  'asana.policy.off-then-on groupBy missing: alert': ALWAYS,
  'asana.data.self-add-burst groupBy missing: own-group': 'its condition takes no event without it',
  'asana.data.self-add-burst groupBy missing: alert': 'its condition takes no event without it',
};

describe.each(STATEFUL.map((detection) => [detection.id, detection] as const))('%s', (id, it_) => {
  it('holds as it stands', () => {
    expect(holds(it_)).toBe(true);
  });

  const mutants = statefulMutantsOf(it_).filter(
    ({ without }) => !(`${id} ${without}` in EQUIVALENT),
  );
  it.each(mutants.map(({ without, detection }) => [without, detection] as const))(
    'needs %s',
    (_without, mutant) => {
      expect(holds(mutant)).toBe(false);
    },
  );
});

it('every change that nothing can show is one of the definitions as they are', () => {
  const all = STATEFUL.flatMap((each) =>
    statefulMutantsOf(each).map(
      ({ without, detection }) => [`${each.id} ${without}`, detection] as const,
    ),
  );
  const found = all.filter(([name]) => name in EQUIVALENT);
  expect(found.map(([name]) => name).toSorted()).toEqual(Object.keys(EQUIVALENT).toSorted());
  for (const [name, detection] of found) expect(holds(detection), name).toBe(true);
});
