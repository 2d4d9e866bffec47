// Which events a tail shows: what the command line asked for, as an event pattern for the bus and as a test here. Pure.
import { isSevereEnough } from '../../alerts/delivery/rules.ts';
import { isJsonObject } from '../../asana/lossless-json.ts';
import type { Severity } from '../../contract/alert.ts';
import {
  ALERT_SOURCE,
  AUDIT_LOG_SOURCE,
  NOT_REPLAYED,
  OPERATOR_SOURCE,
  POLLER_SOURCE,
} from '../../contract/sources.ts';
import { isNamed } from '../../detections/definition/named-ids.ts';

/** By the words people use. */
export const SOURCES: Readonly<Record<string, string>> = {
  events: AUDIT_LOG_SOURCE,
  alerts: ALERT_SOURCE,
  poller: POLLER_SOURCE,
  operator: OPERATOR_SOURCE,
};

/** What is empty admits everything. */
export interface TailFilter {
  /** EventBridge sources. */
  readonly sources: readonly string[];
  /** Detail types. */
  readonly types: readonly string[];
  /** Of alerts: this severity and above. */
  readonly severity?: Severity | undefined;
  /** Of alerts: ids, or the beginnings of some: `asana.export.*`. */
  readonly detections: readonly string[];
  /** Gids, e-mail addresses or names of actors. */
  readonly actors: readonly string[];
}

/** What the rule of a deployed tail matches; the rest is decided here, so that the pattern stays small. */
export function tailPattern({ sources, types }: TailFilter): object {
  return {
    source: sources.length > 0 ? [...sources] : Object.values(SOURCES),
    ...(types.length > 0 ? { 'detail-type': [...types] } : {}),
    // What is replayed to other rules is nothing new.
    'replay-name': NOT_REPLAYED,
  };
}

/** @param event as a rule's target receives it */
export function admits(filter: TailFilter, event: Readonly<Record<string, unknown>>): boolean {
  const { sources, types, severity, detections, actors } = filter;
  const isAlert = event['source'] === ALERT_SOURCE;
  const data = dataOf(event);
  return (
    isIn(sources, event['source']) &&
    isIn(types, event['detail-type']) &&
    (severity === undefined ||
      (isAlert && isSevereEnough(data['severity'] as Severity, severity))) &&
    (detections.length === 0 || (isAlert && isNamed(detections, String(data['detectionId'])))) &&
    (actors.length === 0 || isActor(data['actor'], actors))
  );
}

export function dataOf(event: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const detail = isJsonObject(event['detail']) ? event['detail'] : {};
  return isJsonObject(detail['data']) ? detail['data'] : {};
}

function isIn(wanted: readonly string[], value: unknown): boolean {
  return wanted.length === 0 || wanted.includes(String(value));
}

function isActor(actor: unknown, wanted: readonly string[]): boolean {
  if (!isJsonObject(actor)) return false;
  const known = ['gid', 'email', 'name'].map((field) => String(actor[field] ?? '').toLowerCase());
  return wanted.some((each) => known.includes(each.toLowerCase()));
}
