// The alerts of a run, each once, in its last state, and in a stable order: by the time of their first event, then by
// detection and entity. What can change no more leaves memory for a sort that spills to disk.
import type { Alert } from '../contract/alert.ts';
import { ExternalSort } from './external-sort.ts';

const LOOK_EVERY = 10_000;
/** About a thousand alerts: they are in nobody's way on disk. */
const SORT_BYTES = 4 * 1024 * 1024;

export class AlertLog {
  readonly #open = new Map<string, Alert>();
  readonly #sort: ExternalSort;
  readonly #settleMs: (detectionId: string) => number;
  #untilLook = LOOK_EVERY;

  /** @param settleMs milliseconds of event time after an alert's last event from which on nothing changes it */
  constructor(settleMs: (detectionId: string) => number, sortBytes = SORT_BYTES) {
    this.#settleMs = settleMs;
    this.#sort = new ExternalSort(sortBytes);
  }

  take(alerts: readonly Alert[]): void {
    for (const alert of alerts) this.#open.set(alert.alertId, alert);
  }

  /** To be called now and then, with the time of the latest event and how many there were since the last call. */
  passed(now: number, events: number): void {
    this.#untilLook -= events;
    if (this.#untilLook > 0) return;
    this.#untilLook = LOOK_EVERY;
    for (const alert of this.#open.values()) {
      if (Date.parse(alert.lastSeen) + this.#settleMs(alert.detectionId) < now) this.#settle(alert);
    }
  }

  /** All of them, once the history is over; may be asked for again. */
  *sorted(): Generator<Alert> {
    for (const alert of this.#open.values()) this.#settle(alert);
    for (const { text } of this.#sort.sorted()) yield JSON.parse(text) as Alert;
  }

  close(): void {
    this.#sort.close();
  }

  #settle({ newContext: _, ...alert }: Alert): void {
    this.#open.delete(alert.alertId);
    const { firstSeen, detectionId, workspaceGid, entity, alertId } = alert;
    const name = [detectionId, workspaceGid, entity.type, entity.id, alertId].join('\u0000');
    this.#sort.add({ at: Date.parse(firstSeen), name, text: JSON.stringify(alert) });
  }
}
