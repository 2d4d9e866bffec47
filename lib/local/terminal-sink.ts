// The terminal as a sink of alerts, beside Slack: a block for a person as each opens, a line when it is over.
import type { Delivery, Notice, Prepared, Sink } from '../alerts/delivery/sink-port.ts';
import { AuditBusError } from '../errors.ts';
import type { RunOutput } from './output.ts';

export class TerminalSink implements Sink {
  readonly name = 'terminal';
  readonly #output: RunOutput;

  constructor(output: RunOutput) {
    this.#output = output;
  }

  async prepare(): Promise<Prepared> {
    return { ready: true, edits: false };
  }

  destination(): string {
    return '';
  }

  /** A terminal scrolls: no storm guard is set before it. */
  async deliverRollUp(): Promise<Delivery> {
    return { outcome: 'delivered' };
  }

  async deliver(notice: Notice): Promise<Delivery> {
    try {
      await this.#output.showAlert(notice);
      return { outcome: 'delivered' };
    } catch (error) {
      // Nobody reads any more: the run is ending, and the next one shows it.
      if (error instanceof AuditBusError) return { outcome: 'retry', reason: error.code };
      throw error;
    }
  }
}
