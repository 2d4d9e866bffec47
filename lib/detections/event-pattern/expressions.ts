// Reads the members of a field's array in a pattern: plain values and match expressions such as { "prefix": "x" }.
// Refuses what AWS's JsonRuleCompiler refuses. Numbers and anything-but have files of their own.
import { addressDigits, parseCidr } from './address.ts';
import { parseAnythingBut } from './anything-but.ts';
import type { Condition, TextTest } from './condition.ts';
import { refuse } from './error.ts';
import { parseNumeric } from './numeric.ts';
import { isJsonObject, onlyMember, stringOperand, wildcardTest } from './operand.ts';
import { type Scalar, toScalar } from './scalar.ts';
import { asWritten, fold } from './text.ts';

/** The conditions of one member. A number makes two: by value, and by its digits where it has no comparable value. */
export function parseMember(member: unknown, path: string): Condition[] {
  const scalar = toScalar(member === undefined ? null : member);
  if (scalar !== undefined) return exactly(scalar);
  if (!isJsonObject(member)) {
    return refuse(path, 'Match value must be String, number, true, false, or null');
  }
  const { operator, operand } = onlyMember(member, path);
  return [parseExpression(operator, operand, `${path}.${operator}`)];
}

function exactly(scalar: Scalar): Condition[] {
  const { kind, text, comparable } = scalar;
  if (kind === 'string') {
    const digits = addressDigits(text);
    // An address in a pattern is met by every spelling of it.
    return [digits === null ? exactString(text) : addressCondition(digits, digits)];
  }
  const asText: Condition = { is: 'exact-text', text, key: `literal ${text}` };
  if (comparable === undefined) return [asText];
  return [{ is: 'number', value: comparable, key: `number ${comparable}` }, asText];
}

function parseExpression(operator: string, operand: unknown, path: string): Condition {
  switch (operator) {
    case 'exactly':
      return exactString(stringOperand(operand, path));
    case 'prefix':
    case 'suffix':
      return textCondition(parsePrefixOrSuffix(operator, operand, path), operand);
    case 'equals-ignore-case':
      return textCondition(
        { is: 'equals-folded', folded: fold(stringOperand(operand, path)) },
        operand,
      );
    case 'wildcard':
      return textCondition(wildcardTest(stringOperand(operand, path), path), operand);
    case 'anything-but':
      return parseAnythingBut(operand, path);
    case 'numeric':
      return parseNumeric(operand, path);
    case 'cidr': {
      const range = parseCidr(stringOperand(operand, path));
      if (typeof range === 'string') return refuse(path, range);
      return addressCondition(range.bottom, range.top);
    }
    case 'exists':
      if (typeof operand !== 'boolean') {
        return refuse(path, 'exists match pattern must be either true or false.');
      }
      return operand ? { is: 'present', key: 'present' } : { is: 'absent', key: 'absent' };
    default:
      return refuse(path, `Unrecognized match type ${operator}`);
  }
}

function parsePrefixOrSuffix(is: 'prefix' | 'suffix', operand: unknown, path: string): TextTest {
  if (!isJsonObject(operand)) return { is, text: asWritten(stringOperand(operand, path)) };
  const inner = onlyMember(operand, path);
  if (inner.operator !== 'equals-ignore-case') {
    return refuse(`${path}.${inner.operator}`, `Unsupported ${is} pattern: ${inner.operator}`);
  }
  const text = stringOperand(inner.operand, `${path}.${inner.operator}`);
  return { is: `${is}-folded`, folded: fold(text) };
}

function exactString(text: string): Condition {
  return { is: 'exact-string', text, key: `string ${text}` };
}

function addressCondition(bottom: string, top: string): Condition {
  return { is: 'address', range: { bottom, top }, key: `address ${bottom}-${top}` };
}

/** Keyed by what was written: to the engine, two spellings of one test are two conditions. */
function textCondition(test: TextTest, operand: unknown): Condition {
  return { is: 'text', test, key: `${test.is} ${JSON.stringify(operand)}` };
}
