// The way of one notice to one sink: wanted at all, claimed, one of too many, sent, confirmed.
// Says what became of it; what that means for the queue's message is notify.ts's.
import type { Clock } from '../../clock.ts';
import type { Severity } from '../../contract/alert.ts';
import type { ClaimKey, Claims } from './claims.ts';
import { isSevereEnough } from './rules.ts';
import type { Delivery, Notice, Sink, SinkMemory } from './sink-port.ts';
import type { StormGuard } from './storm-guard.ts';

export interface DeliverDeps {
  readonly sink: Sink;
  readonly claims: Claims;
  readonly clock: Clock;
  /** Absent for a sink that takes any number of alerts. */
  readonly storms?: StormGuard;
  /** @default - every severity */
  readonly minimumSeverity?: Severity;
}

export type Fate =
  | { readonly outcome: 'delivered' | 'known' | 'ignored' | 'buried' }
  | {
      readonly outcome: 'later';
      /** Present when something failed. */
      readonly reason?: string;
      /** Absent leaves it to the caller's backoff. */
      readonly afterSeconds?: number;
      /** The sink wants to be left alone altogether for so long. */
      readonly quietForSeconds?: number;
    };

/** What is kept with a claim. */
interface Memory {
  /** Counted by the storm guard and found to be one of few. */
  readonly admitted?: true;
  /** Nothing is left to be done about this notice: it was delivered, or put aside for good. */
  readonly over?: true;
  /** The sink refused it for good. */
  readonly refused?: true;
  readonly rolledUp?: { readonly minute: number; readonly destination: string };
  /** The sink's own. */
  readonly sink?: SinkMemory;
}

/**
 * Milliseconds for which it is tried to note that the sink has a message: were it not noted, the sink would get it again.
 * With the delivery and the last try, still within the 30 seconds of the function.
 */
const NOTE_FOR_MS = 8_000;
const FIRST_NOTE_WAIT_MS = 250;
/** A claim that another holds is asked for again after this at most: most deliveries take well under a second. */
const LONGEST_HELD_SECONDS = 10;

/**
 * @param edits what the sink said of itself: one message for all revisions, or one for each notice
 * @param bury puts the message aside for good, with the reason
 */
export async function deliverNotice(
  notice: Notice,
  edits: boolean,
  deps: DeliverDeps,
  bury: (reason: string) => Promise<void>,
): Promise<Fate> {
  const { alert } = notice;
  // A test is to show that the way is open, whatever the sink's least severity.
  if (!alert.test && !isSevereEnough(alert.severity, deps.minimumSeverity ?? 'info'))
    return { outcome: 'ignored' };
  const turn = edits ? 'now' : await turnOf(notice, deps);
  if (turn === 'never') return { outcome: 'ignored' };
  if (turn === 'later') return { outcome: 'later' };
  const key = edits
    ? messageKey(alert.alertId, deps)
    : revisionKey(alert.alertId, alert.revision, deps);
  const claim = await deps.claims.claim(key);
  if (claim.outcome === 'delivered') return { outcome: 'known' };
  if (claim.outcome === 'held') {
    const seconds = claim.leftMs / 1_000 + 1;
    return {
      outcome: 'later',
      afterSeconds: edits ? Math.min(seconds, LONGEST_HELD_SECONDS) : seconds,
    };
  }
  return new Attempt(notice, edits, deps, bury, key, claim.token, claim.memory as Memory).run();
}

/**
 * Of a sink that cannot edit: the first message, and the last one where the sink was given the first and it was not rolled up.
 * The last waits while the first is still being tried.
 */
async function turnOf(
  { kind, alert }: Notice,
  deps: DeliverDeps,
): Promise<'now' | 'later' | 'never'> {
  if (kind !== 'closed') return kind === 'opened' ? 'now' : 'never';
  const first = (await deps.claims.read(revisionKey(alert.alertId, 1, deps))) as Memory | undefined;
  if (first === undefined || first.rolledUp !== undefined) return 'never';
  return first.over ? 'now' : 'later';
}

/** Of a sink that cannot edit: the first message is put off before it was tried, so that the last one waits for it. */
export async function notePutOff(
  { kind, alert }: Notice,
  { sink, claims }: Pick<DeliverDeps, 'sink' | 'claims'>,
): Promise<void> {
  if (kind !== 'opened') return;
  const key = revisionKey(alert.alertId, alert.revision, { sink });
  if ((await claims.read(key)) !== undefined) return;
  const claim = await claims.claim(key);
  if (claim.outcome === 'claimed') await claims.release(key, claim.token, claim.memory);
}

class Attempt {
  readonly #notice: Notice;
  readonly #edits: boolean;
  readonly #deps: DeliverDeps;
  readonly #bury: (reason: string) => Promise<void>;
  readonly #key: ClaimKey;
  readonly #token: string;
  #memory: Memory;

