// Reads a whole pattern into its branches: for each way through its $or choices, the conditions per field path.
// Follows AWS's JsonRuleCompiler, where a later field of the same path replaces an earlier one.
import type { Condition } from './condition.ts';
import { refuse } from './error.ts';
import { parseMember } from './expressions.ts';
import { isJsonObject, membersOf } from './operand.ts';

/** Dotted field path to its conditions, of which one must hold. All paths of a branch must hold. */
export type Branch = ReadonlyMap<string, readonly Condition[]>;

/** Enough for anything EventBridge takes (1,000); the guard against patterns that multiply without end. */
const MAX_BRANCHES = 20_000;
/** The depth at which AWS's JSON parser stops, and a guard against objects that contain themselves. */
const MAX_DEPTH = 1_000;

/** Names of operators, present and planned. As field names inside $or they are refused. */
const RESERVED_IN_OR = new Set([
  ...['exactly', 'equals-ignore-case', 'prefix', 'suffix', 'anything-but', 'exists', 'wildcard'],
  ...['numeric', 'cidr', '=', '<', '<=', '>', '>=', 'regex', 'not-wildcard'],
  ...['not-equals-ignore-case', 'date-after', 'date-on-or-after', 'date-before'],
  ...['date-on-or-before', 'in-date-range', 'ip-address-in-range', 'ip-address-not-in-range'],
]);

/** Where the reader is: `names` is the field path, `place` the same with $or and indexes, for messages. */
interface Position {
  readonly names: readonly string[];
  readonly place: string;
  readonly insideOr: boolean;
  readonly depth: number;
}

export function parsePattern(pattern: unknown): Branch[] {
  if (!isJsonObject(pattern)) return refuse('', 'Filter is not an object');
  return parseObject([], pattern, { names: [], place: '', insideOr: false, depth: 0 });
}

function parseObject(before: Branch[], value: object, at: Position): Branch[] {
  if (at.depth > MAX_DEPTH) refuse(`${at.place.slice(0, 80)}...`, 'Nested too deeply');
  const depth = at.depth + 1;
  const members = membersOf(value);
  if (members.length === 0) refuse(at.place, 'Empty objects are not allowed');
  let branches = before;
  for (const [name, member] of members) {
    const place = at.place === '' ? name : `${at.place}.${name}`;
    if (name === '$or') branches = parseOr(branches, member, { ...at, place, depth });
    else if (at.insideOr && RESERVED_IN_OR.has(name)) {
      refuse(place, `${name} is a reserved field name, which cannot be used inside $or.`);
    } else if (Array.isArray(member)) {
      branches = assign(branches, pathOf(at.names, name), parseField(member, place));
    } else if (isJsonObject(member)) {
      branches = parseObject(branches, member, { ...at, names: [...at.names, name], place, depth });
    } else refuse(place, `"${name}" must be an object or an array`);
  }
  return branches;
}

function parseOr(before: Branch[], choices: unknown, at: Position): Branch[] {
  if (!Array.isArray(choices)) return refuse(at.place, 'It must be an Array followed with $or.');
  const branches: Branch[] = [];
  for (const [i, choice] of choices.entries()) {
    const place = `${at.place}[${i}]`;
    if (!isJsonObject(choice)) {
      return refuse(place, 'Only JSON object is allowed in array of $or relationship.');
    }
    branches.push(...parseObject(before, choice, { ...at, place, insideOr: true }));
    if (branches.length > MAX_BRANCHES) refuse(at.place, 'Too many combinations of $or');
  }
  if (choices.length < 2) {
    return refuse(at.place, 'There must have at least 2 Objects in $or relationship.');
  }
  return branches;
}

function parseField(members: readonly unknown[], place: string): Condition[] {
  if (members.length === 0) refuse(place, 'Empty arrays are not allowed');
  return Array.from(members, (member, i) => parseMember(member, `${place}[${i}]`)).flat();
}

function assign(before: Branch[], path: string, conditions: readonly Condition[]): Branch[] {
  const branches = before.length === 0 ? [new Map<string, readonly Condition[]>()] : before;
  return branches.map((branch) => new Map(branch).set(path, conditions));
}

/** Joined by dots, so that "a.b" and a: { b } are one path; an empty first name leaves no dot, as in the engine. */
function pathOf(names: readonly string[], last: string): string {
  const base = names.join('.');
  return base === '' ? last : `${base}.${last}`;
}
