// The way back after an expired offset: by time, until it is settled whether events were lost meanwhile; and the check
// that pages lead anywhere at all. The rules themselves are in checkpoint.ts.
import { OPERATIONAL_DETAIL_TYPES } from '../contract/sources.ts';
import { AuditBusError } from '../errors.ts';
import {
  type Checkpoint,
  cursorOf,
  gapVerdict,
  offsetExpired,
  type RecoveryEvidence,
  recoverySettled,
} from './checkpoint.ts';
import type { PreparedPage } from './prepare-page.ts';
import type { RecentGids } from './recent-gids.ts';
import type { Reports } from './reports.ts';
import type { PollerDependencies } from './settings.ts';
import type { Tally } from './summary.ts';

/** Offsets taken back in a row, none of which led to an event that was not known. */
const MAX_FRUITLESS_RESETS = 3;

export class Recovery {
  readonly #deps: Pick<PollerDependencies, 'clock' | 'log'>;
  readonly #tally: Tally;
  readonly #reports: Reports;
  #newSinceReset = true;
  /** Epoch milliseconds: how far pages have led since one was last asked for from the oldest known event. */
  #reached: number | undefined;
  /** Something came since the last reset that was beyond that. */
  #gotOn = true;
  #fruitlessResets = 0;
  #duplicatesInARow = 0;

  constructor(deps: Pick<PollerDependencies, 'clock' | 'log'>, tally: Tally, reports: Reports) {
    this.#deps = deps;
    this.#tally = tally;
    this.#reports = reports;
  }

  /** @returns the checkpoint that asks by time @throws AuditBusError when that was tried often enough in vain */
  fallBack(checkpoint: Checkpoint, gids: RecentGids): Checkpoint {
    if (!this.#gotOn && ++this.#fruitlessResets > MAX_FRUITLESS_RESETS) {
      throw cursorStuck('Asana takes back each offset before it leads anywhere.');
    }
    this.#tally.offsetResets++;
    if (this.#newSinceReset) this.#reached = undefined;
    const back = offsetExpired(checkpoint, {
      // Asking from the oldest known event again and again without meeting a new one would never get on. Hence from where
      // the pages led, not from the newest known event: late ones between the two have not come yet.
      oldest: this.#reached ?? gids.oldest(),
      newest: gids.newest(),
    });
    this.#newSinceReset = false;
    this.#gotOn = false;
    this.#duplicatesInARow = 0;
    const from = cursorOf(back);
    this.#deps.log.warn('the offset expired, asking by time', { from });
    this.#reports.add(OPERATIONAL_DETAIL_TYPES.offsetExpired, {
      code: 'offset.expired',
      message:
        'The stored offset is no longer valid. The log is read by time from the oldest event remembered; known events are dropped.',
      ...from,
    });
    return back;
  }

  /** @returns the checkpoint, without its recovery once the evidence settles it */
  settle(checkpoint: Checkpoint, evidence: Omit<RecoveryEvidence, 'now'>): Checkpoint {
    const { recovery } = checkpoint;
    if (recovery === undefined) return checkpoint;
    const now = this.#deps.clock.now();
    const verdict = gapVerdict(recovery, { ...evidence, now });
    if (verdict === 'undecided') return checkpoint;
    if (verdict === 'possible') {
      this.#tally.possibleGaps++;
      this.#deps.log.error('events may have been deleted before they could be read', {
        ...recovery,
      });
      this.#reports.add(OPERATIONAL_DETAIL_TYPES.possibleGap, {
        code: 'gap.possible',
        message:
          'After an expired offset none of the known events came again: events after the newest known one may have been deleted by Asana before they could be read.',
        from: recovery.knownUntil,
        to: new Date(evidence.reached ?? now).toISOString(),
      });
    }
    return recoverySettled(checkpoint);
  }

  /**
   * @param remembered how many gids are known: more known events in a row than that, and Asana repeats itself
   * @throws AuditBusError when pages go on and on without a new event
   */
  pageRead(page: PreparedPage, remembered: number): void {
    if (page.events.length > 0) this.#newSinceReset = true;
    const reached = page.newestCreatedAt ?? 0;
    if (page.events.length > 0 || reached > (this.#reached ?? 0)) {
      this.#reached = Math.max(this.#reached ?? 0, reached);
      this.#gotOn = true;
      this.#fruitlessResets = 0;
    }
    if (page.events.length + page.nameless.length > 0) {
      this.#duplicatesInARow = 0;
      return;
    }
    this.#duplicatesInARow += page.duplicates.length;
    if (this.#duplicatesInARow > 2 * remembered + page.duplicates.length) {
      throw cursorStuck('Asana answers with known events again and again.');
    }
  }
}

export function cursorStuck(what: string): AuditBusError {
  return new AuditBusError('asana.cursor-stuck', `${what} The poller stays where it is.`, {
    retryable: true,
  });
}
