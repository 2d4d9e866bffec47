// Matches of an engine that remembers nothing, applied to a group as `applyEvents` does.
import { type Applied, applyEvents } from '../../lib/alerts/life/apply.ts';
import type { Match } from '../../lib/alerts/life/finding.ts';
import type { GroupState } from '../../lib/alerts/life/group.ts';
import type { LifeRules } from '../../lib/alerts/life/rules.ts';

export function applyMatches(
  state: GroupState,
  matches: readonly Match[],
  rules: LifeRules,
): Applied<Match> {
  return applyEvents(
    state,
    matches,
    () => rules,
    (memory, match) => ({ memory, matches: [match] }),
  );
}
