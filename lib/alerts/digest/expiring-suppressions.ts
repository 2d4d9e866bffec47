// The suppressions whose exception ends within a time, as the digest tells them.
// Where they are kept is suppressions/store.ts's, how they are told words.ts's.
import { IN_FORCE } from '../suppressions/active.ts';
import type { SuppressionStore } from '../suppressions/store.ts';
import type { ExpiringSuppression } from './digest.ts';

/** Those in force that expire from `from` on and before `until`, milliseconds since the epoch. */
export async function expiringSuppressions(
  store: Pick<SuppressionStore, 'list'>,
  from: number,
  until: number,
): Promise<ExpiringSuppression[]> {
  return (await store.list()).flatMap(({ state, suppression }) => {
    const { id, detectionId, owner, reason, expiresAt } = suppression;
    const end = Date.parse(expiresAt);
    const isOne = state === IN_FORCE && end >= from && end < until;
    return isOne ? [{ id, detectionId, owner, reason, expiresAt }] : [];
  });
}
