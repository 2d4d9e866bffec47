// What configuration may change about a detection, and what is wrong with what somebody wrote. Pure.
// What the changes make of a detection is tuning.ts's.
import { LONGEST_WINDOW_MS } from '../../alerts/lifetimes.ts';
import { SEVERITIES, type Severity } from '../../contract/alert.ts';
import { ConfigurationError } from '../../errors.ts';
import { nearest } from '../../nearest.ts';
import type { Detection, DetectionStatus, Lists } from '../define.ts';
import { DETECTION_STATUSES } from '../define.ts';
import { readSpan, type Span } from '../definition/spans.ts';

/** The changes to one detection; what is absent stays as defined. */
export interface Override {
  readonly status?: DetectionStatus;
  /** Whatever the event: it replaces a severity that depends on it, too. */
  readonly severity?: Severity;
  readonly window?: Span;
  readonly atLeast?: number;
  readonly within?: Span;
  readonly learn?: Span;
  readonly forget?: Span;
  /** Each list named replaces the definition's whole list of that name. */
  readonly lists?: Lists;
}

/** By detection id. */
export type Overrides = Readonly<Record<string, Override>>;

/** Something wrong: `path` below the overrides, the detection's id first; what was given is for the caller to show. */
export interface OverrideProblem {
  readonly path: readonly string[];
  readonly given: unknown;
  /** What to do, as an order: "give a whole number from 2 to 200". */
  readonly wanted: string;
}

type Field = keyof Override;
const FIELDS: readonly Field[] = [
  ...(['status', 'severity', 'window', 'atLeast', 'within', 'learn', 'forget', 'lists'] as const),
];
/** The kinds that have a field of their own; all kinds have the others. */
const KINDS_WITH: Partial<Record<Field, readonly Detection['kind'][]>> = {
  atLeast: ['threshold'],
  within: ['threshold', 'sequence', 'absence'],
  learn: ['newValue'],
  forget: ['newValue'],
};

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const SPAN_BOUNDS: Partial<Record<Field, readonly [least: number, most: number, words: string]>> = {
  window: [
    60_000,
    LONGEST_WINDOW_MS,
    'give a length of time from 1m to 14d, such as 15m, 24h or 7d',
  ],
  within: [60_000, 400 * DAY, 'give a length of time from 1m to 400d, such as 15m, 24h or 14d'],
  learn: [HOUR, 400 * DAY, 'give a length of time from 1h to 400d, such as 24h or 14d'],
  forget: [DAY, 400 * DAY, 'give a length of time from 1d to 400d, such as 90d'],
};
const MOST_EVENTS = 200;
const MOST_VALUES = 100;
const MOST_LISTED = 1_000;
const LONGEST_LISTED = 254;

/** Everything wrong with `value` as overrides of these detections; none when it is sound. */
export function overrideProblems(
  catalogue: readonly Detection[],
  value: unknown,
): OverrideProblem[] {
  if (value === undefined) return [];
  if (!isObject(value)) {
    return [problem([], value, 'give an object from detection ids to what changes')];
  }
  const byId = new Map(catalogue.map((detection) => [detection.id, detection]));
  return Object.entries(value).flatMap(([id, override]) => {
    const detection = byId.get(id);
    if (detection === undefined) return [unknownId(id, override, [...byId.keys()])];
    if (!isObject(override)) {
      return [problem([id], override, 'give an object such as { "status": "staged" }')];
    }
    return Object.entries(override).flatMap(([field, given]) =>
      fieldProblems(detection, field, given),
    );
  });
}

/** @param subject what is wrong, such as "The file x.json" @throws ConfigurationError with every problem, a line each */
export function checkedOverrides(
  catalogue: readonly Detection[],
  value: unknown,
  subject: string,
): Overrides {
  const problems = overrideProblems(catalogue, value);
  if (problems.length > 0) {
    throw new ConfigurationError(
      subject,
      problems.map((one) => problemWords(one)),
    );
  }
  return (value ?? {}) as Overrides;
}

