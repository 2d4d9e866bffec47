// What `npm start` was asked for: the command line and the environment, checked as a whole before anything starts.
// Touches no file and no network; whether a file can be read is found out by whoever opens it.
import { parseArgs } from 'node:util';
import { parseWebhook } from '../alerts/slack/webhook.ts';
import { ASANA_API_URL, baseUrlProblem } from '../asana/base-url.ts';
import { ENVIRONMENT } from '../contract/environment.ts';
import { ConfigurationError } from '../errors.ts';
import { startFromProblem } from '../poller/start-from.ts';

/** Where the audit log comes from. */
export type AsanaSource =
  | { readonly kind: 'generated'; readonly seed: string | undefined }
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'api';
      readonly baseUrl: string;
      readonly workspaceGid: string;
      readonly token: string;
    };

export interface RunOptions {
  readonly source: AsanaSource;
  readonly once: boolean;
  readonly json: boolean;
  readonly dataFolder: string;
  readonly startFrom: string;
  /** Seconds between two polls. */
  readonly pollIntervalSeconds: number;
  readonly slackWebhookUrl: string | undefined;
  /** A file with what changes about detections; whoever starts the run reads it. */
  readonly configFile: string | undefined;
}

const DEFAULT_DATA_FOLDER = '.local';
/** A simulated workspace costs nothing to ask; Asana's API is asked as often as the deployed poller asks it. */
const SIMULATED_INTERVAL_SECONDS = 5;
const API_INTERVAL_SECONDS = 60;

export const HELP = `Runs the whole of asana-audit-bus on this machine: polls an audit log, puts every event on a local bus,
raises alerts. Without further ado it polls a simulated Asana workspace.

  npm start -- [options]

  --once              poll until caught up, let alerts settle, print a summary and end
  --events FILE       the simulated workspace holds exactly these events, one JSON object a line;
                      lines appended later are found on the next poll or run
  --data DIR          where checkpoint, queues and detection state are kept (default ${DEFAULT_DATA_FOLDER})
  --start-from WHEN   now, oldest or a timestamp such as 2026-01-31T00:00:00Z, read on the first
                      run only (default oldest)
  --config FILE       what changes about detections: the auditLog object of cdk.json, that file itself,
                      or its detections alone (docs/tuning.md)
  --seed TEXT         what the generated workspace's people do follows from it
  --json              standard output holds one JSON object a line and nothing else
  --help              this text

Environment
  ASANA_ACCESS_TOKEN and ASANA_WORKSPACE_GID   poll Asana's API instead of a simulated workspace
  ASANA_BASE_URL                               that API's address (default ${ASANA_API_URL})
  POLL_INTERVAL_SECONDS                        5 to 3600 (default ${SIMULATED_INTERVAL_SECONDS} simulated, ${API_INTERVAL_SECONDS} for the API)
  SLACK_WEBHOOK_URL                            post alerts to this incoming webhook
  NO_COLOR                                     no colours, on a terminal either

Exit codes: 0 ended well (Ctrl-C too), 1 could not go on or not all was delivered, 2 bad options or files,
3 another run holds the data folder. docs/local-run.md says more.
`;

export type Parsed =
  | { readonly help: true }
  | { readonly help: false; readonly options: RunOptions };

/**
 * @param args the command line after the script's name
 * @param now epoch milliseconds, against which a timestamp lies in the future or not
 * @throws ConfigurationError with every problem found
 */