  constructor(
    notice: Notice,
    edits: boolean,
    deps: DeliverDeps,
    bury: (reason: string) => Promise<void>,
    key: ClaimKey,
    token: string,
    memory: Memory,
  ) {
    this.#notice = notice;
    this.#edits = edits;
    this.#deps = deps;
    this.#bury = bury;
    this.#key = key;
    this.#token = token;
    this.#memory = memory;
  }

  async run(): Promise<Fate> {
    const { sink, storms } = this.#deps;
    const { alert, kind } = this.#notice;
    const isNew = this.#memory.admitted === undefined && (this.#edits || kind === 'opened');
    if (storms !== undefined && isNew && this.#memory.rolledUp === undefined) {
      const destination = sink.destination(alert);
      const admission = await storms.admit(alert, destination);
      this.#memory =
        admission.outcome === 'rolled up'
          ? { rolledUp: { minute: admission.minute, destination } }
          : { admitted: true };
    }
    if (storms !== undefined && this.#memory.rolledUp !== undefined) {
      return this.#rollUp(storms, this.#memory.rolledUp);
    }
    const delivery = await sink.deliver(this.#notice, this.#memory.sink ?? {});
    if (delivery.memory !== undefined) this.#memory = { ...this.#memory, sink: delivery.memory };
    return this.#settle(delivery);
  }

  /** Each alert that was rolled up carries the roll-up: the first whose turn it is once the minute is over sends it. */
  async #rollUp(
    storms: StormGuard,
    { minute, destination }: { minute: number; destination: string },
  ): Promise<Fate> {
    const { sink, claims, clock } = this.#deps;
    const wait = storms.completeAt(minute) - clock.now();
    if (wait > 0) return this.#later({ afterSeconds: wait / 1_000 });
    const key = storms.claimKey(minute, destination);
    const claim = await claims.claim(key);
    if (claim.outcome === 'held') return this.#later({ afterSeconds: claim.leftMs / 1_000 + 1 });
    if (claim.outcome === 'delivered') {
      await this.#done();
      return { outcome: 'known' };
    }
    const delivery = await sink.deliverRollUp(await storms.rollUp(minute, destination));
    if (delivery.outcome === 'delivered') await this.#noted(() => claims.confirm(key));
    else await claims.release(key, claim.token);
    return this.#settle(delivery);
  }

  async #settle(delivery: Delivery): Promise<Fate> {
    if (delivery.outcome === 'delivered') {
      const { againAfterSeconds } = delivery;
      if (againAfterSeconds !== undefined) {
        return this.#noted(() => this.#later({ afterSeconds: againAfterSeconds }));
      }
      await this.#noted(() => this.#done());
      return { outcome: 'delivered' };
    }
    if (delivery.outcome === 'refused') {
      await this.#bury(delivery.reason);
      const over = this.#edits ? {} : ({ over: true } as const);
      this.#memory = { ...this.#memory, ...over, refused: true };
      await this.#release();
      return { outcome: 'buried' };
    }
    const { reason, afterSeconds } = delivery;
    return this.#later({
      reason,
      ...(afterSeconds === undefined ? {} : { quietForSeconds: afterSeconds }),
    });
  }

  async #later(fate: Omit<Extract<Fate, { outcome: 'later' }>, 'outcome'>): Promise<Fate> {
    await this.#release();
    return { outcome: 'later', ...fate };
  }

  /** @throws what the table last threw */
  async #noted<T>(write: () => Promise<T>): Promise<T> {
    const { clock } = this.#deps;
    const giveUpAt = clock.monotonic() + NOTE_FOR_MS;
    for (let wait = FIRST_NOTE_WAIT_MS; ; wait *= 2) {
      try {
        return await write();
      } catch (error) {
        if (clock.monotonic() + wait >= giveUpAt) throw error;
        await clock.sleep(wait);
      }
    }
  }

  /** A message that is edited is never done with: the next revision claims it again. */
  #done(): Promise<void> {
    return this.#edits
      ? this.#release()
      : this.#deps.claims.confirm(this.#key, { ...this.#memory, over: true });
  }

  #release(): Promise<void> {
    return this.#deps.claims.release(this.#key, this.#token, { ...this.#memory });
  }
}

/** What has become of an alert's first revision at a sink so far; for who looks on. */
export async function firstFate(
  alertId: string,
  sinkName: string,
  claims: Pick<Claims, 'read'>,
): Promise<'delivered' | 'refused' | 'waiting'> {
  const sink = { name: sinkName };
  const edited = (await claims.read(messageKey(alertId, { sink }))) as Memory | undefined;
  const memory = edited ?? ((await claims.read(revisionKey(alertId, 1, { sink }))) as Memory);
  if (edited?.sink !== undefined) return 'delivered';
  if (memory?.refused) return 'refused';
  return memory?.over ? 'delivered' : 'waiting';
}

interface Named {
  readonly sink: { readonly name: string };
}

function revisionKey(alertId: string, revision: number, { sink }: Named): ClaimKey {
  return { scope: alertId, name: `${revision}#${sink.name}` };
}

function messageKey(alertId: string, { sink }: Named): ClaimKey {
  return { scope: alertId, name: `message#${sink.name}` };
}
