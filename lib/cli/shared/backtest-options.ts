// What `npm run backtest` was asked for: the command line checked as a whole, and the files it names, before anything runs.
import { existsSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { BacktestOptions } from '../../backtest/backtest.ts';
import { STANDARD_INPUT } from '../../backtest/lines.ts';
import {
  OWN_MODULE,
  type Side,
  type SideSource,
  sideOf,
  type Wanted,
} from '../../backtest/side.ts';
import { CATALOGUE } from '../../detections/catalogue/index.ts';
import type { Tuning } from '../../detections/tuning/file.ts';
import { overrideProblems } from '../../detections/tuning/overrides.ts';
import { ConfigurationError } from '../../errors.ts';
import { parseInstant, readInstant } from '../../instant.ts';
import { nearest } from '../../nearest.ts';
import { many, readFlags, text, yes } from './command.ts';
import { catalogueOf, commitOf } from './git-catalogue.ts';
import { readTuningFile } from './tuning-file.ts';

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
      threads: text,
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
  const isRegular = sizes.every((size) => size !== undefined);
  const bytes = isRegular ? sizes.reduce((sum: number, size) => sum + (size ?? 0), 0) : undefined;
  const threads = threadsFor(bytes, values.threads, problems);
  if (problems.length > 0) throw new ConfigurationError('The command line', problems);
  return {
    options: {
      files,
      readable: isRegular ? 'again' : 'once',
      workspaceGid: values.workspace ?? '0',
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      here: sideOf(CATALOGUE, sourceOf(OWN_MODULE, tuning, wanted)),
      threads,
      ...(there === undefined ? {} : { there }),
    },
    json: values.json ?? false,
    skipMalformed: values['skip-malformed'] ?? false,
    bytes,
    ...(values.compare === undefined ? {} : { against: values.compare }),
  };
}

/** By default at most: with each thread the file is read once more, and memory is taken for it. */
const DEFAULT_THREADS = 4;
const MOST_THREADS = 16;
/** A smaller history is done before a second thread has begun. */
const SMALL_HISTORY_BYTES = 16_000_000;

/** @param bytes of the history; undefined where that is not known, as it can be read once only */
export function defaultThreads(bytes: number | undefined): number {
  if (bytes === undefined || bytes < SMALL_HISTORY_BYTES) return 1;
  return Math.min(DEFAULT_THREADS, availableParallelism());
}

function threadsFor(
  bytes: number | undefined,
  given: string | undefined,
  problems: string[],
): number {
  if (given === undefined) return defaultThreads(bytes);
  const threads = Number(given);
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    problems.push(
      `--threads: given ${JSON.stringify(given)}; give a whole number from 1 to ${MOST_THREADS}`,
    );
  }
  return threads;
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
  return { ids, prefixes };
}

async function otherSide(
  given: string | undefined,
  tuning: Tuning,
  wanted: Wanted | undefined,
  problems: string[],
): Promise<Side | undefined> {
  if (given === undefined) return undefined;
  if (existsSync(given)) {
    const other = readTuningFile(CATALOGUE, 'compare', given, problems);
    return sideOf(CATALOGUE, sourceOf(OWN_MODULE, other, wanted));
  }
  const commit = commitOf(given);
  if (commit === undefined) {
    problems.push(`--compare ${given}: neither a file nor a commit of this repository`);
    return undefined;
  }
  const { catalogue, module } = await catalogueOf(commit);
  // The configuration goes with both sides; what the other catalogue does not have of it is left out there.
  const overrides = Object.fromEntries(
    Object.entries(tuning.overrides).filter(
      ([id, override]) => overrideProblems(catalogue, { [id]: override }).length === 0,
    ),
  );
  return sideOf(catalogue, sourceOf(module, { ...tuning, overrides }, wanted));
}

function sourceOf(module: string, tuning: Tuning, wanted: Wanted | undefined): SideSource {
  return { module, tuning, ...(wanted === undefined ? {} : { wanted }) };
}
