// What all commands have in common: flags, --help, where words and results go, exit codes.
// What a command does is its own file's; `npm start` and `npm run simulator`, which go on running, have their own frame.
import { isatty } from 'node:tty';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import pc from 'picocolors';
import { type Clock, systemClock } from '../../clock.ts';
import { AuditBusError, ConfigurationError } from '../../errors.ts';
import { damagedDatabase } from '../../local/damaged-data.ts';
import { LineWriter } from '../../local/line-writer.ts';
import type { Colors } from '../../local/show.ts';
import { cleanText } from '../../text.ts';

/** `no` is a negative answer or work that failed; `usage` something given that a person has to mend. */
export const EXIT = { well: 0, no: 1, usage: 2 } as const;

const STDOUT = 1;
const STDERR = 2;
/** Errors that lie in what was given, besides ConfigurationError's. */
const USAGE_CODES: ReadonlySet<string> = new Set([
  'configuration.invalid',
  'pattern.invalid',
  'detection.invalid',
  'local.data-folder',
  'local.no-data',
  'history.invalid',
  'target.credentials',
  'target.endpoint',
  'target.region',
  'target.stack-missing',
  'suppression.unknown',
  'alert.ambiguous',
]);

export interface Terminal {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** For standard output: plain where that is no terminal or NO_COLOR is set. */
  readonly colors: Colors;
  /** True when a person may be watching standard error. */
  readonly watched: boolean;
  /** Results. Resolves when the operating system has them. @throws AuditBusError `local.output-closed` */
  out(text: string): Promise<void>;
  /** Words by the way: never rejects. */
  err(text: string): Promise<void>;
}

/**
 * Runs a command and ends the process with its exit code, whatever is still open.
 * @param name as people type it: `test-pattern`
 * @param help shown for --help, and by nothing else
 */
export async function runCommand(
  name: string,
  help: string,
  run: (terminal: Terminal) => Promise<number>,
): Promise<never> {
  const stdout = new LineWriter(STDOUT, systemClock);
  const stderr = new LineWriter(STDERR, systemClock);
  const { env, argv } = process;
  const plain = Boolean(env['NO_COLOR']) || env['TERM'] === 'dumb';
  const terminal: Terminal = {
    args: argv.slice(2),
    env,
    clock: systemClock,
    colors: pc.createColors(isatty(STDOUT) && !plain),
    watched: isatty(STDERR) && env['TERM'] !== 'dumb',
    out: (text) => stdout.write(text),
    err: (text) => stderr.write(text).catch(() => {}),
  };
  // A broken database file surfaces nowhere else: dynalite throws what LevelDB says from a callback.
  process.on(
    'uncaughtException',
    (error) =>
      void giveUp(name, damagedDatabase(error) ?? error, terminal).then((code) =>
        process.exit(code),
      ),
  );
  let code: number;
  try {
    code = isHelp(terminal.args) ? await showHelp(terminal, help) : await run(terminal);
  } catch (error) {
    code = await giveUp(name, error, terminal);
  }
  process.exit(code);
}

function isHelp(args: readonly string[]): boolean {
  return args.some((arg) => arg === '--help' || arg === '-h');
}

async function showHelp(terminal: Terminal, help: string): Promise<number> {
  await terminal.out(help);
  return EXIT.well;
}

async function giveUp(name: string, error: unknown, terminal: Terminal): Promise<number> {
  const code = error instanceof AuditBusError ? error.code : '';
  // Nobody reads any more, `| head` say.
  if (code === 'local.output-closed') return EXIT.well;
  const lines = error instanceof ConfigurationError ? error.problems : [wordsOf(error)];
  await terminal.err(lines.map((line) => `npm run ${name}: ${line}\n`).join(''));
  return USAGE_CODES.has(code) ? EXIT.usage : EXIT.no;
}

function wordsOf(error: unknown): string {
  if (error instanceof AuditBusError) return `${error.message} (${error.code})`;
  // AWS's errors say in their name what they are.
  return error instanceof Error ? cleanText(`${error.name}: ${error.message}`) : String(error);
}

/** The strings among the values that flags may have. */
export const text = { type: 'string' } as const;
export const yes = { type: 'boolean' } as const;
/** May be given several times. */
export const many = { type: 'string', multiple: true } as const;

type Read<T extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; allowPositionals: true; strict: true }>
>;

/**
 * The flags and, where `words` allows any, the plain words of a command line. `--json` and `--help` need no mention.
 * @throws ConfigurationError for what is no flag, lacks its value or has one too many
 */
export function readFlags<T extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: T,
  words = 0,
): Read<T & { json: typeof yes; help: typeof yes }> {
  const subject = 'The command line';
  let read: Read<T & { json: typeof yes; help: typeof yes }>;
  try {
    read = parseArgs({
      args: [...args],
      options: { ...options, json: yes, help: { ...yes, short: 'h' } },
      allowPositionals: true,
      strict: true,
    }) as typeof read;
  } catch (error) {
    // parseArgs explains at length how to pass what looks like an option; its first sentence says what is wrong.
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError(subject, [
      `${message.split(/\.\s|\n/)[0]} (--help lists the options)`,
    ]);
  }
  const values: Readonly<Record<string, unknown>> = read.values;
  const problems = Object.entries(values)
    .filter(([, value]) => value === '' || (Array.isArray(value) && value.includes('')))
    .map(([name]) => `--${name} needs a value`);
  for (const word of read.positionals.slice(words)) {
    problems.push(`${JSON.stringify(word)} is one word too many (--help shows what is wanted)`);
  }
  if (problems.length > 0) throw new ConfigurationError(subject, problems);
  return read;
}
