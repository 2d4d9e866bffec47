// Event patterns with one condition less: what a test's examples have to notice.
// Makes patterns only; some of them EventBridge would refuse, and none of those is given.
import { isJsonObject } from '../../lib/asana/lossless-json.ts';
import { compileEventPattern, EventPatternError } from '../../lib/detections/event-pattern.ts';

export interface Mutant {
  /** Which condition is gone, for the test's name. */
  readonly without: string;
  readonly pattern: object;
}

/** The pattern once for each field, each member of a list, and each branch of `$or` that can be left out. */
export function mutantsOf(pattern: object): Mutant[] {
  return [...without(pattern, '')].filter(({ pattern: mutant }) => isTaken(mutant));
}

function* without(node: unknown, path: string): Generator<Mutant> {
  if (Array.isArray(node)) {
    for (const [index, member] of node.entries()) {
      const at = `${path}[${index}] ${JSON.stringify(member)}`;
      if (node.length > 1) yield { without: at, pattern: node.toSpliced(index, 1) };
      for (const inner of without(member, `${path}[${index}]`)) {
        yield { ...inner, pattern: node.with(index, inner.pattern) };
      }
    }
  } else if (isJsonObject(node)) {
    for (const [name, value] of Object.entries(node)) {
      const { [name]: _gone, ...rest } = node;
      const at = path === '' ? name : `${path}.${name}`;
      yield { without: at, pattern: withoutEmpty(rest) };
      if (name === '$or' && Array.isArray(value) && value.length === 2) {
        // EventBridge takes no `$or` of one: what is left of it stands beside the other fields.
        for (const [index, branch] of value.entries()) {
          yield { without: `${at}[${index}]`, pattern: { ...rest, ...value[1 - index] } };
          for (const inner of without(branch, `${at}[${index}]`)) {
            yield { ...inner, pattern: { ...rest, $or: value.with(index, inner.pattern) } };
          }
        }
        continue;
      }
      for (const inner of without(value, at)) {
        yield { ...inner, pattern: withoutEmpty({ ...node, [name]: inner.pattern }) };
      }
    }
  }
}

/** An object whose last field is left out goes with it: EventBridge takes no empty one. */
function withoutEmpty(node: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(node).filter(
      ([, value]) => !isJsonObject(value) || Object.keys(value).length > 0,
    ),
  );
}

function isTaken(pattern: object): boolean {
  try {
    compileEventPattern(pattern);
    return true;
  } catch (error) {
    if (error instanceof EventPatternError) return false;
    throw error;
  }
}
