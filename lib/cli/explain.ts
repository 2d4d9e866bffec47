// `npm run explain`: what each detection makes of one event, and why it alerts or not. The answers are lib/detections/explain.ts's.
import { readHistory } from '../backtest/history.ts';
import { readEvent } from '../backtest/history-event.ts';
import { CATALOGUE } from '../detections/catalogue/index.ts';
import { Detector } from '../detections/detector.ts';
import { explain } from '../detections/explain.ts';
import { tuned } from '../detections/tuning/tuning.ts';
import { ConfigurationError } from '../errors.ts';
import { cleanText } from '../text.ts';
import { sizeOfHistory } from './backtest/options.ts';
import { EXIT, many, readFlags, runCommand, type Terminal, text } from './terminal/command.ts';
import { explainedText } from './terminal/explained-text.ts';
import { readJsonInput } from './terminal/input-file.ts';
import { malformedLines } from './terminal/malformed-lines.ts';
import { readTuningFile } from './terminal/tuning-file.ts';

const HELP = `Says of one event what each detection makes of it: whether its pattern matches, the state it has seen,
and why it alerts or not.

  npm run explain -- --event FILE [--events FILE...] [--config FILE] [--json]

  --event FILE      the event, JSON: as Asana sends it, or as it is on the bus; "-" is standard input
  --events FILE...  what happened before it, JSON lines as for npm run backtest; without it, nothing did
  --config FILE     the auditLog object of cdk.json, that file itself, or its detections alone
  --json            one JSON object a line and detection
  --help            this text

Exit codes: 0 explained, 1 explained without some lines of the history, which are no events, 2 an option or a file is wrong.
`;

const UNKNOWN_WORKSPACE = '0';

await runCommand('explain', HELP, main);

async function main(terminal: Terminal): Promise<number> {
  const { values, positionals } = readFlags(
    terminal.args,
    { event: text, events: many, config: text },
    Number.POSITIVE_INFINITY,
  );
  const problems: string[] = [];
  if (values.event === undefined) problems.push('--event FILE is wanted: the event to explain');
  const files = values.events === undefined ? [] : [...values.events, ...positionals];
  if (values.events === undefined) {
    for (const word of positionals) problems.push(`${JSON.stringify(word)} is one word too many`);
  }
  for (const file of files) sizeOfHistory(file, problems);
  const tuning = readTuningFile(CATALOGUE, 'config', values.config, problems);
  if (problems.length > 0 || values.event === undefined) {
    throw new ConfigurationError('The command line', problems);
  }

  const { overrides, windowMs, runbookBaseUrl } = tuning;
  const catalogue = tuned(CATALOGUE, overrides);
  const given = readJsonInput('event', values.event);
  const started = (before: number) => {
    const rules = { alertOnHistory: true, windowMs, runbookBaseUrl, onFailure: () => {} };
    return { detector: new Detector(catalogue, rules), before, workspaceGid: UNKNOWN_WORKSPACE };
  };
  let run = started(0);
  const { at, gid, event: first } = eventOf(given, values.event, 0, UNKNOWN_WORKSPACE);
  // Where one of the two does not name its workspace, it is that of the other.
  const { workspaceGid } = first.detail.metadata;
  // Without a time of its own, the event comes after all of the history.
  const until = at > 0 ? at : Number.POSITIVE_INFINITY;
  let left = 0;
  if (files.length > 0) {
    const counts = await readHistory({ files, readable: 'once', workspaceGid }, () => {
      run = started(0);
      return (past) => {
        if (past.at > until || past.gid === gid) return;
        run.detector.observe(past.event);
        run.before = past.at;
        run.workspaceGid = past.event.detail.metadata.workspaceGid;
      };
    });
    await terminal.err(
      malformedLines(counts)
        .map((line) => `${cleanText(line)}\n`)
        .join(''),
    );
    left = counts.malformed;
  }
  const { event } = eventOf(given, values.event, run.before, run.workspaceGid);
  run.detector.advance(Math.min(until, Math.max(at, run.before)));
  const explained = explain(run.detector, event);
  await terminal.out(
    values.json
      ? explained.map((each) => `${JSON.stringify({ kind: 'explanation', ...each })}\n`).join('')
      : explainedText(event, explained, catalogue.length, terminal.colors),
  );
  return left === 0 ? EXIT.well : EXIT.no;
}

function eventOf(given: unknown, file: string, before: number, workspaceGid: string) {
  const read = readEvent(given, workspaceGid, before);
  if (typeof read === 'object' && 'event' in read) return read;
  const reason = read === 'other' ? 'it is nothing of the audit log' : read.malformed;
  throw new ConfigurationError('The event', [
    `--event ${file} holds no audit log event: ${reason}`,
  ]);
}
