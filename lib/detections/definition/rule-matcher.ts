// Whether a rule's whole pattern matches an event, asked of many events: what all rules have in common is compared directly,
// and only conditions on the audit log event itself go through the event-pattern matcher. The answers are the matcher's.
import type { BusEvent } from '../../contract/bus-event.ts';
import { AUDIT_LOG_SOURCE } from '../../contract/sources.ts';
import type { Detection, DetectionPattern } from '../define.ts';
import { compileEventPattern } from '../event-pattern.ts';
import { patternsOf, type RulePatternOptions, rulePattern } from './rule-pattern.ts';

/** What is left to be asked of the events of one type; undefined where none of that type matches. */
export type TypedMatcher = (type: unknown) => ((event: BusEvent) => boolean) | undefined;

/** @throws EventPatternError for a pattern that EventBridge refuses */
export function ruleMatcher(detection: Detection, options: RulePatternOptions): TypedMatcher {
  const pattern = rulePattern(detection, options) as WholePattern;
  const whole = compileEventPattern(pattern);
  const takesType = typeTest(patternsOf(detection));
  const { data, metadata } = pattern.detail;
  const matchesData = data === undefined ? undefined : compileEventPattern(data);
  const quick = (event: BusEvent) => {
    if (isOdd(event)) return whole(event);
    if (
      event.source !== AUDIT_LOG_SOURCE ||
      !metadata.origin.includes(event.detail.metadata.origin)
    ) {
      return false;
    }
    return matchesData === undefined || matchesData(event.detail.data);
  };
  const matches = '$or' in pattern ? whole : quick;
  return (type) => (takesType(type) ? matches : undefined);
}

/** The same for one of a detection's patterns, of an event that its whole rule has matched. */
export function partMatcher(pattern: DetectionPattern): TypedMatcher {
  const types = pattern['detail-type'];
  const takesType = typeTest([pattern]);
  const data = pattern.detail?.data;
  if (data === undefined) return (type) => (takesType(type) ? () => true : undefined);
  const whole = compileEventPattern({ 'detail-type': [...types], detail: { data } });
  const matchesData = compileEventPattern(data);
  const matches = (event: BusEvent) =>
    isOdd(event) ? whole(event) : matchesData(event.detail.data);
  return (type) => (takesType(type) ? matches : undefined);
}

/** Answers false for a type of which no event matches any of the patterns. */
export function typeTest(patterns: readonly DetectionPattern[]): (type: unknown) => boolean {
  const types = patterns.flatMap((pattern) => pattern['detail-type']);
  const matches = compileEventPattern({ 'detail-type': types });
  return (type) => matches({ 'detail-type': type });
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
