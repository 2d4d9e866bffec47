// The operational events of one run: gathered while it goes, sent with the next page or alone. What each says is its
// author's business.
import { operationalEntry } from '../bus/envelope.ts';
import type { BusEntry, Publisher } from '../bus/publisher-port.ts';
import type { Clock } from '../clock.ts';
import type { Operational } from '../contract/operational.ts';
import type { OperationalDetailType } from '../contract/sources.ts';
import { AuditBusError } from '../errors.ts';

export class Reports {
  readonly #workspaceGid: string;
  readonly #clock: Clock;
  #pending: BusEntry[] = [];

  constructor(workspaceGid: string, clock: Clock) {
    this.#workspaceGid = workspaceGid;
    this.#clock = clock;
  }

  add(type: OperationalDetailType, data: Operational): void {
    const context = { workspaceGid: this.#workspaceGid, publishedAt: this.#clock.now() };
    this.#pending.push(operationalEntry(type, data, context));
  }

  /** What is pending, to go out with a page. */
  take(): readonly BusEntry[] {
    const taken = this.#pending;
    this.#pending = [];
    return taken;
  }

  /** Sends what is pending alone. @returns entries sent again @throws AuditBusError when the bus does not take it */
  async publish(publisher: Publisher, maySend?: () => boolean): Promise<number> {
    if (this.#pending.length === 0) return 0;
    const result = await publisher.publish(this.#pending, maySend === undefined ? {} : { maySend });
    if (result.failure !== undefined) {
      const { code, message, retryable } = result.failure;
      throw new AuditBusError(code, message, { retryable });
    }
    this.#pending = [];
    return result.retries;
  }
}
