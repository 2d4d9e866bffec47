// Reads what a file for `--config` holds: the `auditLog` object of cdk.json, that file whole, or its `detections` alone. Pure.
// The other settings are the deployment's, checked by the CDK app: here only those that decide alerts matter.
import { DEFAULT_ALERT_WINDOW_MINUTES } from '../../alerts/life/rules.ts';
import { DEFAULT_RUNBOOK_BASE_URL } from '../../contract/runbook.ts';
import { nearest } from '../../nearest.ts';
import type { Detection } from '../define.ts';
import { type Overrides, overrideProblems, problemWords } from './overrides.ts';

/** What decides which alerts come, besides the detections themselves. */
export interface Tuning {
  readonly overrides: Overrides;
  /** Milliseconds. */
  readonly windowMs: number;
  readonly runbookBaseUrl: string;
}

export const UNTUNED: Tuning = {
  overrides: {},
  windowMs: DEFAULT_ALERT_WINDOW_MINUTES * 60_000,
  runbookBaseUrl: DEFAULT_RUNBOOK_BASE_URL,
};

const SETTINGS = ['detections', 'alertWindowMinutes', 'runbookBaseUrl'];

/** The tuning, or every problem, a line each, in the words that the deployment has for them. */
export function readTuning(
  catalogue: readonly Detection[],
  value: unknown,
): { readonly tuning: Tuning; readonly problems: readonly string[] } {
  const { found, prefix } = settingsIn(value);
  if (!isObject(found)) {
    const wanted = 'give the auditLog object of cdk.json, or its detections';
    return { tuning: UNTUNED, problems: [`${prefix || 'it '}holds no object; ${wanted}`] };
  }
  // A detection's id has dots, a setting's name never.
  if (Object.keys(found).some((key) => key.includes('.'))) {
    return tuningOf(catalogue, { detections: found }, '');
  }
  return tuningOf(catalogue, found, prefix);
}

function settingsIn(value: unknown): { readonly found: unknown; readonly prefix: string } {
  if (isObject(value)) {
    if (isObject(value['context']))
      return { found: value['context']['auditLog'] ?? {}, prefix: 'auditLog.' };
    if ('auditLog' in value) return { found: value['auditLog'], prefix: 'auditLog.' };
  }
  return { found: value, prefix: '' };
}

function tuningOf(
  catalogue: readonly Detection[],
  settings: Readonly<Record<string, unknown>>,
  prefix: string,
): { readonly tuning: Tuning; readonly problems: readonly string[] } {
  const { detections, alertWindowMinutes: minutes, runbookBaseUrl } = settings;
  const problems: string[] = [];
  for (const key of Object.keys(settings)) {
    const { known, distance } = nearest(key, SETTINGS);
    if (distance > 0 && distance <= 2) {
      problems.push(`${prefix}${key}: there is no such setting; did you mean ${known}?`);
    }
    const meant = catalogue.find(({ id }) => id.endsWith(`.${key}`));
    if (meant !== undefined) {
      problems.push(`${prefix}${key}: a detection goes by its whole id; give ${meant.id}`);
    }
  }
  const found = overrideProblems(catalogue, detections);
  problems.push(...found.map((problem) => problemWords(problem, prefix)));
  const isMinutes = Number.isInteger(minutes) && Number(minutes) >= 1 && Number(minutes) <= 1_440;
  if (minutes !== undefined && !isMinutes) {
    problems.push(
      `${prefix}alertWindowMinutes: given ${JSON.stringify(minutes)}; give whole minutes from 1 to 1440`,
    );
  }
  return {
    problems,
    tuning: {
      overrides: (found.length === 0 ? (detections ?? {}) : {}) as Overrides,
      windowMs: isMinutes ? Number(minutes) * 60_000 : UNTUNED.windowMs,
      runbookBaseUrl: typeof runbookBaseUrl === 'string' ? runbookBaseUrl : UNTUNED.runbookBaseUrl,
    },
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
