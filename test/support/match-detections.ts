// Runs detections of kind `match` on single events, by rule pattern, condition and lists, as the detect function does.
// The kinds that keep a state are not run here.
import type { Severity } from '../../lib/contract/alert.ts';
import type { AuditLogEvent, BusEvent } from '../../lib/contract/bus-event.ts';
import { CATALOGUE } from '../../lib/detections/catalogue/index.ts';
import {
  type Detection,
  type Example,
  eventsOf,
  type Lists,
  type MatchDetection,
} from '../../lib/detections/define.ts';
import { rulePattern } from '../../lib/detections/definition/rule-pattern.ts';
import { compileEventPattern } from '../../lib/detections/event-pattern.ts';
import { busEvent } from './bus-events.ts';

export const MATCHES: readonly MatchDetection[] = CATALOGUE.filter(
  (detection: Detection) => detection.kind === 'match',
);

const compiled = new Map<MatchDetection, (event: BusEvent) => boolean>();

/** Whether the detection alerts on the event; `lists` replace the defaults by name. */
export function alertsOn(detection: MatchDetection, event: BusEvent, lists: Lists = {}): boolean {
  let matches = compiled.get(detection);
  if (matches === undefined) {
    matches = compileEventPattern(rulePattern(detection, { alertOnHistory: false }));
    compiled.set(detection, matches);
  }
  if (!matches(event)) return false;
  return detection.when?.(event.detail.data, { ...detection.lists, ...lists }) ?? true;
}

/** Ids of the stateless detections that alert on this event. */
export function raisedBy(
  data: AuditLogEvent,
  options: Parameters<typeof busEvent>[1] & { readonly lists?: Lists } = {},
): string[] {
  const { lists, ...frame } = options;
  const event = busEvent(data, frame);
  return MATCHES.filter((detection) => alertsOn(detection, event, lists)).map(({ id }) => id);
}

export function detectionById(id: string): MatchDetection {
  const found = MATCHES.find((detection) => detection.id === id);
  if (found === undefined) throw new Error(`No detection of kind match has the id ${id}.`);
  return found;
}

/** The severity of an alert that this event opens. */
export function severityOf(
  detection: MatchDetection,
  event: AuditLogEvent,
  lists: Lists = {},
): Severity {
  const used = { ...detection.lists, ...lists };
  return detection.severityOf?.(event, used) ?? detection.severity;
}

/** The event of an example that is to alert or be silent by itself. */
export function onlyEvent(example: Example): AuditLogEvent {
  const [event, ...more] = eventsOf(example);
  if (event === undefined || more.length > 0) throw new Error('An example of one event was meant.');
  return event;
}
