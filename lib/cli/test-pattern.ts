// `npm run test-pattern`: does an event pattern match an event? As `aws events test-event-pattern` answers, offline.
// The answers are lib/detections/event-pattern.ts's; an event is taken as it stands, in no envelope but its own.
import { isJsonObject } from '../asana/lossless-json.ts';
import {
  compileEventPattern,
  EventPatternError,
  validateEventPattern,
} from '../detections/event-pattern.ts';
import { ConfigurationError } from '../errors.ts';
import { EXIT, readFlags, runCommand, type Terminal, text } from './terminal/command.ts';
import { readJsonInput } from './terminal/input-file.ts';

const HELP = `Says whether an EventBridge event pattern matches an event, without AWS.

  npm run test-pattern -- --pattern FILE --event FILE [--json]

  --pattern FILE   the event pattern, JSON
  --event FILE     the event as a rule sees it: detail-type, source, detail and so on, JSON;
                   a list of events is answered one by one
  --json           one JSON object: {"match":true}, or {"error":{"path":...,"reason":...}}
  --help           this text

"-" for FILE is standard input.

Exit codes: 0 it matches (every event of a list), 1 it does not, 2 the pattern or a file is not valid.
`;

await runCommand('test-pattern', HELP, main);

async function main(terminal: Terminal): Promise<number> {
  const { values } = readFlags(terminal.args, { pattern: text, event: text });
  const { pattern: patternFile, event: eventFile, json = false } = values;
  if (patternFile === undefined || eventFile === undefined) {
    throw new ConfigurationError('The command line', [
      ...(patternFile === undefined ? ['--pattern FILE is wanted'] : []),
      ...(eventFile === undefined ? ['--event FILE is wanted'] : []),
    ]);
  }
  const pattern = readJsonInput('pattern', patternFile);
  const event = readJsonInput('event', eventFile);
  const problem = problemOf(pattern);
  if (problem !== undefined) return refused(problem, json, terminal);
  const matches = compileEventPattern(pattern);
  if (Array.isArray(event) && event.length > 0) {
    const problems = event.flatMap((each, at) =>
      isJsonObject(each) ? [] : [`--event ${eventFile}: item ${at} of the list is no JSON object`],
    );
    if (problems.length > 0) throw new ConfigurationError('The events', problems);
    return answerList(event.map(matches), json, terminal);
  }
  if (!isJsonObject(event)) {
    throw new ConfigurationError('The event', [
      `--event ${eventFile} holds no event: give a JSON object, or a list of some`,
    ]);
  }
  const match = matches(event);
  await terminal.out(json ? `${JSON.stringify({ match })}\n` : match ? 'match\n' : 'no match\n');
  if (!match && isBare(event)) {
    await terminal.err(
      'The event is one as Asana sends it. On the bus it stands under detail.data, with source "asana.audit-log": docs/events/audit-log-event/example.json shows one.\n',
    );
  }
  return match ? EXIT.well : EXIT.no;
}

function problemOf(pattern: unknown): EventPatternError | undefined {
  try {
    validateEventPattern(pattern);
    return undefined;
  } catch (error) {
    if (error instanceof EventPatternError) return error;
    throw error;
  }
}

async function refused(
  { path, reason, message }: EventPatternError,
  json: boolean,
  terminal: Terminal,
): Promise<number> {
  if (json) await terminal.out(`${JSON.stringify({ error: { path, reason } })}\n`);
  await terminal.err(`npm run test-pattern: ${message}\n`);
  return EXIT.usage;
}

async function answerList(
  matches: readonly boolean[],
  json: boolean,
  terminal: Terminal,
): Promise<number> {
  const lines = json
    ? [JSON.stringify({ matches })]
    : matches.map((match, at) => `${at}: ${match ? 'match' : 'no match'}`);
  await terminal.out(`${lines.join('\n')}\n`);
  return matches.every(Boolean) ? EXIT.well : EXIT.no;
}

/** An audit log event without the bus's envelope: a pattern for the bus never matches it. */
function isBare(event: Record<string, unknown>): boolean {
  return !('detail' in event) && 'event_type' in event && 'gid' in event;
}
