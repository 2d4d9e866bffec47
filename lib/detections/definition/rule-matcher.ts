// Whether a rule's whole pattern matches an event, asked of many events: what all rules have in common is compared directly,
// and only conditions on the audit log event itself go through the event-pattern matcher. The answers are the matcher's.
import type { BusEvent } from '../../contract/bus-event.ts';
import { AUDIT_LOG_SOURCE } from '../../contract/sources.ts';
import type { Detection, DetectionPattern } from '../define.ts';
import { compileEventPattern, compileWithGates, type Gate } from '../event-pattern.ts';
import { patternsOf, type RulePatternOptions, rulePattern } from './rule-pattern.ts';

/** What is left to be asked of the events of one type; undefined where none of that type matches. */
export type TypedMatcher = (type: unknown) => Matcher | undefined;

/** @param isOdd as the function of that name has it: asked once of an event that many matchers see */
export type Matcher = (event: BusEvent, isOdd: boolean) => boolean;

export interface RuleMatcher {
  readonly ofType: TypedMatcher;
  /** Of the audit log event: where all are shut, the rule matches no event but one `isOdd`. None: it may match any. */
  readonly gates: readonly Gate[];
}

/** @throws EventPatternError for a pattern that EventBridge refuses */
export function ruleMatcher(detection: Detection, options: RulePatternOptions): RuleMatcher {
  const pattern = rulePattern(detection, options) as WholePattern;
  const whole = compileEventPattern(pattern);
  const takesType = typeTest(patternsOf(detection));
  const { data, metadata } = pattern.detail;
  const ofData = data === undefined ? undefined : compileWithGates(data);
  const quick: Matcher = (event, isOdd) => {
    if (isOdd) return whole(event);
    if (
      event.source !== AUDIT_LOG_SOURCE ||
      !metadata.origin.includes(event.detail.metadata.origin)
    ) {
      return false;
    }
    return ofData === undefined || ofData.matches(event.detail.data);
  };
  const isPlain = !('$or' in pattern);
  const matches: Matcher = isPlain ? quick : whole;
  return {
    ofType: (type) => (takesType(type) ? matches : undefined),
    gates: isPlain ? (ofData?.gates ?? []) : [],
  };
}

/** The same for one of a detection's patterns, of an event that its whole rule has matched. */
export function partMatcher(pattern: DetectionPattern): TypedMatcher {
  const types = pattern['detail-type'];
  const takesType = typeTest([pattern]);
  const data = pattern.detail?.data;
  if (data === undefined) return (type) => (takesType(type) ? () => true : undefined);
  const whole = compileEventPattern({ 'detail-type': [...types], detail: { data } });
  const matchesData = compileEventPattern(data);
  const matches: Matcher = (event, isOdd) =>
    isOdd ? whole(event) : matchesData(event.detail.data);
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

/** Of a replay, or with a field that the matcher would find by a dotted name: `{ "detail.data": ... }`. */
export function isOdd(event: BusEvent): boolean {
  return hasOddName(event, ENVELOPE) || hasOddName(event.detail, DETAIL);
}

/** @param usual in their order: nearly always the very names there are, which then need not be read */
function hasOddName(part: object, usual: readonly string[]): boolean {
  let place = 0;
  for (const name in part) {
    if (name !== usual[place++] && (name === 'replay-name' || name.includes('.'))) return true;
  }
  return false;
}

// biome-ignore format: one line
const ENVELOPE = ['version', 'id', 'detail-type', 'source', 'account', 'time', 'region', 'resources', 'detail'];
const DETAIL = ['metadata', 'data'];
