// Why an event pattern does not match an event: the first condition that does not hold, with what stands there. Pure.
// The answer comes from the matcher itself, asked for each condition alone.
import { compileEventPattern } from '../event-pattern.ts';

export interface Mismatch {
  /** Dotted, as the pattern has it; of alternatives, all of their fields. */
  readonly field: string;
  /** One of several conditions is to hold (`$or`), and none does. */
  readonly ofAlternatives?: true;
  /** What the pattern wants there. */
  readonly wanted: unknown;
  /** What the event has there; undefined where it has nothing, and for alternatives. */
  readonly found: unknown;
}

/** Undefined when each condition holds by itself: it then matches, or conditions on a list hold in different elements. */
export function firstMismatch(pattern: object, event: object): Mismatch | undefined {
  for (const { path, wanted, alone, isOr } of conditionsOf(pattern, [], (inner) => inner)) {
    if (compileEventPattern(alone)(event)) continue;
    return isOr
      ? { field: fieldsOf(wanted, path), ofAlternatives: true, wanted, found: undefined }
      : { field: path.join('.'), wanted, found: valueAt(event, path) };
  }
  return undefined;
}

interface Condition {
  readonly path: readonly string[];
  readonly wanted: unknown;
  /** A pattern of this condition and nothing else. */
  readonly alone: object;
  readonly isOr: boolean;
}

function* conditionsOf(
  pattern: object,
  path: readonly string[],
  wrap: (inner: object) => object,
): Generator<Condition> {
  for (const [name, wanted] of Object.entries(pattern)) {
    const alone = wrap({ [name]: wanted });
    if (name === '$or') yield { path, wanted, alone, isOr: true };
    else if (Array.isArray(wanted)) yield { path: [...path, name], wanted, alone, isOr: false };
    else yield* conditionsOf(wanted as object, [...path, name], (inner) => wrap({ [name]: inner }));
  }
}

/** The fields that alternatives below a path name. */
function fieldsOf(alternatives: unknown, below: readonly string[]): string {
  const paths = (Array.isArray(alternatives) ? alternatives : []).flatMap((each: object) =>
    [...conditionsOf(each, below, (inner) => inner)].map(({ path }) => path.join('.')),
  );
  return [...new Set(paths)].join(' or ');
}

function valueAt(event: object, path: readonly string[]): unknown {
  let at: unknown = event;
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
    at = Reflect.get(at, name);
  }
  return at;
}
