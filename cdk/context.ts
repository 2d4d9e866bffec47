// Gathers the settings from the app's context: the `auditLog` object of cdk.json, and `-c key=value` flags over it.
// Turns a flag's text into the type its key has and names unknown keys; whether a value is valid is config.ts's business.
import { nearest } from '../lib/nearest.ts';
import { configSchema } from './config-schema.ts';

export type ContextValues = Readonly<Record<string, unknown>>;

export interface CollectedSettings {
  readonly settings: Readonly<Record<string, unknown>>;
  /** How a person finds the setting again: `-c key`, or `auditLog.key`. */
  readonly label: (path: readonly string[]) => string;
  readonly problems: string[];
}

const KEYS: readonly string[] = Object.keys(configSchema.shape);
const BOOLEANS = new Set([
  'slack',
  'alertOnHistory',
  'skipUnreadable',
  'customerManagedKey',
  'emulator',
]);
const INTEGERS = new Set([
  'pollIntervalSeconds',
  'alertWindowMinutes',
  'pageLimit',
  'maxEventBytes',
  'logRetentionDays',
]);
const LISTS = new Set(['workspaceGid', 'redactPaths']);

export function collectSettings(context: ContextValues): CollectedSettings {
  const problems: string[] = [];
  const base = settingsObject(context['auditLog'], problems);
  for (const key of Object.keys(base)) {
    if (!KEYS.includes(key)) {
      problems.push(`auditLog.${key}: there is no such setting; ${nearestHint(key)}`);
    }
  }
  const flags: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(context)) {
    if (KEYS.includes(key)) {
      flags[key] = fromFlag(key, value);
    } else if (key !== 'auditLog' && looksLikeOurs(key)) {
      problems.push(`-c ${key}: there is no such setting; ${nearestHint(key)}`);
    }
  }
  const settings = { ...base, ...flags };
  // Either of the two says which workspaces there are, so that a flag for one replaces the other.
  if ('workspaceGid' in flags && !('workspaces' in flags)) delete settings['workspaces'];
  if ('workspaces' in flags && !('workspaceGid' in flags)) delete settings['workspaceGid'];
  return {
    settings,
    problems,
    label: (path) => {
      const place = path.join('.');
      return (path[0] ?? '') in flags ? `-c ${place}` : `auditLog.${place}`;
    },
  };
}

function settingsObject(value: unknown, problems: string[]): Record<string, unknown> {
  if (value === undefined) return {};
  const object = typeof value === 'string' ? parsedJson(value) : value;
  if (typeof object === 'object' && object !== null && !Array.isArray(object)) {
    return { ...object };
  }
  problems.push(
    `auditLog: given ${JSON.stringify(value)}; give an object such as { "workspaceGid": "1200000000000001" }`,
  );
  return {};
}

/** Flags arrive as text whatever they say. Text that does not convert stays as it is, for the schema to refuse. */
function fromFlag(key: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  if (BOOLEANS.has(key)) return text === 'true' ? true : text === 'false' ? false : value;
  if (INTEGERS.has(key)) return /^-?\d+$/.test(text) ? Number(text) : value;
  if (/^[[{]/.test(text)) return parsedJson(text) ?? value;
  if (LISTS.has(key)) {
    const items = text.split(',').map((item) => item.trim());
    return text === '' ? [] : items;
  }
  return text;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the caller keeps the text, which the schema then refuses with what was given.
    return undefined;
  }
}

/** Other tools put keys of theirs into the context: only a near miss of one of ours is taken for a slip. */
function looksLikeOurs(key: string): boolean {
  if (key.startsWith('auditLog.')) return true;
  const { distance, known } = nearest(key, KEYS);
  // Two letters changing places are two edits. Short names have innocent neighbours: slack, stack.
  return distance <= (known.length < 7 ? 0 : known.length < 10 ? 1 : 2);
}

function nearestHint(key: string): string {
  const { known, distance } = nearest(key.replace(/^auditLog\./, ''), KEYS);
  return distance <= Math.max(2, known.length / 3)
    ? `did you mean ${known}?`
    : `the settings are ${KEYS.join(', ')}`;
}
