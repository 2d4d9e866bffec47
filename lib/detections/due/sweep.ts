// What only time can decide: looks at the notes that are due and asks each group what has become of what it waited for.
// Knows nothing of Lambda: the function runs it every minute, the local run as it goes on and at its end.
import type { GroupState } from '../../alerts/life/group.ts';
import { groupKey } from '../../alerts/life/identity.ts';
import { tellOpened } from '../../alerts/life/opened-line.ts';
import { changeGroup, type GroupChange } from '../../alerts/life/raise.ts';
import { closeOver, speak } from '../../alerts/life/revisions.ts';
import { GRACE_MS, UPDATE_EVERY_MS } from '../../alerts/life/rules.ts';
import { CLOSED_WITHOUT_FEED_MS } from '../../alerts/lifetimes.ts';
import { AuditBusError, describeError } from '../../errors.ts';
import { type DetectDeps, suppressing, tellWords, watchesOf } from '../detect.ts';
import type { Watch } from '../watch.ts';
import { type DueBy, type DueIndex, dueBy, type FoundDue } from './due-index.ts';
import { duesOf, leaveNotes, WRITTEN_WITHIN_MS } from './notes.ts';

/** Ten minutes: a message that failed has come again by then, several times. */
export const SETTLE_MS = 10 * 60_000;
/** What comes due within this is waited for, and what else has come meanwhile looked for as often. */
const HORIZON_MS = 60_000;
const LOOK_EVERY_MS = 10_000;
/** After a note that could not be dealt with, or that is too young to be taken away. */
const AGAIN_AFTER_MS = 5_000;
/** Notes looked at at once; each waits for DynamoDB and EventBridge most of its time. */
const CONCURRENCY = 8;

/**
 * The detection is switched off or gone, and what it waited for with it: were that remembered, it would stand for ever before
 * what the detection waits for once it is switched on again. Alerts that are open still end.
 */
const FORGET: GroupChange<never> = {
  memorySeconds: 0,
  apply: ({ memory, ...state }) => ({ state, rest: [], changed: memory !== undefined }),
};

/** How far the feed has come. */
export interface Feed {
  /** All events of the workspace up to this instant have been fetched, milliseconds since the epoch; undefined: none yet. */
  passedUntil(workspaceGid: string): Promise<number | undefined>;
}

export interface SweepDeps extends Omit<DetectDeps, 'off' | 'due'> {
  readonly due: DueIndex;
  readonly feed: Feed;
  /**
   * Milliseconds from when the feed is first seen to have passed an instant until it is decided: events that are fetched
   * still have to come through the bus and the queue.
   */
  readonly settleMs: number;
  /** Which notes are looked at. @default - all, those of the clock first */
  readonly by?: readonly DueBy[];
  /** True to look at all notes of the clock, due or not. */
  readonly early?: boolean;
  /** No note is begun after this instant of the monotonic clock: the rest is the next sweep's. */
  readonly endsAt?: number;
}

export interface Swept {
  readonly looked: number;
  readonly decided: number;
  readonly alerts: number;
  readonly failed: number;
}

/**
 * Looks at every note that is due. One that fails is left for the next sweep and keeps no other from being looked at.
 * @throws what the table threw while the notes were read
 */
export async function sweep(deps: SweepDeps): Promise<Swept> {
  const run = new Sweep(deps);
  for (const by of deps.by ?? (['clock', 'feed'] as const)) {
    await run.look(by, by === 'clock' && deps.early ? Number.MAX_SAFE_INTEGER : deps.clock.now());
  }
  return run.counts;
}

/**
 * As `sweep`, and then stays while an alert has something to say within the minute: a sweep each minute alone would let an
 * update that may go out after a minute wait for two.
 * @param endsAt of the monotonic clock
 */
export async function sweepAndStay(deps: SweepDeps & { readonly endsAt: number }): Promise<Swept> {
  const { clock, endsAt } = deps;
  const run = new Sweep(deps);
  const stay = async () => {
    let next = await run.look('clock', clock.now(), HORIZON_MS);
    while (next !== undefined) {
      const wait = Math.max(0, next - clock.now());
      if (clock.monotonic() + wait > endsAt) return;
      await clock.sleep(Math.min(LOOK_EVERY_MS, wait));
      next = await run.look('clock', clock.now(), HORIZON_MS);
    }
  };
  // Side by side: after an outage much is decided by the feed at once, and an update does not wait for that.
  await Promise.all([run.look('feed', clock.now()), stay()]);
  return run.counts;
}

class Sweep {
  readonly counts = { looked: 0, decided: 0, alerts: 0, failed: 0 };
  readonly #deps: SweepDeps;
  readonly #feed = new Map<string, number | undefined>();
  /** What is being done to a group: two of its notes at once would only get in each other's way. */
  readonly #busy = new Map<string, Promise<unknown>>();

  constructor(deps: SweepDeps) {
    this.#deps = deps;
  }

