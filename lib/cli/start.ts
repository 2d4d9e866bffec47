// `npm start`: the command line, signals and exit codes. What the run does is lib/local/run.ts's.
import { isatty } from 'node:tty';
import pc from 'picocolors';
import { systemClock } from '../clock.ts';
import { CATALOGUE } from '../detections/catalogue/index.ts';
import type { Tuning } from '../detections/tuning/file.ts';
import { AuditBusError, ConfigurationError } from '../errors.ts';
import { damagedDatabase } from '../local/damaged-data.ts';
import { LineWriter } from '../local/line-writer.ts';
import { HELP, parseOptions } from '../local/options.ts';
import { RunOutput } from '../local/output.ts';
import { EXIT, runLocally } from '../local/run.ts';
import { errorWords } from '../local/words.ts';
import { VERSION } from '../version.ts';
import { readTuningFile } from './terminal/tuning-file.ts';

const STDOUT = 1;
const STDERR = 2;
/** Errors that lie in what was given: a file or folder to mend, not a run that went wrong. */
const USAGE_CODES: ReadonlySet<string> = new Set([
  'configuration.invalid',
  'simulator.events',
  'local.data-folder',
]);
/** As a shell reports a process that Ctrl-C ended. */
const EXIT_AT_ONCE = 130;
/** How long an end may take that was asked for. Whatever is cut off then is made up for by the next run. */
const LONGEST_END_MS = 15_000;

const stop = new AbortController();
const stdout = new LineWriter(STDOUT, systemClock, { onClosed: () => stop.abort() });
const stderr = new LineWriter(STDERR, systemClock);

function onSignal(): void {
  if (stop.signal.aborted) process.exit(EXIT_AT_ONCE);
  stop.abort();
  setTimeout(() => process.exit(EXIT_AT_ONCE), LONGEST_END_MS).unref();
}

async function main(): Promise<number> {
  const parsed = parseOptions(process.argv.slice(2), process.env, systemClock.now());
  if (parsed.help) {
    await stdout.write(HELP);
    return EXIT.well;
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  const { options } = parsed;
  const tuning = tuningOf(options.configFile);
  const colored =
    isatty(options.json ? STDERR : STDOUT) &&
    !process.env['NO_COLOR'] &&
    process.env['TERM'] !== 'dumb';
  const output = new RunOutput({
    json: options.json,
    stdout,
    stderr,
    colors: pc.createColors(colored),
    clock: systemClock,
  });
  return runLocally(options, {
    output,
    clock: systemClock,
    version: VERSION,
    tuning,
    signal: stop.signal,
  });
}

/** @throws ConfigurationError with everything wrong in the file */
function tuningOf(file: string | undefined): Tuning {
  const problems: string[] = [];
  const tuning = readTuningFile(CATALOGUE, 'config', file, problems);
  if (problems.length > 0) throw new ConfigurationError('What npm start was given', problems);
  return tuning;
}

/** @returns the exit code, the reason being told */
async function giveUp(error: unknown): Promise<number> {
  const code = error instanceof AuditBusError ? error.code : '';
  if (code === 'local.output-closed') return EXIT.well;
  const lines = error instanceof ConfigurationError ? error.problems : [errorWords(error)];
  await stderr.write(lines.map((line) => `npm start: ${line}\n`).join('')).catch(() => {});
  return USAGE_CODES.has(code) ? EXIT.usage : EXIT.failed;
}

// A broken database file surfaces nowhere else: dynalite throws what LevelDB says from a callback.
process.on(
  'uncaughtException',
  (error) => void giveUp(damagedDatabase(error) ?? error).then((code) => process.exit(code)),
);
main()
  .catch(giveUp)
  .then((code) => process.exit(code));
