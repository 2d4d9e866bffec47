// Words and blocks for a person at a terminal: the opening, progress, alerts, operational news, the summary.
// Pure: text in, text out. Everything that came from Asana passes lib/text.ts first, so that no name moves the cursor.
import type picocolors from 'picocolors';
import { alertWords, contextWords, lastsWords, utc } from '../alerts/words.ts';
import type { Alert, Severity } from '../contract/alert.ts';
import { shownText } from '../text.ts';

export type Colors = ReturnType<typeof picocolors.createColors>;

/** What a run counted. `alerts` are alerts opened; `deadLettered` what could not be delivered. */
export interface Summary {
  readonly fetched: number;
  readonly published: number;
  readonly duplicates: number;
  readonly quarantined: number;
  readonly alerts: number;
  readonly pages: number;
  readonly [count: string]: number | string | boolean;
}

const MAX_TEXT = 300;

/** A dim time of day in the reader's zone, which begins every line of progress. */
export function clockTime(now: number): string {
  return new Date(now).toLocaleTimeString('en-GB');
}

/** The alert as a block: what happened, who, what, from where, when, what to do first. Ends without a newline. */
export function alertBlock(alert: Alert, colors: Colors): string {
  const words = alertWords(alert);
  const edge = severityColor(alert.severity, colors);
  const change =
    words.newValue === undefined
      ? []
      : [['changed', `${words.oldValue} → ${words.newValue}`] as const];
  const rows: readonly (readonly [label: string, text: string])[] = [
    ['who', words.who],
    ['what', words.what],
    ...change,
    ['from', words.fromWhere ?? 'Asana does not say'],
    ['when', whenWords(alert, words.late)],
    ['first', shownText(alert.triage[0] ?? 'Ask the person named above.', MAX_TEXT)],
  ];
  const heading = `${edge(colors.bold(alert.severity.toUpperCase()))}  ${colors.bold(shownText(alert.title, MAX_TEXT))}`;
  const foot = `${shownText(alert.detectionId, MAX_TEXT)} · alert ${shownText(alert.alertId, MAX_TEXT)} · event ${shownText(alert.eventGids.join(', '), MAX_TEXT)}`;
  return [
    `${edge('┌')} ${heading}`,
    `${edge('│')} ${shownText(alert.summary, MAX_TEXT)}`,
    ...rows.map(([label, text]) => `${edge('│')} ${colors.dim(label.padEnd(8))}${text}`),
    `${edge('└')} ${colors.dim(foot)}`,
  ].join('\n');
}

/** One line for an alert that counts on, with what is new about it. */
export function updateLine(alert: Alert, now: number, colors: Colors): string {
  const fresh = contextWords(alert.newContext ?? []);
  const also = fresh.length === 0 ? '' : `; new: ${fresh.join(', ')}`;
  const text = `again (${alert.count} times): ${shownText(alert.title, MAX_TEXT)}, ${shownText(alert.entity.label, MAX_TEXT)}${shownText(also, MAX_TEXT)}`;
  return `${colors.dim(clockTime(now))}  ${colors.dim(text)}`;
}

/** One line for an alert whose window is over. */
export function closingLine(alert: Alert, now: number, colors: Colors): string {
  const text = `${shownText(alert.title, MAX_TEXT)}, ${shownText(alert.entity.label, MAX_TEXT)}: ${lastsWords(alert)}`;
  return `${colors.dim(clockTime(now))}  ${colors.bold('over')}  ${text}`;
}

/** What the poller noticed about the feed itself. */
export function operationalLine(
  detailType: string,
  message: string,
  now: number,
  colors: Colors,
): string {
  return `${colors.dim(clockTime(now))}  ${colors.yellow(shownText(detailType, MAX_TEXT))}: ${shownText(message, MAX_TEXT)}`;
}

/** `added` since the last line, `total` in this run. `newest` is the newest created_at, ISO 8601, where one is known. */
export function progressLine(
  now: number,
  added: number,
  total: number,
  newest: string | undefined,
  colors: Colors,
): string {
  const upTo = newest === undefined ? '' : `, up to ${shownText(newest, 40)}`;
  return `${colors.dim(clockTime(now))}  ${counted(added, 'event')} on the bus${colors.dim(` (${thousands(total)} in this run${upTo})`)}`;
}

/** What `--once` and Ctrl-C end with. */
export function summaryLine(summary: Summary, colors: Colors): string {
  const parts = [
    `${counted(summary.fetched, 'event')} fetched in ${counted(summary.pages, 'page')}`,
    `${thousands(summary.published)} published`,
    ...(summary.duplicates > 0 ? [`${thousands(summary.duplicates)} known already`] : []),
    ...(summary.quarantined > 0 ? [`${thousands(summary.quarantined)} quarantined`] : []),
    colors.bold(counted(summary.alerts, 'alert')),
  ];
  return parts.join(', ');
}

export function counted(count: number, noun: string): string {
  return `${thousands(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function thousands(count: number): string {
  return count.toLocaleString('en-US');
}

/** How a severity is painted. */
export function severityColor(severity: Severity, colors: Colors): (text: string) => string {
  if (severity === 'critical' || severity === 'high') return colors.red;
  if (severity === 'medium') return colors.yellow;
  return colors.cyan;
}

/** In the reader's zone, and in UTC where that is another. */
function whenWords(alert: Alert, late: string): string {
  const at = Date.parse(alert.firstSeen);
  const zone = Intl.DateTimeFormat('en-GB').resolvedOptions().timeZone;
  if (zone === 'UTC' || Number.isNaN(at)) return `${utc(alert.firstSeen)}, found ${late}`;
  const local = new Date(at).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
  return `${local} ${zone} (${utc(alert.firstSeen)}), found ${late}`;
}