export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv, now: number): Parsed {
  const values = readFlags(args);
  if (values.help === true) return { help: true };
  const problems: string[] = [];
  for (const name of ['events', 'data', 'start-from', 'config', 'seed'] as const) {
    if (values[name] === '') problems.push(`--${name} needs a value`);
  }
  if (values.events !== undefined && values.seed !== undefined) {
    problems.push('--seed is for the generated workspace and --events replaces it: give one');
  }
  const startFrom = values['start-from'] ?? 'oldest';
  const startProblem = startFrom === '' ? undefined : startFromProblem(startFrom, now);
  if (startProblem !== undefined) {
    problems.push(`--start-from ${JSON.stringify(startFrom)} ${startProblem}`);
  }
  const source = readSource(values.events, values.seed, env, problems);
  const pollIntervalSeconds = readInterval(env, source, problems);
  const slackWebhookUrl = readWebhook(env, problems);
  if (problems.length > 0) throw new ConfigurationError('What npm start was given', problems);
  return {
    help: false,
    options: {
      source,
      once: values.once ?? false,
      json: values.json ?? false,
      dataFolder: values.data ?? DEFAULT_DATA_FOLDER,
      startFrom,
      pollIntervalSeconds,
      slackWebhookUrl,
      configFile: values.config,
    },
  };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        once: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        events: { type: 'string' },
        data: { type: 'string' },
        'start-from': { type: 'string' },
        config: { type: 'string' },
        seed: { type: 'string' },
      },
    }).values;
  } catch (error) {
    // parseArgs explains at length how to pass what looks like an option; its first sentence says what is wrong.
    const message = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError('What npm start was given', [
      `${message.split(/\.\s|\n/)[0]} (--help lists the options)`,
    ]);
  }
}

/** --events and --seed are said for this run, so they win over an environment that is set for all. */
function readSource(
  events: string | undefined,
  seed: string | undefined,
  env: NodeJS.ProcessEnv,
  problems: string[],
): AsanaSource {
  if (events !== undefined) return { kind: 'file', path: events };
  const token = env['ASANA_ACCESS_TOKEN'] ?? '';
  const workspaceGid = env['ASANA_WORKSPACE_GID'] ?? '';
  if (seed !== undefined || (token === '' && workspaceGid === '')) {
    return { kind: 'generated', seed };
  }
  if (token === '' || workspaceGid === '') {
    const [set, unset] =
      token === ''
        ? ['ASANA_WORKSPACE_GID', 'ASANA_ACCESS_TOKEN']
        : ['ASANA_ACCESS_TOKEN', 'ASANA_WORKSPACE_GID'];
    problems.push(
      `${set} is set and ${unset} is not: set both to poll Asana, neither for a simulated workspace`,
    );
  } else if (!/^\d{1,32}$/.test(workspaceGid)) {
    problems.push(
      'ASANA_WORKSPACE_GID must be digits: it is the "Domain ID" in Asana\'s admin console',
    );
  }
  const baseUrl = env[ENVIRONMENT.asanaBaseUrl] || ASANA_API_URL;
  const problem = baseUrlProblem(baseUrl);
  if (problem !== undefined) problems.push(`${ENVIRONMENT.asanaBaseUrl} ${problem}`);
  return { kind: 'api', baseUrl, workspaceGid, token };
}

function readInterval(env: NodeJS.ProcessEnv, source: AsanaSource, problems: string[]): number {
  const given = env[ENVIRONMENT.pollIntervalSeconds] ?? '';
  if (given === '')
    return source.kind === 'api' ? API_INTERVAL_SECONDS : SIMULATED_INTERVAL_SECONDS;
  const seconds = /^\d{1,4}$/.test(given) ? Number(given) : Number.NaN;
  if (!(seconds >= 5 && seconds <= 3600)) {
    problems.push(`${ENVIRONMENT.pollIntervalSeconds} must be a whole number from 5 to 3600`);
  }
  return seconds;
}

/** The webhook's address is a secret, so a bad one is not repeated in the message. */
function readWebhook(env: NodeJS.ProcessEnv, problems: string[]): string | undefined {
  const value = env['SLACK_WEBHOOK_URL'] ?? '';
  if (value === '') return undefined;
  const webhook = parseWebhook(value);
  if ('problem' in webhook) problems.push(`SLACK_WEBHOOK_URL cannot be used: ${webhook.problem}`);
  return value;
}
