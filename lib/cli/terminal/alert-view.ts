// Recorded alerts for a person at a terminal: a table of many, the whole of one. Pure.
// Nearly all of it came from Asana, so all of it is cleaned.
import { contextWords, utc } from '../../alerts/words.ts';
import type { Alert } from '../../contract/alert.ts';
import { alertBlock, type Colors, severityColor } from '../../local/show.ts';
import { shownText } from '../../text.ts';
import { type Column, table } from './table.ts';

/** Characters of an id that tell alerts apart: `show` takes them. */
const ID_CHARACTERS = 12;
/** What an alert keeps of its event is no longer than this. */
const MAX_LINE = 8_000;

export function alertTable(alerts: readonly Alert[], colors: Colors): string {
  const columns: Column<Alert>[] = [
    { title: 'first seen', cell: ({ firstSeen }) => utc(firstSeen) },
    {
      title: 'severity',
      cell: ({ severity }) => severity,
      color: (text, { severity }) => severityColor(severity, colors)(text),
    },
    { title: 'status', cell: ({ status }) => status },
    { title: 'events', cell: ({ count }) => count, align: 'right' },
    { title: 'title', cell: ({ title }) => title },
    { title: 'entity', cell: ({ entity }) => entity.label, max: 40 },
    { title: 'detection', cell: ({ detectionId }) => detectionId },
    { title: 'id', cell: ({ alertId }) => alertId.slice(0, ID_CHARACTERS), max: ID_CHARACTERS },
  ];
  return table(alerts, columns, colors.dim);
}

/** Ends in a newline. */
export function alertPage(alert: Alert, colors: Colors): string {
  const { suppressionId } = alert;
  const facts: readonly (readonly [label: string, text: string])[] = [
    ['status', suppressionId === undefined ? alert.status : `${alert.status} by ${suppressionId}`],
    ['workspace', alert.workspaceGid],
    ['entity', `${alert.entity.type}:${alert.entity.id} ${alert.entity.label}`],
    ['events', `${alert.count}, from ${utc(alert.firstSeen)} to ${utc(alert.lastSeen)}`],
    ['gids', alert.eventGids.join(', ')],
    ['raised', `${utc(alert.detectedAt)}, revision ${alert.revision}`],
    ['detection', `${alert.detectionId}, version ${alert.detectionVersion}`],
    ['ATT&CK', alert.attack.join(', ') || 'none'],
    ['alert', alert.alertId],
    ['more', alert.runbookUrl],
  ];
  const line = (text: string) => shownText(text, MAX_LINE);
  const section = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ['', colors.bold(title), ...lines.map((each) => `  ${line(each)}`)];
  const parts = (['actor', 'resource', 'context', 'details'] as const).flatMap((name) => {
    const value = alert[name];
    return value === undefined ? [] : [`${name}  ${JSON.stringify(value)}`];
  });
  return `${[
    alertBlock(alert, colors),
    '',
    ...facts.map(([label, text]) => `${colors.dim(label.padEnd(11))}${line(text)}`),
    ...section(
      'What to do',
      alert.triage.map((step, index) => `${index + 1}. ${step}`),
    ),
    ...section('It may be harmless', [alert.falsePositives]),
    ...section('Seen with it', contextWords(alert.contextSeen ?? [])),
    ...section('The event that opened it', parts),
  ].join('\n')}\n`;
}
