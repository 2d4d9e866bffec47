// EventBridge event patterns, matched in-process: the public entry to this folder's matcher.
// Gives the answers of AWS's own engine, aws/event-ruler 2.0.1; test/support/data holds several hundred of them.
//
// A pattern is invalid when JsonRuleCompiler.check of that engine says so. In particular "$or" is always the operator:
// the engine would also let {"$or": ["x"]} pass as a field of that name, a rule nobody means to write.
// Known differences, all where the engine's automaton for one field mixes up its conditions:
//  - a wildcard that begins with a star, negated or not, beside a comparison without regard to case, negated or not: the
//    engine then takes a string for a match, or for none, that it takes otherwise where each stands alone;
//  - strings, then "numeric" with an upper bound only, then strings: the engine sometimes misses one;
//  - $or branches that overlap on a field with several values: the engine drops one of them by chance.
// Such rules can misfire on EventBridge too, so write them as two rules. Here they mean what they say.
import { EventPatternError, refuse } from './event-pattern/error.ts';
import { type Gate, gatesOf } from './event-pattern/gates.ts';
import { isJsonObject } from './event-pattern/operand.ts';
import { parsePattern } from './event-pattern/parse.ts';
import { buildStates } from './event-pattern/states.ts';
import { matchesStates } from './event-pattern/walk.ts';

export { EventPatternError, type Gate };

/** EventBridge's quota for a pattern as JSON without spaces (October 2026). */
export const MAX_PATTERN_CHARACTERS = 2048;

/** EventBridge's limit on the combinations that the uses of $or in a pattern multiply to; not tried on the service. */
export const MAX_PATTERN_COMBINATIONS = 1000;

/** The answer for one event: any JSON value, with numbers beyond 2^53 as `JSON.rawJSON` where their digits matter. */
export type CompiledEventPattern = (event: unknown) => boolean;

const compiled = new WeakMap<object, CompiledEventPattern>();

/**
 * Reads a pattern once, for many events. Throws `EventPatternError` (code `pattern.invalid`) for what the engine
 * refuses; the result never throws.
 */
export function compileEventPattern(pattern: unknown): CompiledEventPattern {
  return compileWithGates(pattern).matches;
}

/**
 * The same, with the fields by which most events are seen not to match: those that find all gates shut.
 */
export function compileWithGates(pattern: unknown): {
  readonly matches: CompiledEventPattern;
  readonly gates: readonly Gate[];
} {
  const start = buildStates(parsePattern(pattern));
  const gates = gatesOf(start);
  const matches = (event: unknown) => {
    if (!isJsonObject(event)) return false;
    for (const gate of gates) if (gate.isOpen(event)) return matchesStates(start, event);
    return false;
  };
  return { matches, gates };
}

/** Whether the event matches. Compiles on first use of a pattern object, which must not change afterwards. */
export function matchesEventPattern(pattern: unknown, event: unknown): boolean {
  if (typeof pattern !== 'object' || pattern === null) return compileEventPattern(pattern)(event);
  let matches = compiled.get(pattern);
  if (matches === undefined) {
    matches = compileEventPattern(pattern);
    compiled.set(pattern, matches);
  }
  return matches(event);
}

/**
 * Throws `EventPatternError` for what EventBridge refuses: all the engine refuses, and two quotas of the service. The
 * message says what is refused and where. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html
 */
export function validateEventPattern(pattern: unknown): void {
  const branches = parsePattern(pattern);
  buildStates(branches);
  const characters = JSON.stringify(pattern, (_, value: unknown) =>
    typeof value === 'bigint' ? Number(value) : value,
  ).length;
  if (characters > MAX_PATTERN_CHARACTERS) {
    refuse(
      '',
      `it has ${characters} characters as JSON, EventBridge takes ${MAX_PATTERN_CHARACTERS}`,
    );
  }
  if (branches.length > MAX_PATTERN_COMBINATIONS) {
    refuse(
      '',
      `its $or make ${branches.length} combinations, EventBridge takes ${MAX_PATTERN_COMBINATIONS}`,
    );
  }
}
