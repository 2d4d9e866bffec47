// The terminal as a sink of alerts, beside Slack: a block for a person, once each.
import type { Delivery, Sink } from '../alerts/sink-port.ts';
import type { Alert } from '../contract/alert.ts';
import { AuditBusError } from '../errors.ts';
import type { RunOutput } from './output.ts';

export class TerminalSink implements Sink {
  readonly name = 'terminal';
  readonly #output: RunOutput;

  constructor(output: RunOutput) {
    this.#output = output;
  }

  async prepare(): Promise<{ readonly ready: true }> {
    return { ready: true };
  }

  async deliver(alert: Alert): Promise<Delivery> {
    try {
      await this.#output.showAlert(alert);
      return { outcome: 'delivered' };
    } catch (error) {
      // Nobody reads any more: the run is ending, and the next one shows it.
      if (error instanceof AuditBusError) return { outcome: 'retry', reason: error.code };
      throw error;
    }
  }
}
