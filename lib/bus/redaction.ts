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

/** Without recursion: Asana's answer decides how deep the arrays go. */
function redactAt(event: Record<string, unknown>, keys: readonly string[]): boolean {
  // Most events have nothing where a path begins.
  if (!Object.hasOwn(event, keys[0] ?? '')) return false;
  const open: [value: unknown, depth: number][] = [[event, 0]];
  let any = false;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, depth] = next;
    if (Array.isArray(value)) {
      for (const element of value) open.push([element, depth]);
      continue;
    }
    const key = keys[depth];
    if (key === undefined || !isJsonObject(value) || !Object.hasOwn(value, key)) continue;
    if (value[key] === null || value[key] === undefined) continue;
    if (depth < keys.length - 1) {
      open.push([value[key], depth + 1]);
    } else {
      value[key] = REDACTED;
      any = true;
    }
  }
  return any;
}
