// The facts of an alert in words that every message uses: who, what, from where, how late, old and new value.
// Texts come out clean and short, not escaped: that is each sink's own.
import type { Alert, ContextValue, Severity } from '../contract/alert.ts';
import type { AuditLogEvent } from '../contract/bus-event.ts';
import {
  actorWords,
  asText,
  field,
  resourceWords,
  valueWords,
} from '../detections/reading/fields.ts';
import { shownText } from '../text.ts';
import type { RollUp } from './delivery/roll-up.ts';

export const SEVERITY_WORDS: Readonly<Record<Severity, string>> = {
  info: 'Info',
  low: 'Low severity',
  medium: 'Medium severity',
  high: 'High severity',
  critical: 'Critical',
};

export interface AlertWords {
  readonly who: string;
  readonly what: string;
  /** Undefined when Asana gave no context. */
  readonly fromWhere: string | undefined;
  /** `2026-10-05 09:00:00 UTC` */
  readonly when: string;
  readonly late: string;
  readonly oldValue: string | undefined;
  readonly newValue: string | undefined;
}

export function alertWords(alert: Alert): AlertWords {
  // An alert carries these parts of its event under the same names.
  const event = alert as unknown as AuditLogEvent;
  const hasChange =
    field(event, 'details', 'old_value') !== undefined ||
    field(event, 'details', 'new_value') !== undefined;
  const type = asText(field(event, 'resource', 'resource_type'));
  return {
    who: actorWords(event),
    what: `${resourceWords(event)}${type ? ` (${shownText(type.replaceAll('_', ' '), 60)})` : ''}, ${shownText(alert.eventType, 128)}`,
    fromWhere: placeWords(event),
    when: utc(alert.firstSeen),
    late: lateWords(Date.parse(alert.detectedAt) - Date.parse(alert.firstSeen)),
    oldValue: hasChange ? valueWords(field(event, 'details', 'old_value')) : undefined,
    newValue: hasChange ? valueWords(field(event, 'details', 'new_value')) : undefined,
  };
}

function placeWords(event: AuditLogEvent): string | undefined {
  const context = (name: string) => asText(field(event, 'context', name));
  const type = context('context_type');
  const method = context('api_authentication_method');
  const parts = [
    context('client_ip_address'),
    method ? `${type ?? 'api'} with ${method.replaceAll('_', ' ')}` : type,
    context('oauth_app_name') && `app ${context('oauth_app_name')}`,
    context('rule_name') && `rule ${context('rule_name')}`,
    context('user_agent'),
  ];
  const words = parts.flatMap((part) => (part ? [shownText(part, 200)] : [])).join(', ');
  return words === '' ? undefined : words;
}

/** `2026-10-05 09:00:00 UTC` of an instant in text; built from the instant, so that nothing else gets in. */
export function utc(instant: string): string {
  const ms = Date.parse(instant);
  if (Number.isNaN(ms)) return 'an unknown time';
  const iso = new Date(ms).toISOString();
  return `${iso.slice(0, iso.indexOf('T'))} ${iso.slice(iso.indexOf('T') + 1).slice(0, 8)} UTC`;
}

/** `12 events from 2026-10-05 09:00:00 UTC to 2026-10-05 09:40:00 UTC` */
export function lastsWords(alert: Pick<Alert, 'count' | 'firstSeen' | 'lastSeen'>): string {
  return `${alert.count} events from ${utc(alert.firstSeen)} to ${utc(alert.lastSeen)}`;
}

const CONTEXT_WORDS: ReadonlyMap<string, string> = new Map([
  ['context.client_ip_address', 'address'],
  ['context.user_agent', 'user agent'],
  ['context.oauth_app_name', 'app'],
  ['resource.gid', 'resource'],
  ['actor.gid', 'actor'],
]);

/** A line for each: `address 192.0.2.1`, `resource Roadmap (1201)`. */
export function contextWords(values: readonly ContextValue[]): string[] {
  return values.map(({ field: path, value, label }) => {
    const name = CONTEXT_WORDS.get(path) ?? shownText(path, 60);
    const text = shownText(value, 200);
    return `${name} ${label === undefined ? text : `${shownText(label, 100)} (${text})`}`;
  });
}

/** What a roll-up says, and where each of its alerts is still to be found. */
export function rollUpWords(rollUp: RollUp): {
  readonly heading: string;
  readonly counts: readonly string[];
  readonly hint: string;
} {
  const { alerts, byDetection, minute } = rollUp;
  const at = utc(new Date(minute).toISOString()).replace(/:00 UTC$/, ' UTC');
  return {
    heading: `${alerts} more new ${alerts === 1 ? 'alert' : 'alerts'} in the minute of ${at}`,
    counts: byDetection.map(
      ({ count, title, severity, detectionId }) =>
        `${count} × ${title} (${SEVERITY_WORDS[severity].toLowerCase()}, ${detectionId})`,
    ),
    hint: 'Too many at once to tell one by one. Each is on the bus and in the table of alerts: npm run alerts -- list',
  };
}

const UNITS: ReadonlyArray<readonly [name: string, ms: number]> = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
];

/** How long after the event the alert was raised: "within a minute", "3 hours 20 minutes later". */
export function lateWords(ms: number): string {
  const first = UNITS.findIndex(([, length]) => ms >= length);
  if (first < 0) return 'within a minute';
  const parts: string[] = [];
  let left = ms;
  for (const [name, length] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(left / length);
    left -= count * length;
    if (count > 0) parts.push(`${count} ${name}${count === 1 ? '' : 's'}`);
  }
  return `${parts.join(' ')} later`;
}