  /**
   * @param aheadMs how far beyond `until` the next note is looked for
   * @returns when to look again; undefined where there is no further note
   */
  async look(by: DueBy, until: number, aheadMs = 0): Promise<number | undefined> {
    const { due: index, clock, endsAt } = this.#deps;
    const notes = index.list(by, until + aheadMs)[Symbol.asyncIterator]();
    let next: number | undefined;
    const worker = async () => {
      for (;;) {
        if (endsAt !== undefined && clock.monotonic() > endsAt) return;
        const { done, value: due } = await notes.next();
        if (done) return;
        const again = due.dueAt > until ? due.dueAt : await this.#inTurn(due);
        if (again !== undefined) next = Math.min(next ?? again, again);
        if (due.dueAt > until) await notes.return?.();
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    return next;
  }

  async #inTurn(due: FoundDue): Promise<number | undefined> {
    const key = groupKey(due.group);
    const looking = (this.#busy.get(key) ?? Promise.resolve()).then(() => this.#lookAt(due));
    this.#busy.set(key, looking);
    const again = await looking;
    if (this.#busy.get(key) === looking) this.#busy.delete(key);
    return again;
  }

  /** Never rejects. @returns when to look at it again, where it is left */
  async #lookAt(due: FoundDue): Promise<number | undefined> {
    const { workspaceGid, detectionId } = due.group;
    this.counts.looked += 1;
    try {
      const raised = (await this.#isTime(due)) ? await this.#decide(due) : undefined;
      if (raised !== undefined) {
        this.counts.decided += 1;
        this.counts.alerts += raised;
        return undefined;
      }
    } catch (error) {
      this.counts.failed += 1;
      const code = error instanceof AuditBusError ? error.code : 'sweep.failed';
      if (code === 'detect.engine-failed') {
        this.#deps.metrics?.detectionFailed(detectionId, workspaceGid);
      }
      this.#deps.log.error('What was due could not be decided and is looked at again.', {
        ...{ detectionId, workspaceGid, kind: due.kind, code, reason: describeError(error) },
      });
    }
    return this.#deps.clock.now() + AGAIN_AFTER_MS;
  }

  async #isTime(due: FoundDue): Promise<boolean> {
    const { clock, settleMs, due: index } = this.#deps;
    if (dueBy(due.kind) === 'clock') return true;
    const now = clock.now();
    const known = now - Math.max(due.dueAt, due.putAt);
    if (due.kind === 'closing' && known >= CLOSED_WITHOUT_FEED_MS) return true;
    const passedUntil = await this.#passedUntil(due.group.workspaceGid);
    if (passedUntil === undefined || passedUntil < due.dueAt) return false;
    if (settleMs > 0 && due.passedAt === undefined) {
      await index.notePassed(due, now);
      return false;
    }
    return due.passedAt === undefined || now - due.passedAt >= settleMs;
  }

  /** @returns alerts published; undefined where the note is left */
  async #decide(due: FoundDue): Promise<number | undefined> {
    const { due: index, clock } = this.#deps;
    const watch = watchesOf(this.#deps).get(due.group.detectionId);
    const change = await this.#change(due, watch);
    let isChanged = false;
    const { published, state } = await changeGroup(
      due.group,
      {
        ...change,
        note: (next, before) => {
          isChanged = true;
          return leaveNotes(due.group, watch, next, before, this.#deps);
        },
      },
      this.#deps,
    );
    for (const alert of published) tellOpened(alert, this.#deps.log);
    const next = duesOf(due.group, watch, state, this.#deps).filter(
      ({ kind }) => kind === due.kind,
    );
    const isNeeded = next.some(({ dueAt }) => dueAt === due.dueAt);
    if (isChanged && isNeeded) {
      // More is due at this very instant than one change takes.
      const more = await this.#decide(due);
      return more === undefined ? undefined : published.length + more;
    }
    if (isChanged) {
      await index.remove(due);
      return published.length;
    }
    // What the group waits for may have moved, with its settings too. This note may be newer than what was read: detecting
    // leaves it before it writes.
    if (isNeeded) return undefined;
    for (const each of next) await index.put(each, clock.now());
    if (clock.now() - due.putAt < WRITTEN_WITHIN_MS) return undefined;
    await index.remove(due);
    return published.length;
  }

  async #change(due: FoundDue, watch: Watch | undefined): Promise<GroupChange<never>> {
    const { clock, windowMs, graceMs = GRACE_MS, updateEveryMs = UPDATE_EVERY_MS } = this.#deps;
    if (due.kind === 'absence' && watch === undefined) return FORGET;
    if (due.kind === 'absence' && watch !== undefined) {
      const suppress = await suppressing(this.#deps);
      const onFailure = (error: AuditBusError) => tellWords(due.group, error, this.#deps);
      return watch.passing(due.group, due.dueAt, () => clock.now(), { suppress, onFailure });
    }
    const rules = watch?.window ?? { windowMs, graceMs };
    const passedUntil = await this.#passedUntil(due.group.workspaceGid);
    // After an outage much is due at once: what the feed has settled by now is told before the end is.
    const isUndecided = ({ memory }: GroupState) =>
      (watch?.dueAt(memory) ?? Number.POSITIVE_INFINITY) <= (passedUntil ?? 0);
    const apply = (state: GroupState): GroupState => {
      if (due.kind !== 'closing') return speak(state, { updateEveryMs, now: clock.now() });
      if (isUndecided(state)) return state;
      return closeOver(state, due.dueAt, { ...rules, now: clock.now() });
    };
    return {
      memorySeconds: watch?.memorySeconds ?? 0,
      apply: (before) => {
        const state = apply(before);
        return { state, rest: [], changed: state !== before };
      },
    };
  }

  async #passedUntil(workspaceGid: string): Promise<number | undefined> {
    if (!this.#feed.has(workspaceGid)) {
      this.#feed.set(workspaceGid, await this.#deps.feed.passedUntil(workspaceGid));
    }
    return this.#feed.get(workspaceGid);
  }
}
