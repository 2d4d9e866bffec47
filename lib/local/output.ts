// Everything a run says: JSON lines for machines or words for people on standard output, problems on standard error.
// How it is worded is show.ts's, how it is flushed line-writer.ts's.
import type { Notice } from '../alerts/delivery/sink-port.ts';
import { parseLossless } from '../asana/lossless-json.ts';
import type { Clock } from '../clock.ts';
import { type Alert, alertSchema } from '../contract/alert.ts';
import type { Operational } from '../contract/operational.ts';
import {
  ALERT_DETAIL_TYPES,
  ALERT_SOURCE,
  AUDIT_LOG_SOURCE,
  OPERATIONAL_DETAIL_TYPES,
  OPERATOR_SOURCE,
  POLLER_SOURCE,
} from '../contract/sources.ts';
import { type AcceptedEvent, oneLine } from './bus-entry.ts';
import type { LineWriter } from './line-writer.ts';
import {
  alertBlock,
  type Colors,
  clockTime,
  closingLine,
  operationalLine,
  progressLine,
  type Summary,
  summaryLine,
  updateLine,
} from './show.ts';

const PROGRESS_MS = 1_000;
/** News that end the poll, and often the run: a person hears of them from there. */
const TOLD_OTHERWISE: ReadonlySet<string> = new Set([
  OPERATIONAL_DETAIL_TYPES.credentialRejected,
  OPERATIONAL_DETAIL_TYPES.requestRefused,
]);

export interface OutputOptions {
  /** Standard output holds JSON lines and nothing else; words go to standard error. */
  readonly json: boolean;
  readonly stdout: LineWriter;
  readonly stderr: LineWriter;
  /** For wherever words go. */
  readonly colors: Colors;
  readonly clock: Clock;
}

export class RunOutput {
  readonly #options: OutputOptions;
  readonly #alertIds = new Set<string>();
  #updates = 0;
  #closed = 0;
  #events = 0;
  #shownEvents = 0;
  #newest: string | undefined;

  constructor(options: OutputOptions) {
    this.#options = options;
  }

  /** Alerts opened in this run, their later revisions, and how many of those were the last: as the bus took them. */
  get alerts(): { readonly opened: number; readonly updates: number; readonly closed: number } {
    return { opened: this.#alertIds.size, updates: this.#updates, closed: this.#closed };
  }

  get colors(): Colors {
    return this.#options.colors;
  }

  /** True once nobody reads standard output any more: the run has no reason to go on. */
  get closed(): boolean {
    return this.#options.stdout.closed !== undefined;
  }

  get isWaiting(): boolean {
    return this.#options.stdout.isWaiting;
  }

  /** Words for a person. @throws AuditBusError `local.output-closed` when standard output is where they go and is gone */
  async say(text: string): Promise<void> {
    // Beside JSON lines words are by the way: a standard error that nobody empties must not hold up the run.
    if (this.#options.json) void this.#toStderr(`${text}\n`);
    else await this.#options.stdout.write(`${text}\n`);
  }

  /** A line of progress by the way: never rejects, a reader who is gone is noticed at the next event. */
  async note(text: string): Promise<void> {
    const { clock, colors } = this.#options;
    await this.say(colors.dim(`${clockTime(clock.now())}  ${text}`)).catch(() => {});
  }

  /** Words about what is wrong, unless it is that nobody reads. */
  async problem(text: string): Promise<void> {
    if (this.closed) return;
    await this.#toStderr(`${text}\n`);
  }

  /**
   * The bus's observer: with `--json` resolves when every event's line is out, which is before the bus answers and so
   * before any checkpoint counts on it.
   */
  async observe(events: readonly AcceptedEvent[]): Promise<void> {
    const lines: string[] = [];
    for (const accepted of events) {
      const { event } = accepted;
      if (event.source === AUDIT_LOG_SOURCE) {
        this.#events += 1;
        // Requests overtake each other; all times have the same form, so the latest is the largest.
        if (this.#newest === undefined || event.time > this.#newest) this.#newest = event.time;
        lines.push(`{"kind":"event","event":${accepted.text}}\n`);
      } else if (event.source === ALERT_SOURCE) {
        const { data } = parseLossless(accepted.detailText) as { data: Alert };
        const type = event['detail-type'];
        if (type === ALERT_DETAIL_TYPES.opened) this.#alertIds.add(data.alertId);
        else this.#updates += 1;
        if (type === ALERT_DETAIL_TYPES.closed) this.#closed += 1;
        const alert = oneLine(JSON.stringify(data));
        lines.push(`{"kind":"alert","detailType":${JSON.stringify(type)},"alert":${alert}}\n`);
      } else if (event.source === POLLER_SOURCE || event.source === OPERATOR_SOURCE) {
        const kind = event.source === POLLER_SOURCE ? 'operational' : 'operator';
        const type = JSON.stringify(event['detail-type']);
        lines.push(`{"kind":"${kind}","detailType":${type},"event":${accepted.text}}\n`);
      }
    }
    if (this.#options.json) await this.#options.stdout.write(lines.join(''));
    for (const accepted of events) await this.#sayNews(accepted);
  }

  /** The alert for a person: what the terminal's sink does with it. */
  async showAlert({ kind, alert }: Notice): Promise<void> {
    const { clock, colors } = this.#options;
    await this.say(
      kind === 'closed'
        ? closingLine(alert, clock.now(), colors)
        : `${alertBlock(alert, colors)}\n`,
    );
  }

  /** A line of progress a second while events come. @returns how to end it, with the last line */
  startProgress(): () => Promise<void> {
    const ending = new AbortController();
    const { clock } = this.#options;
    const loop = (async () => {
      while (!ending.signal.aborted) {
        await clock.sleep(PROGRESS_MS, ending.signal);
        await this.#showProgress();
      }
    })();
    // Nobody reading is noticed where it matters, at the next event.
    loop.catch(() => {});
    return async () => {
      ending.abort();
      await loop.catch(() => {});
    };
  }

  /** The last thing a run says. */
  async summary(summary: Summary): Promise<void> {
    if (this.#options.json) {
      await this.#options.stdout.write(`${JSON.stringify({ kind: 'summary', ...summary })}\n`);
    }
    await this.say(summaryLine(summary, this.#options.colors));
  }

  async #showProgress(): Promise<void> {
    const added = this.#events - this.#shownEvents;
    if (added === 0) return;
    this.#shownEvents = this.#events;
    const { clock, colors } = this.#options;
    await this.say(progressLine(clock.now(), added, this.#events, this.#newest, colors));
  }

  /** What no sink tells: alerts that count on, the poller's own news, what operators do. */
  async #sayNews({ event }: AcceptedEvent): Promise<void> {
    const { clock, colors } = this.#options;
    if (event['detail-type'] === ALERT_DETAIL_TYPES.updated && event.source === ALERT_SOURCE) {
      const alert = alertSchema.safeParse(event.detail.data);
      if (alert.success) await this.say(updateLine(alert.data, clock.now(), colors));
    } else if (event.source === POLLER_SOURCE || event.source === OPERATOR_SOURCE) {
      const { code, message } = event.detail.data as Operational;
      if (TOLD_OTHERWISE.has(event['detail-type']) || code === 'page.unreadable') return;
      await this.say(operationalLine(event['detail-type'], message, clock.now(), colors));
    }
  }

  /** Nobody reading standard error is no reason to stop. */
  async #toStderr(text: string): Promise<void> {
    await this.#options.stderr.write(text).catch(() => {});
  }
}