/** "detections.ID.atLeast: given 1; give ...". */
export function problemWords({ path, given, wanted }: OverrideProblem, prefix = ''): string {
  const text = JSON.stringify(given) ?? 'nothing';
  const shown = text.length > 80 ? `${text.slice(0, 80)}...` : text;
  return `${prefix}${['detections', ...path].join('.')}: given ${shown}; ${wanted}`;
}

function unknownId(id: string, given: unknown, ids: readonly string[]): OverrideProblem {
  const { known, distance } = nearest(id, ids);
  const hint =
    distance <= Math.max(2, id.length / 4)
      ? `did you mean ${known}?`
      : 'docs/detections.md lists the ids';
  return problem([id], given, `there is no such detection; ${hint}`);
}

function fieldProblems(detection: Detection, field: string, given: unknown): OverrideProblem[] {
  const path = [detection.id, field];
  if (!isField(field)) {
    const { known, distance } = nearest(field, FIELDS);
    const hint = distance <= 2 ? `did you mean ${known}?` : `it may hold ${FIELDS.join(', ')}`;
    return [problem(path, given, `there is no such setting; ${hint}`)];
  }
  const kinds = KINDS_WITH[field];
  if (kinds !== undefined && !kinds.includes(detection.kind)) {
    return [
      problem(
        path,
        given,
        `this detection is of kind ${detection.kind}, and only kind ${kinds.join(', ')} has ${field}: take it out`,
      ),
    ];
  }
  if (field === 'lists') return listProblems(detection, path, given);
  const wanted = wantedInstead(detection, field, given);
  return wanted === undefined ? [] : [problem(path, given, wanted)];
}

function wantedInstead(
  detection: Detection,
  field: Exclude<Field, 'lists'>,
  given: unknown,
): string | undefined {
  if (field === 'status') return oneOf(DETECTION_STATUSES, given);
  if (field === 'severity') return oneOf(SEVERITIES, given);
  if (field === 'atLeast') {
    const most =
      detection.kind === 'threshold' && detection.distinct !== undefined
        ? MOST_VALUES
        : MOST_EVENTS;
    return Number.isInteger(given) && Number(given) >= 2 && Number(given) <= most
      ? undefined
      : `give a whole number from 2 to ${most}`;
  }
  const [least, most, words] = SPAN_BOUNDS[field] ?? [0, 0, ''];
  const ms = readSpan(given);
  return ms !== undefined && ms >= least && ms <= most ? undefined : words;
}

function oneOf(values: readonly string[], given: unknown): string | undefined {
  return typeof given === 'string' && values.includes(given)
    ? undefined
    : `give one of ${values.join(', ')}`;
}

function listProblems(
  { lists = {} }: Detection,
  path: readonly string[],
  given: unknown,
): OverrideProblem[] {
  const names = Object.keys(lists);
  const has =
    names.length === 0 ? 'this detection has no lists: take it out' : `it has ${names.join(', ')}`;
  if (names.length === 0) return [problem(path, given, has)];
  if (!isObject(given)) {
    return [problem(path, given, `give an object such as { "${names[0]}": ["..."] }`)];
  }
  return Object.entries(given).flatMap(([name, list]) => {
    const at = [...path, name];
    if (!names.includes(name)) {
      return [problem(at, list, `there is no such list; ${has}`)];
    }
    return isList(list)
      ? []
      : [
          problem(
            at,
            list,
            `give a list of at most ${MOST_LISTED} texts, each of 1 to ${LONGEST_LISTED} characters`,
          ),
        ];
  });
}

function isList(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length <= MOST_LISTED &&
    value.every(
      (one) => typeof one === 'string' && one.trim() !== '' && one.length <= LONGEST_LISTED,
    )
  );
}

function problem(path: readonly string[], given: unknown, wanted: string): OverrideProblem {
  return { path, given, wanted };
}

function isField(name: string): name is Field {
  return (FIELDS as readonly string[]).includes(name);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
