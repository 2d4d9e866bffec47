// The deployment's configuration: reads it from the app's context and checks the rules between keys.
// Keys, bounds and defaults are config-schema.ts; the functions' own configuration is their environment.
import { CATALOGUE } from '../lib/detections/catalogue/index.ts';
import type { Detection } from '../lib/detections/define.ts';
import { isNamed } from '../lib/detections/definition/named-ids.ts';
import {
  type Overrides,
  overrideProblems,
  problemWords,
} from '../lib/detections/tuning/overrides.ts';
import { ConfigurationError } from '../lib/errors.ts';
import { configSchema, RETENTION_DAYS, type Settings, WANTED } from './config-schema.ts';
import { type CollectedSettings, type ContextValues, collectSettings } from './context.ts';

export interface Workspace {
  /** Digits; Asana calls it "Domain ID" in the admin console. */
  readonly gid: string;
  /** For people, in descriptions and outputs only. */
  readonly name?: string | undefined;
}

/** Settings with every default filled in and every rule between keys checked. */
export interface AuditLogConfig
  extends Omit<Settings, 'workspaces' | 'workspaceGid' | 'detections'> {
  readonly workspaces: readonly Workspace[];
  /** What changes about detections; every id is one of the catalogue's. */
  readonly detections: Overrides;
  /** What a person should hear at synth though the deployment can go ahead. */
  readonly warnings: readonly string[];
}

const SUBJECT = 'The configuration of this deployment';
const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/**
 * @param context every key of the app's context: cdk.json's, with `-c key=value` flags on top
 * @param now for `startFrom`, which must not lie in the future
 * @param catalogue the detections that there are to be changed
 * @throws ConfigurationError with every problem found, a line each: the key, what was given, what to do
 */
export function loadConfig(
  context: ContextValues,
  now: Date,
  catalogue: readonly Detection[] = CATALOGUE,
): AuditLogConfig {
  const collected = collectSettings(context);
  const problems = [...collected.problems];
  const parsed = configSchema.safeParse(collected.settings);
  if (!parsed.success) problems.push(...schemaProblems(parsed.error.issues, collected));
  // Rules between keys look at each key by itself, so that one wrong key hides no problem of another.
  const workspaces = readWorkspaces(collected, problems);
  const { startFrom, warnings } = readStart(collected, now, problems);
  const detections = readOverrides(collected, catalogue, problems);
  checkRoutes(collected, catalogue, problems);
  if (problems.length > 0 || !parsed.success) throw new ConfigurationError(SUBJECT, problems);
  const { workspaces: _listed, workspaceGid: _gids, ...rest } = parsed.data;
  return { ...rest, startFrom, workspaces, detections, warnings };
}

type Issues = NonNullable<ReturnType<typeof configSchema.safeParse>['error']>['issues'];

function schemaProblems(issues: Issues, { settings, label }: CollectedSettings): string[] {
  const byPlace = new Map<string, string>();
  for (const issue of issues) {
    const path = issue.path.map(String);
    const place = path.join('.');
    const key = path.filter((part) => !/^\d+$/.test(part)).join('.');
    if (issue.code === 'unrecognized_keys') {
      // Below the top: there unknown keys are met, with the nearest known one, where the settings are collected.
      for (const part of issue.keys) {
        const words = `there is no such setting; it may hold ${partsOf(key).join(', ')}`;
        byPlace.set(`${place}.${part}`, `${label([...path, part])}: ${words}`);
      }
      continue;
    }
    if (byPlace.has(place)) continue;
    const wanted =
      issue.code === 'custom' && issue.message !== 'Invalid input' ? issue.message : WANTED[key];
    byPlace.set(place, `${label(path)}: given ${shown(settings, path)}; ${wanted}`);
  }
  return [...byPlace.values()];
}

/** What a setting that is an object may hold. */
function partsOf(key: string): string[] {
  return Object.keys(WANTED)
    .filter((known) => known.startsWith(`${key}.`))
    .map((known) => known.slice(key.length + 1))
    .filter((part) => !part.includes('.'));
}

