// What `npm run backtest` was asked for: the command line checked as a whole, and the files it names, before anything runs.
import { existsSync, statSync } from 'node:fs';
import type { BacktestOptions, Side } from '../../backtest/backtest.ts';
import { STANDARD_INPUT } from '../../backtest/lines.ts';
import { CATALOGUE } from '../../detections/catalogue/index.ts';
import type { Detection } from '../../detections/define.ts';
import type { Tuning } from '../../detections/tuning/file.ts';
import { overrideProblems } from '../../detections/tuning/overrides.ts';
import { tuned } from '../../detections/tuning/tuning.ts';
import { ConfigurationError } from '../../errors.ts';
import { parseInstant, readInstant } from '../../instant.ts';
import { nearest } from '../../nearest.ts';
import { many, readFlags, text, yes } from '../terminal/command.ts';
import { readTuningFile } from '../terminal/tuning-file.ts';
import { catalogueOf, commitOf } from './git-catalogue.ts';

export interface BacktestCommand {
  readonly options: Omit<BacktestOptions, 'onProgress'>;
  readonly json: boolean;
  /** Malformed lines are told and counted, and no reason for the exit code. */
  readonly skipMalformed: boolean;
  /** Bytes of all files; undefined where one of them has no known size. */
  readonly bytes: number | undefined;
  /** What `--compare` names. */
  readonly against?: string;
}

/** @throws ConfigurationError with every problem found */
export async function readBacktestOptions(args: readonly string[]): Promise<BacktestCommand> {
  const { values, positionals } = readFlags(
    args,
    {
      events: many,
      detections: many,
      since: text,
      until: text,
      config: text,
      compare: text,
      workspace: text,
      'skip-malformed': yes,
    },
    Number.POSITIVE_INFINITY,
  );
  const problems: string[] = [];
  // A shell makes several words of a pattern: `--events logs/*.jsonl`.
  const files = values.events === undefined ? [] : [...values.events, ...positionals];
  if (values.events === undefined) {
    problems.push('--events FILE... is wanted: the history to run the detections over');
    for (const word of positionals) problems.push(`${JSON.stringify(word)} is one word too many`);
  }
  const sizes = files.map((file) => sizeOfHistory(file, problems));
  const since = instant('since', values.since, problems);
  const until = instant('until', values.until, problems);
  if (since !== undefined && until !== undefined && since >= until) {
    problems.push(`--since ${values.since} must be before --until ${values.until}`);
  }
  const wanted = wantedDetections(values.detections ?? [], problems);
  const tuning = readTuningFile(CATALOGUE, 'config', values.config, problems);
  const there = await otherSide(values.compare, tuning, wanted, problems);
  if (problems.length > 0) throw new ConfigurationError('The command line', problems);
  const isRegular = sizes.every((size) => size !== undefined);
  return {
    options: {
      files,
      readable: isRegular ? 'again' : 'once',
      workspaceGid: values.workspace ?? '0',
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      here: sideOf(CATALOGUE, tuning, wanted),
      ...(there === undefined ? {} : { there }),
    },
    json: values.json ?? false,
    skipMalformed: values['skip-malformed'] ?? false,
    bytes: isRegular ? sizes.reduce((sum: number, size) => sum + (size ?? 0), 0) : undefined,
    ...(values.compare === undefined ? {} : { against: values.compare }),
  };
}

/** Bytes; undefined for a pipe. */
export function sizeOfHistory(file: string, problems: string[]): number | undefined {
  if (file === STANDARD_INPUT) return undefined;
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) problems.push(`--events ${file}: no such file`);
  else if (stat.isDirectory()) problems.push(`--events ${file}: it is a folder; name its files`);
  return stat?.isFile() ? stat.size : undefined;
}

function instant(flag: string, given: string | undefined, problems: string[]): number | undefined {
  if (given === undefined) return undefined;
  const at = readInstant(given) ?? parseInstant(given);
  if (at === undefined) {
    problems.push(
      `--${flag}: given ${JSON.stringify(given)}; give a date such as 2026-10-01 or a timestamp such as 2026-10-01T08:00:00Z`,
    );
  }
  return at;
}

interface Wanted {
  /** By whole id: run even where they are off. */
  readonly ids: ReadonlySet<string>;
  readonly prefixes: readonly string[];
}

/** Undefined: all of them. */
function wantedDetections(given: readonly string[], problems: string[]): Wanted | undefined {
  if (given.length === 0) return undefined;
  const names = given.flatMap((list) => list.split(',')).map((name) => name.trim());
  const known = CATALOGUE.map(({ id }) => id);
  const prefixes = names.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1));
  const ids = names.filter((name) => !name.endsWith('*') && name !== '');
  for (const prefix of prefixes) {
    if (!known.some((id) => id.startsWith(prefix))) {
      problems.push(`--detections: no detection's id begins with ${JSON.stringify(prefix)}`);
    }
  }
  for (const id of ids) {
    if (!known.includes(id)) {
      problems.push(
        `--detections: there is no detection ${JSON.stringify(id)}; did you mean ${nearest(id, known).known}?`,
      );
    }
  }
  return { ids: new Set(ids), prefixes };
}

function sideOf(
  catalogue: readonly Detection[],
  { overrides, windowMs, runbookBaseUrl }: Tuning,
  wanted: Wanted | undefined,
): Side {
  const effective = catalogue.flatMap((detection): Detection[] => {
    const [on] = tuned([detection], overrides);
    if (wanted === undefined || wanted.prefixes.some((prefix) => detection.id.startsWith(prefix))) {
      if (on !== undefined) return [on];
    }
    // Asked for by its id, one that is off is tried as if it were staged.
    if (!wanted?.ids.has(detection.id)) return [];
    const tried = { [detection.id]: { ...overrides[detection.id], status: 'staged' as const } };
    return on === undefined ? tuned([detection], tried) : [on];
  });
  return { catalogue: effective, windowMs, runbookBaseUrl };
}

async function otherSide(
  given: string | undefined,
  tuning: Tuning,
  wanted: Wanted | undefined,
  problems: string[],
): Promise<Side | undefined> {
  if (given === undefined) return undefined;
  if (existsSync(given)) {
    return sideOf(CATALOGUE, readTuningFile(CATALOGUE, 'compare', given, problems), wanted);
  }
  const commit = commitOf(given);
  if (commit === undefined) {
    problems.push(`--compare ${given}: neither a file nor a commit of this repository`);
    return undefined;
  }
  const catalogue = await catalogueOf(commit);
  // The configuration goes with both sides; what the other catalogue does not have of it is left out there.
  const overrides = Object.fromEntries(
    Object.entries(tuning.overrides).filter(
      ([id, override]) => overrideProblems(catalogue, { [id]: override }).length === 0,
    ),
  );
  return sideOf(catalogue, { ...tuning, overrides }, wanted);
}
