// Adds and removes suppressions so that the bus knows of every one that is in force: who, what, why.
// What one may hold is input.ts's, how it is kept store.ts's.
import { operatorEntry } from '../../bus/operator-entry.ts';
import type { BusEntry, Publisher } from '../../bus/publisher-port.ts';
import type { Suppression } from '../../contract/operator.ts';
import { OPERATOR_DETAIL_TYPES } from '../../contract/sources.ts';
import { AuditBusError } from '../../errors.ts';
import type { Removal, StoredSuppression, SuppressionStore } from './store.ts';
import { coverWords } from './suppression.ts';

export interface ManageDeps {
  readonly store: SuppressionStore;
  readonly publisher: Publisher;
}

/**
 *     add:     write (adding) -> publish -> in force
 *     remove:  write (removing: out of force) -> publish -> removed
 *
 * Whatever dies on the way, no suppression is in force that the bus has not heard of, and none stays in force that the
 * bus has heard to be removed.
 * @throws AuditBusError `suppression.not-published`, and it is not in force
 */
export async function addSuppression(suppression: Suppression, deps: ManageDeps): Promise<void> {
  await deps.store.put(suppression);
  await publish(addedEvent(suppression), suppression, deps);
  await deps.store.move(suppression, ['adding'], 'in-force');
}

/**
 * Safe to repeat: one whose removal is under way is told of again, by the name and reason of who began it.
 * @returns what was told of; undefined when it has been removed before
 * @throws AuditBusError `suppression.not-published`, and it is out of force all the same
 */
export async function removeSuppression(
  { suppression, state, removal: begun }: StoredSuppression,
  given: Removal,
  deps: ManageDeps,
): Promise<Removal | undefined> {
  if (state === 'removed') return undefined;
  const removal = state === 'removing' && begun !== undefined ? begun : given;
  if (state !== 'removing') {
    const moved = await deps.store.move(suppression, ['adding', 'in-force'], 'removing', removal);
    if (!moved) {
      // Another was faster, or it was us: the write was applied, its answer was lost, and the SDK tried again.
      const now = (await deps.store.list()).find((one) => one.suppression.id === suppression.id);
      return now?.state === 'removing' ? removeSuppression(now, given, deps) : undefined;
    }
  }
  await publish(removedEvent(suppression, removal), suppression, deps);
  await deps.store.move(suppression, ['removing'], 'removed');
  return removal;
}

async function publish(entry: BusEntry, { id }: Suppression, { publisher }: ManageDeps) {
  const { published, failure, poison } = await publisher.publish([entry]);
  if (published[0]) return;
  const why = failure ?? poison[0];
  throw new AuditBusError(
    'suppression.not-published',
    `The bus did not take the event (${why?.code ?? 'unknown'}: ${why?.message ?? ''}). ${id} is not in force; npm run suppressions -- remove ${id} clears it.`,
    { retryable: failure?.retryable ?? false },
  );
}

export function addedEvent(suppression: Suppression): BusEntry {
  const { createdBy, createdAt, reason, owner, expiresAt } = suppression;
  return operatorEntry(OPERATOR_DETAIL_TYPES.suppressionAdded, createdAt, {
    code: 'suppression.added',
    message: `${createdBy} suppressed ${coverWords(suppression)} until ${expiresAt} for ${owner}: ${reason}`,
    by: createdBy,
    reason,
    suppression,
  });
}

function removedEvent(suppression: Suppression, { by, reason, at }: Removal): BusEntry {
  return operatorEntry(OPERATOR_DETAIL_TYPES.suppressionRemoved, at, {
    code: 'suppression.removed',
    message: `${by} removed the suppression ${suppression.id} of ${coverWords(suppression)}: ${reason}`,
    by,
    reason,
    suppression,
  });
}
