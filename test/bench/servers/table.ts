// One DynamoDB table in memory for single items by `pk` and `sk`: GetItem, PutItem and UpdateItem, conditions applied.
// Speaks as much of the expression language as a checkpoint store needs, and refuses the rest aloud.
import { httpAnswer } from './http.ts';

type Value = Readonly<Record<string, unknown>>;
type Item = Record<string, Value>;

interface Input {
  readonly Key?: Item;
  readonly Item?: Item;
  readonly UpdateExpression?: string;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Item;
  readonly ReturnValues?: string;
}

const AMZ_JSON = 'application/x-amz-json-1.0';
const EMPTY = httpAnswer(200, AMZ_JSON, '{}');
const CONDITION_FAILED = httpAnswer(
  400,
  AMZ_JSON,
  '{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"The conditional request failed"}',
);

export class Table {
  readonly #items = new Map<string, Item>();

  /** @param operation such as `UpdateItem` @returns the whole HTTP answer */
  handle(operation: string, body: Buffer): Buffer {
    const input = JSON.parse(body.toString('utf8')) as Input;
    try {
      return this.#apply(operation, input);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const answer = { __type: 'com.amazon.coral.validate#ValidationException', message };
      return httpAnswer(400, AMZ_JSON, JSON.stringify(answer));
    }
  }

  #apply(operation: string, input: Input): Buffer {
    const given = input.Key ?? input.Item ?? {};
    const key = `${given['pk']?.['S']} ${given['sk']?.['S']}`;
    const item = this.#items.get(key);
    if (operation === 'GetItem') {
      return item === undefined ? EMPTY : answerWith({ Item: item });
    }
    if (!holds(input, item ?? {})) return CONDITION_FAILED;
    if (operation === 'PutItem') {
      this.#items.set(key, given);
      return EMPTY;
    }
    if (operation !== 'UpdateItem') throw new Error(`no ${operation} here`);
    const updated = update(input, item ?? { ...given });
    this.#items.set(key, updated);
    return input.ReturnValues === 'ALL_NEW' ? answerWith({ Attributes: updated }) : EMPTY;
  }
}

function answerWith(output: object): Buffer {
  return httpAnswer(200, AMZ_JSON, JSON.stringify(output));
}

/** `a OR b AND c`, each a comparison or attribute_not_exists; no brackets. */
function holds(input: Input, item: Item): boolean {
  const condition = input.ConditionExpression;
  if (condition === undefined) return true;
  return condition
    .split(/\s+OR\s+/)
    .some((all) => all.split(/\s+AND\s+/).every((term) => termHolds(term.trim(), input, item)));
}

function termHolds(term: string, input: Input, item: Item): boolean {
  const absent = /^attribute_not_exists\(([#\w]+)\)$/.exec(term);
  if (absent?.[1] !== undefined) return item[nameOf(absent[1], input)] === undefined;
  const comparison = /^([#\w]+)\s*(=|<=|<)\s*(:\w+)$/.exec(term);
  if (comparison === null) throw new Error(`no such condition here: ${term}`);
  const [, name = '', operator, placeholder = ''] = comparison;
  const stored = item[nameOf(name, input)];
  const wanted = valueNamed(placeholder, input);
  if (stored === undefined) return false;
  if (operator === '=') return JSON.stringify(stored) === JSON.stringify(wanted);
  const difference = Number(stored['N']) - Number(wanted['N']);
  return operator === '<' ? difference < 0 : difference <= 0;
}

/** `SET a = :a, b = if_not_exists(b, :zero) + :one REMOVE c, d`. */
function update(input: Input, item: Item): Item {
  const expression = (input.UpdateExpression ?? '').replace(/\s+/g, ' ').trim();
  const clauses = /^(?:SET (.+?))? ?(?:REMOVE ([#\w, ]+))?$/.exec(expression);
  if (clauses === null) throw new Error(`no such update here: ${expression}`);
  const updated = { ...item };
  for (const part of (clauses[1] ?? '').split(/, (?![^(]*\))/).filter(Boolean)) {
    const [name = '', value = ''] = part.split(' = ');
    updated[nameOf(name, input)] = sum(value, input, item);
  }
  for (const name of (clauses[2] ?? '').split(',').filter(Boolean)) {
    delete updated[nameOf(name.trim(), input)];
  }
  return updated;
}

function sum(expression: string, input: Input, item: Item): Value {
  const [first = '', second] = expression.split(' + ').map((term) => operand(term, input, item));
  if (second === undefined) return first as Value;
  return { N: String(Number((first as Value)['N']) + Number(second['N'])) };
}

function operand(term: string, input: Input, item: Item): Value {
  const otherwise = /^if_not_exists\(([#\w]+), ?(:\w+)\)$/.exec(term.trim());
  if (otherwise === null) return valueNamed(term.trim(), input);
  const [, name = '', placeholder = ''] = otherwise;
  return item[nameOf(name, input)] ?? valueNamed(placeholder, input);
}

function nameOf(name: string, { ExpressionAttributeNames = {} }: Input): string {
  if (!name.startsWith('#')) return name;
  const real = ExpressionAttributeNames[name];
  if (real === undefined) throw new Error(`name ${name} is not given`);
  return real;
}

function valueNamed(placeholder: string, { ExpressionAttributeValues = {} }: Input): Value {
  const value = ExpressionAttributeValues[placeholder];
  if (value === undefined) throw new Error(`value ${placeholder} is not given`);
  return value;
}
