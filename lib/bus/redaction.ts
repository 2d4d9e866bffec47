// Takes personal data out of events before they are measured, published or quarantined.
import { isJsonObject } from '../asana/lossless-json.ts';

/** An identity provider's whole assertion on every login: large, personal, of no use to a detection. */
export const DEFAULT_REDACT_PATHS: readonly string[] = ['details.saml_response'];
export const REDACTED = '[redacted]';

/** Without these an event could neither be recognised nor routed. */
const NEEDED: ReadonlySet<string> = new Set(['gid', 'created_at', 'event_type']);

/** @returns what is wrong with a configured path, or undefined. */
export function redactPathProblem(path: string): string | undefined {
  if (!/^[^.\s]+(\.[^.\s]+)*$/.test(path)) {
    return 'is not a dotted path below the event, such as actor.email';
  }
  return NEEDED.has(path) ? 'cannot be redacted: the feed relies on it' : undefined;
}

export type Redactor = (event: Record<string, unknown>) => readonly string[];

/**
 * @returns a function that replaces the value at each path by `[redacted]`, in place, and answers with the paths it
 * found. A path goes through arrays element by element; what is absent or null stays so.
 */
export function redactor(paths: readonly string[]): Redactor {
  const compiled = [...new Set(paths)].map((path) => ({ path, keys: path.split('.') }));
  return (event) => {
    let found: string[] | undefined;
    for (const { path, keys } of compiled) {
      if (redactAt(event, keys)) {
        found ??= [];
        found.push(path);
      }
    }
    return found ?? [];
  };
}

/** @returns whether there was anything at the path */
function redactAt(event: Record<string, unknown>, keys: readonly string[]): boolean {
  const last = keys.length - 1;
  let at: unknown = event;
  for (let depth = 0; ; depth++) {
    if (Array.isArray(at)) return redactInArray(at, keys, depth);
    const key = keys[depth] as string;
    if (!isJsonObject(at) || !Object.hasOwn(at, key)) return false;
    const value = at[key];
    if (value === null || value === undefined) return false;
    if (depth === last) {
      at[key] = REDACTED;
      return true;
    }
    at = value;
  }
}

/** Lists in lists without recursion, since Asana's answer decides how deep they go; else it is as deep as the path is long. */
function redactInArray(array: readonly unknown[], keys: readonly string[], from: number): boolean {
  const open: [value: unknown, depth: number][] = [[array, from]];
  let any = false;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, depth] = next;
    if (Array.isArray(value)) {
      for (const element of value) open.push([element, depth]);
      continue;
    }
    if (isJsonObject(value) && redactAt(value, keys.slice(depth))) any = true;
  }
  return any;
}
