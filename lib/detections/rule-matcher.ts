// Whether a rule's whole pattern matches an event, asked of many events: what all rules have in common is compared directly,
// and only conditions on the audit log event itself go through the event-pattern matcher. The answers are the matcher's.
import type { BusEvent } from '../contract/bus-event.ts';
import { AUDIT_LOG_SOURCE } from '../contract/sources.ts';
import type { Detection, DetectionPattern } from './define.ts';
import { compileEventPattern } from './event-pattern.ts';
import { remembered } from './remembered.ts';
import { patternsOf, type RulePatternOptions, rulePattern } from './rule-pattern.ts';

export interface RuleMatcher {
  readonly matches: (event: BusEvent) => boolean;
  /** False for a type of which no event matches. */
  readonly takesType: (type: string) => boolean;
}

/** @throws EventPatternError for a pattern that EventBridge refuses */
export function ruleMatcher(detection: Detection, options: RulePatternOptions): RuleMatcher {
  const pattern = rulePattern(detection, options) as WholePattern;
  const whole = compileEventPattern(pattern);
  const isOfType = typeTest(patternsOf(detection).flatMap((each) => each['detail-type']));
  const { data, metadata } = pattern.detail;
  const matchesData = data === undefined ? undefined : compileEventPattern(data);
  const origins = new Set(metadata.origin);
  const isSplit = !('$or' in pattern);
  const matches = (event: BusEvent) => {
    const type: unknown = event['detail-type'];
    if (typeof type !== 'string') return whole(event);
    if (!isOfType(type)) return false;
    if (!isSplit || isOdd(event)) return whole(event);
    if (event.source !== AUDIT_LOG_SOURCE || !origins.has(event.detail.metadata.origin)) {
      return false;
    }
    return matchesData === undefined || matchesData(event.detail.data);
  };
  return { matches, takesType: isOfType };
}

/** The same for one of a detection's patterns, of an event that its whole rule has matched. */
export function partMatcher(pattern: DetectionPattern): (event: BusEvent) => boolean {
  const data = pattern.detail?.data;
  const isOfType = typeTest(pattern['detail-type']);
  const whole = compileEventPattern({
    'detail-type': [...pattern['detail-type']],
    ...(data === undefined ? {} : { detail: { data } }),
  });
  const matchesData = data === undefined ? undefined : compileEventPattern(data);
  return (event) => {
    const type: unknown = event['detail-type'];
    if (typeof type !== 'string') return whole(event);
    if (!isOfType(type)) return false;
    if (matchesData === undefined) return true;
    return isOdd(event) ? whole(event) : matchesData(event.detail.data);
  };
}

/** False for a type of which no event matches any of the patterns. */
export function typeMatcher(patterns: readonly DetectionPattern[]): RuleMatcher['takesType'] {
  return typeTest(patterns.flatMap((pattern) => pattern['detail-type']));
}

interface WholePattern {
  readonly detail: {
    readonly metadata: { readonly origin: readonly string[] };
    readonly data?: object;
  };
}

let lastAsked: { readonly event: BusEvent; readonly isOdd: boolean } | undefined;

/** Of a replay, or with a field that the matcher would find by a dotted name: `{ "detail.data": ... }`. */
function isOdd(event: BusEvent): boolean {
  // Each detection asks this of the same event.
  if (lastAsked?.event !== event) lastAsked = { event, isOdd: hasOddName(event) };
  return lastAsked.isOdd;
}

function hasOddName(event: BusEvent): boolean {
  for (const name in event) if (name === 'replay-name' || name.includes('.')) return true;
  for (const name in event.detail) if (name.includes('.')) return true;
  return false;
}

/** Whether a type meets one of the conditions, asked of the matcher once for each type. */
function typeTest(types: readonly unknown[]): (type: string) => boolean {
  const matches = compileEventPattern({ 'detail-type': types });
  return remembered((type) => matches({ 'detail-type': type }));
}
