// Small readers that the parsers of expressions share: one member of an object, a string, a wildcard.
// They look at values as JSON would have them, and refuse by naming the place.
import type { TextTest } from './condition.ts';
import { refuse } from './error.ts';
import { isRawJson, toScalar } from './scalar.ts';
import { asWritten, parseWildcard } from './text.ts';

export function wildcardTest(source: string, path: string): TextTest {
  const parts = parseWildcard(asWritten(source));
  return typeof parts === 'string' ? refuse(path, parts) : { is: 'wildcard', parts };
}

export function stringOperand(operand: unknown, path: string): string {
  const scalar = toScalar(operand);
  if (scalar?.kind !== 'string') return refuse(path, 'match pattern must be a string');
  return scalar.text;
}

/** The one member of an expression. A second one is refused, whatever it is. */
export function onlyMember(value: object, path: string): { operator: string; operand: unknown } {
  const [first, ...others] = membersOf(value);
  if (first === undefined) return refuse(path, 'Match expression name not found');
  if (others.length > 0) return refuse(path, 'Only one key allowed in match expression');
  return { operator: first[0], operand: first[1] };
}

/** Members as JSON has them: an undefined one is not there. */
export function membersOf(value: object): [string, unknown][] {
  return Object.entries(value).filter(([, member]) => member !== undefined);
}

export function isJsonObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawJson(value);
}
