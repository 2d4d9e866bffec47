// Reads the operand of "anything-but": strings or numbers, or one of four text operators with a string or a list.
// EventBridge does not take cidr, exists or numeric here, nor lists that mix strings and numbers.
import type { Condition, TextTest } from './condition.ts';
import { refuse } from './error.ts';
import { isJsonObject, onlyMember, wildcardTest } from './operand.ts';
import { toScalar } from './scalar.ts';
import { asWritten, fold } from './text.ts';

export function parseAnythingBut(operand: unknown, path: string): Condition {
  if (isJsonObject(operand)) {
    const inner = onlyMember(operand, path);
    return parseTexts(inner.operator, inner.operand, `${path}.${inner.operator}`);
  }
  const strings = new Set<string>();
  const numbers = new Set<number>();
  for (const [member, at] of listed(operand, path)) {
    const scalar = toScalar(member);
    if (scalar?.kind === 'string') strings.add(scalar.text);
    else if (scalar?.kind !== 'number') {
      refuse(at, 'Inside anything but list, start|null|boolean is not supported.');
    } else if (scalar.comparable === undefined)
      refuse(at, `Cannot compare number : ${scalar.text}`);
    else numbers.add(scalar.comparable);
  }
  if (strings.size > 0 === numbers.size > 0) {
    refuse(
      path,
      'Inside anything but list, either all values are number or string, mixed type is not supported',
    );
  }
  return strings.size > 0
    ? { is: 'not-strings', strings, key: keyOf('not-strings', strings) }
    : { is: 'not-numbers', numbers, key: keyOf('not-numbers', numbers) };
}

function parseTexts(operator: string, operand: unknown, path: string): Condition {
  const read = readerOf(operator);
  if (read === undefined) return refuse(path, `Unsupported anything-but pattern: ${operator}`);
  const texts = new Map<string, TextTest>();
  for (const [member, at] of listed(operand, path)) {
    const scalar = toScalar(member);
    if (scalar?.kind === 'string') texts.set(scalar.text, read(scalar.text, at));
    else refuse(at, `${operator} match pattern must be a string`);
  }
  return { is: 'not-texts', tests: [...texts.values()], key: keyOf(operator, texts.keys()) };
}

function readerOf(operator: string): ((text: string, path: string) => TextTest) | undefined {
  switch (operator) {
    case 'prefix':
    case 'suffix':
      return (text, path) => {
        if (text === '') return refuse(path, 'Null prefix/suffix not allowed');
        return { is: operator, text: asWritten(text) };
      };
    case 'equals-ignore-case':
      return (text) => ({ is: 'equals-folded', folded: fold(text) });
    case 'wildcard':
      return wildcardTest;
    default:
      return undefined;
  }
}

/** The members of a list with their places, or the operand alone. */
function listed(operand: unknown, path: string): [unknown, string][] {
  if (!Array.isArray(operand)) return [[operand, path]];
  return operand.map((member, i) => [member, `${path}[${i}]`]);
}

function keyOf(what: string, members: Iterable<string | number>): string {
  return `not ${what} ${JSON.stringify([...members].sort())}`;
}