function readWorkspaces(
  { settings, label }: CollectedSettings,
  problems: string[],
): readonly Workspace[] {
  const { workspaces, workspaceGid } = settings;
  if (workspaces === undefined && workspaceGid === undefined) {
    problems.push(
      'workspaceGid: none is given; type -c workspaceGid=<gid>, or set "workspaceGid": "<gid>" under auditLog in ' +
        'cdk.json. The gid is the "Domain ID" in Asana\'s admin console',
    );
    return [];
  }
  if (workspaces !== undefined && workspaceGid !== undefined) {
    problems.push(`${label(['workspaces'])}: given together with workspaceGid; keep one of them`);
    return [];
  }
  const { shape } = configSchema;
  const read: readonly Workspace[] =
    workspaces === undefined
      ? (shape.workspaceGid.safeParse(workspaceGid).data ?? []).map((gid) => ({ gid }))
      : (shape.workspaces.safeParse(workspaces).data ?? []);
  const gids = read.map(({ gid }) => gid);
  const twice = new Set(gids.filter((gid, at) => gids.indexOf(gid) < at));
  if (twice.size > 0) {
    const key = workspaces === undefined ? 'workspaceGid' : 'workspaces';
    problems.push(
      `${label([key])}: given ${[...twice].join(', ')} twice; name each workspace once`,
    );
  }
  return read;
}

/** What is no object at all the schema has refused. */
function readOverrides(
  { settings, label }: CollectedSettings,
  catalogue: readonly Detection[],
  problems: string[],
): Overrides {
  const given = configSchema.shape.detections.safeParse(settings['detections']).data ?? {};
  const prefix = label(['detections']).replace(/detections$/, '');
  for (const found of overrideProblems(catalogue, given)) {
    problems.push(problemWords(found, prefix));
  }
  return given as Overrides;
}

/** A route for a detection that there is not would send its alerts elsewhere, and nobody would be told. */
function checkRoutes(
  { settings, label }: CollectedSettings,
  catalogue: readonly Detection[],
  problems: string[],
): void {
  const { data } = configSchema.shape.delivery.safeParse(settings['delivery']);
  for (const [place, { detections = [] }] of (data?.slack?.routes ?? []).entries()) {
    for (const [index, name] of detections.entries()) {
      if (catalogue.some(({ id }) => isNamed([name], id))) continue;
      const path = ['delivery', 'slack', 'routes', `${place}`, 'detections', `${index}`];
      problems.push(
        `${label(path)}: given ${JSON.stringify(name)}; there is no such detection: docs/detections.md names all`,
      );
    }
  }
}

function readStart(
  { settings, label }: CollectedSettings,
  now: Date,
  problems: string[],
): { readonly startFrom: string; readonly warnings: readonly string[] } {
  const given = configSchema.shape.startFrom.safeParse(settings['startFrom']).data ?? 'now';
  if (given === 'now' || given === 'oldest') return { startFrom: given, warnings: [] };
  const start = new Date(given);
  if (start > now) {
    problems.push(
      `${label(['startFrom'])}: given ${given}, which is in the future; give "now", "oldest" or a past timestamp`,
    );
  }
  if (start.getTime() >= now.getTime() - RETENTION_DAYS * DAY_MILLISECONDS) {
    return { startFrom: start.toISOString(), warnings: [] };
  }
  const warning = `startFrom ${given} is older than the ${RETENTION_DAYS} days Asana keeps, so polling starts at the oldest event there is`;
  return { startFrom: 'oldest', warnings: [warning] };
}

/** What was given at a path, as JSON, cut to what fits a line. */
function shown(settings: unknown, path: readonly string[]): string {
  let value = settings;
  for (const key of path) {
    value = typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  }
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value).replace(/\/\/[^/@"]*@/g, '//***@');
  return text.length > 80 ? `${text.slice(0, 80)}...` : text;
}
