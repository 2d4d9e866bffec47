// The alerts of one run against those of another: which are gained, which lost. Pure, over two streams in order of time.
// Alerts correspond when detection, workspace and entity are the same and their times, first to last event, overlap: a
// threshold that is reached sooner opens an alert by another event, and it is still about the same matter.
import type { Alert } from '../contract/alert.ts';

export interface Compared {
  readonly alert: Alert;
  /** `kept`: raised here and there. `gained`: here only. `lost`: there only. */
  readonly is: 'kept' | 'gained' | 'lost';
}

interface Pending {
  readonly alert: Alert;
  readonly key: string;
  readonly first: number;
  readonly last: number;
  isMet: boolean;
}

/** @param here and `there`, each in the order of `firstSeen`; so is what comes out, each side by itself */
export function* compared(here: Iterable<Alert>, there: Iterable<Alert>): Generator<Compared> {
  const [ours, theirs]: [Pending[], Pending[]] = [[], []];
  for (const { pending, isOurs } of inTime(here, there)) {
    yield* settled(ours, pending.first, 'gained');
    yield* settled(theirs, pending.first, 'lost');
    for (const other of isOurs ? theirs : ours) {
      if (other.key !== pending.key || other.last < pending.first) continue;
      other.isMet = true;
      pending.isMet = true;
    }
    (isOurs ? ours : theirs).push(pending);
  }
  yield* settled(ours, Number.POSITIVE_INFINITY, 'gained');
  yield* settled(theirs, Number.POSITIVE_INFINITY, 'lost');
}

/** Those at the front that nothing from `now` on can meet, or that are met. */
function* settled(pending: Pending[], now: number, unmet: 'gained' | 'lost'): Generator<Compared> {
  let done = 0;
  for (const { alert, isMet, last } of pending) {
    if (last >= now) break;
    done += 1;
    if (!isMet) yield { alert, is: unmet };
    else if (unmet === 'gained') yield { alert, is: 'kept' };
  }
  pending.splice(0, done);
}

function* inTime(
  here: Iterable<Alert>,
  there: Iterable<Alert>,
): Generator<{ readonly pending: Pending; readonly isOurs: boolean }> {
  const [ours, theirs] = [here[Symbol.iterator](), there[Symbol.iterator]()];
  let [one, other] = [next(ours), next(theirs)];
  while (one !== undefined || other !== undefined) {
    if (one !== undefined && (other === undefined || one.first <= other.first)) {
      yield { pending: one, isOurs: true };
      one = next(ours);
    } else if (other !== undefined) {
      yield { pending: other, isOurs: false };
      other = next(theirs);
    }
  }
}

function next(alerts: Iterator<Alert>): Pending | undefined {
  const { done, value: alert } = alerts.next();
  if (done) return undefined;
  const { detectionId, workspaceGid, entity, firstSeen, lastSeen } = alert;
  return {
    alert,
    key: [detectionId, workspaceGid, entity.type, entity.id].join('\u0000'),
    first: Date.parse(firstSeen),
    last: Date.parse(lastSeen),
    isMet: false,
  };
}
