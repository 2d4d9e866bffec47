// `npm run tail`: events and alerts as they come, of a deployment's bus or of a local run's.
// What is made in AWS for it, and removed again, is tail/aws-tail.ts's.
import { isJsonObject, parseLossless } from '../asana/lossless-json.ts';
import { SEVERITIES, type Severity } from '../contract/alert.ts';
import { readSpan } from '../detections/definition/spans.ts';
import { AuditBusError, ConfigurationError } from '../errors.ts';
import { tailRun } from '../local/run-client.ts';
import { cleanText } from '../text.ts';
import { AwsTail } from './tail/aws-tail.ts';
import { admits, SOURCES, type TailFilter, tailPattern } from './tail/filter.ts';
import { jsonLine, wordLine } from './tail/show.ts';
import { TARGET_FLAGS, TARGET_HELP, type Target, withTarget } from './target/target.ts';
import { EXIT, many, readFlags, runCommand, type Terminal, text } from './terminal/command.ts';
import { knownWords, wordsOf, wrong } from './terminal/filter-values.ts';

const HELP = `Events and alerts as they come, until Ctrl-C.

  npm run tail [-- filters]

  --source S       events, alerts, poller or operator; several with commas, or the flag again (as all filters)
  --type T         detail types: user_login_failed, "Alert Opened"
  --severity S     alerts of this severity and above
  --detection ID   alerts of a detection, or of some: asana.export.*
  --actor WHO      a gid, e-mail address or name of who acted
  --for SPAN       ends after it (default 1h, at most 24h)

Of a deployment it makes a queue and a rule on the bus for as long as it is open, and removes them however it ends; what a
killed one has left is removed by the next, once its time is over. That needs the right to make, read and delete
queues, and to put and delete rules with targets. It counts among the 300 rules of the bus. Of a local run it needs npm start to be running on the data folder.

Where
${TARGET_HELP}
  --json           one JSON object a line: {"kind":"event"|"alert"|"operational"|"operator","event":{...}}
  --help           this text

Exit codes: 0 ended by you, by its time or with the run, 1 it could not go on, 2 something given is not valid.
`;

const DEFAULT_SPAN = '1h';
const LONGEST_MS = 24 * 3_600_000;
const FLAGS = {
  ...TARGET_FLAGS,
  ...{ source: many, type: many, detection: many, actor: many, severity: text, for: text },
};
type Values = ReturnType<typeof readFlags<typeof FLAGS>>['values'];

await runCommand('tail', HELP, main);

async function main(terminal: Terminal): Promise<number> {
  const { values } = readFlags(terminal.args, FLAGS);
  const { filter, forMs } = readFilter(values);
  const stop = new AbortController();
  // Once: a second one ends the process at once, and what was made is removed by the next tail.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => stop.abort());
  }
  return withTarget(values, terminal, { create: false }, async (target) => {
    if (target.deployed !== undefined) {
      return deployed(target.deployed, filter, forMs, stop.signal, values, terminal);
    }
    const { busEndpoint } = target.local ?? {};
    if (busEndpoint === undefined) {
      throw new AuditBusError(
        'local.no-run',
        `Nothing runs on the data folder, so nothing comes: begin npm start, then the tail; npm run alerts shows what there was.`,
      );
    }
    void terminal.clock.sleep(forMs, stop.signal).then(() => stop.abort());
    await terminal.err(`Events of ${target.words} as they come; Ctrl-C ends.\n`);
    await show(tailRun(busEndpoint, stop.signal), filter, values, terminal);
    return EXIT.well;
  });
}

async function deployed(
  place: NonNullable<Target['deployed']>,
  filter: TailFilter,
  forMs: number,
  signal: AbortSignal,
  values: Values,
  terminal: Terminal,
): Promise<number> {
  const tail = new AwsTail(place, terminal.clock, forMs);
  let problems: readonly string[] = [];
  try {
    const removed = await tail.removeLeftOvers();
    if (removed.length > 0) {
      await terminal.err(
        `Removed what earlier tails had left: ${removed.map(cleanText).join(', ')}\n`,
      );
    }
    await terminal.err(`Events of stack ${place.stackName} as they come; Ctrl-C ends.\n`);
    await show(tail.events(tailPattern(filter), signal), filter, values, terminal);
  } finally {
    problems = await tail.close();
    for (const problem of problems) await terminal.err(`npm run tail: ${cleanText(problem)}\n`);
  }
  return problems.length === 0 ? EXIT.well : EXIT.no;
}

async function show(
  lines: AsyncIterable<string>,
  filter: TailFilter,
  { json }: Values,
  terminal: Terminal,
): Promise<void> {
  for await (const line of lines) {
    const event = parse(line);
    if (event === undefined || !admits(filter, event)) continue;
    await terminal.out(json ? jsonLine(event, line) : wordLine(event, terminal.colors));
  }
}

/** Undefined for what is no event: somebody may send to a queue what they like. */
function parse(line: string): Record<string, unknown> | undefined {
  try {
    const event = parseLossless(line);
    return isJsonObject(event) ? event : undefined;
  } catch {
    return undefined;
  }
}

function readFilter(values: Values): { filter: TailFilter; forMs: number } {
  const problems: string[] = [];
  const sources = knownWords('source', values.source, Object.keys(SOURCES), problems);
  const forMs = readSpan(values.for ?? DEFAULT_SPAN);
  if (values.severity !== undefined && !SEVERITIES.some((one) => one === values.severity)) {
    problems.push(wrong('severity', values.severity, SEVERITIES.join(', ')));
  }
  if (forMs === undefined || forMs <= 0 || forMs > LONGEST_MS) {
    problems.push(wrong('for', values.for ?? '', 'a length of time up to 24h, such as 30m'));
  }
  if (forMs === undefined || problems.length > 0)
    throw new ConfigurationError('The filters', problems);
  return {
    forMs,
    filter: {
      sources: sources.flatMap((one) => SOURCES[one] ?? []),
      types: wordsOf(values.type),
      severity: values.severity as Severity | undefined,
      detections: wordsOf(values.detection),
      actors: wordsOf(values.actor),
    },
  };
}
