// An event of a tail as a line for a person, or as one of JSON as `npm start -- --json` has it. Pure.
import { utc } from '../../alerts/words.ts';
import { isJsonObject } from '../../asana/lossless-json.ts';
import type { Severity } from '../../contract/alert.ts';
import { ALERT_SOURCE, AUDIT_LOG_SOURCE, POLLER_SOURCE } from '../../contract/sources.ts';
import { oneLine } from '../../local/bus-entry.ts';
import { type Colors, severityColor } from '../../local/show.ts';
import { shownText } from '../../text.ts';
import { dataOf } from './filter.ts';

type Event = Readonly<Record<string, unknown>>;
const MAX_PART = 200;

/** @param text the event's own JSON, so that every number keeps its digits */
export function jsonLine(event: Event, text: string): string {
  return `{"kind":"${kindOf(event)}","event":${oneLine(text)}}\n`;
}

export function wordLine(event: Event, colors: Colors): string {
  const data = dataOf(event);
  const time = utc(String(data['created_at'] ?? event['time'] ?? ''));
  const type = part(event['detail-type']);
  const begin = `${colors.dim(part(time))}  `;
  if (event['source'] === ALERT_SOURCE) {
    const { severity, title, entity, detectionId } = data;
    const paint = severityColor(severity as Severity, colors);
    const label = isJsonObject(entity) ? part(entity['label']) : '';
    const test = data['test'] === true ? ' (a test)' : '';
    return `${begin}${paint(part(severity).toUpperCase())}  ${type}: ${part(title)}, ${label}${test}  ${colors.dim(part(detectionId))}\n`;
  }
  if (event['source'] !== AUDIT_LOG_SOURCE) {
    return `${begin}${colors.yellow(type)}: ${part(data['message'])}\n`;
  }
  const actor = named(data['actor']);
  const resource = named(data['resource']);
  const rest = [actor === '' ? '' : `by ${actor}`, resource === '' ? '' : `on ${resource}`];
  const words = rest.filter((each) => each !== '').join(' ');
  return `${begin}${colors.bold(type)}  ${words}  ${colors.dim(part(data['gid']))}\n`;
}

function kindOf({ source }: Event): string {
  if (source === AUDIT_LOG_SOURCE) return 'event';
  if (source === ALERT_SOURCE) return 'alert';
  return source === POLLER_SOURCE ? 'operational' : 'operator';
}

function named(who: unknown): string {
  if (!isJsonObject(who)) return '';
  return part(who['email'] ?? who['name'] ?? who['gid'] ?? who['actor_type']);
}

function part(value: unknown): string {
  return typeof value === 'string' ? shownText(value, MAX_PART) : '';
}
