// Reads the operand of "numeric": [ "=", n ], [ ">", n ], or a range [ ">=", n, "<", m ] with the lower bound first.
// The ends must be numbers a double holds without loss.
import type { Condition, NumberRange } from './condition.ts';
import { refuse } from './error.ts';
import { toScalar } from './scalar.ts';

export function parseNumeric(operand: unknown, path: string): Condition {
  if (!Array.isArray(operand)) return refuse(path, 'Value of numeric must be an array.');
  const terms = new Terms(operand, path);
  const operator = terms.operator();
  if (operator === '=') {
    const value = terms.number(operator);
    terms.end();
    return { is: 'number', value, key: `number ${value}` };
  }
  if (operator === '<' || operator === '<=') {
    const top = terms.number(operator);
    terms.end();
    if (top === -Number.MAX_VALUE) refuse(path, 'Nothing is less than the least number');
    return range(Number.NEGATIVE_INFINITY, false, top, operator === '<');
  }
  if (operator !== '>' && operator !== '>=') {
    return refuse(path, `Unrecognized numeric range operator: ${operator}`);
  }
  const bottom = terms.number(operator);
  if (terms.done()) {
    if (bottom === Number.MAX_VALUE) refuse(path, 'Nothing is greater than the greatest number');
    return range(bottom, operator === '>', Number.POSITIVE_INFINITY, false);
  }
  const topOperator = terms.operator();
  if (topOperator !== '<' && topOperator !== '<=') {
    return refuse(path, `Bad numeric range operator: ${topOperator}`);
  }
  const top = terms.number(topOperator);
  terms.end();
  if (bottom >= top) return refuse(path, 'Bottom must be less than top');
  return range(bottom, operator === '>', top, topOperator === '<');
}

function range(bottom: number, bottomStrict: boolean, top: number, topStrict: boolean): Condition {
  const ends: NumberRange = { is: 'number-range', bottom, bottomStrict, top, topStrict };
  return { ...ends, key: `range ${bottom} ${bottomStrict} ${top} ${topStrict}` };
}

/** The array, taken term by term. */
class Terms {
  readonly #terms: readonly unknown[];
  readonly #path: string;
  #at = 0;

  constructor(terms: readonly unknown[], path: string) {
    this.#terms = terms;
    this.#path = path;
  }

  operator(): string {
    const scalar = this.#next();
    if (scalar?.kind !== 'string') return refuse(this.#place(), 'Invalid member in numeric match');
    return scalar.text;
  }

  number(operator: string): number {
    const scalar = this.#next();
    if (scalar?.kind !== 'number')
      return refuse(this.#place(), `Value of ${operator} must be numeric`);
    if (scalar.comparable === undefined) {
      return refuse(this.#place(), `Cannot compare number : ${scalar.text}`);
    }
    return scalar.comparable;
  }

  done(): boolean {
    return this.#at === this.#terms.length;
  }

  end(): void {
    if (!this.done()) refuse(this.#path, 'Too many elements in numeric expression');
  }

  #next() {
    return toScalar(this.#terms[this.#at++]);
  }

  #place(): string {
    return `${this.#path}[${this.#at - 1}]`;
  }
}
