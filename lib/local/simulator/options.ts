// Reads the options of the simulator's command line, every problem at once. What they mean stands in docs/simulator.md.
import { parseArgs } from 'node:util';
import { ConfigurationError } from '../../errors.ts';
import { FAULTS } from './fault-list.ts';
import { type Fault, parseFaults } from './faults.ts';
import {
  DEFAULT_MAX_LIMIT,
  DEFAULT_OFFSET_LIFETIME_MS,
  DEFAULT_PAGE_SIZE,
  DEFAULT_WORKSPACE_GID,
} from './server.ts';

export interface CommandOptions {
  readonly help: boolean;
  readonly port: number;
  readonly events: string | undefined;
  readonly data: string | undefined;
  readonly attacks: boolean;
  readonly pageSize: number;
  readonly maxLimit: number;
  readonly latencyMs: number;
  readonly offsetLifetimeMs: number;
  readonly retentionMs: number;
  readonly faults: readonly Fault[];
  readonly token: string | undefined;
  readonly workspaceGid: string;
  readonly seed: string;
}

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  port: { type: 'string' },
  events: { type: 'string' },
  data: { type: 'string' },
  'no-attacks': { type: 'boolean' },
  'page-size': { type: 'string' },
  'max-limit': { type: 'string' },
  latency: { type: 'string' },
  'offset-lifetime': { type: 'string' },
  'retention-days': { type: 'string' },
  faults: { type: 'string' },
  token: { type: 'string' },
  workspace: { type: 'string' },
  seed: { type: 'string' },
} as const;

/** @throws ConfigurationError with a line for each thing that is wrong */
export function parseCommand(args: readonly string[]): CommandOptions {
  const problems: string[] = [];
  let values: ReturnType<typeof parseValues>;
  try {
    values = parseValues(args);
  } catch (error) {
    throw new ConfigurationError('The command', [String((error as Error).message)]);
  }
  const whole = (name: keyof typeof OPTIONS, fallback: number, least: number, most: number) => {
    const text = values[name];
    if (text === undefined) return fallback;
    const value = /^\d+$/.test(String(text)) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    problems.push(`--${name} must be a whole number from ${least} to ${most} (given: ${text})`);
    return fallback;
  };
  const lifetime =
    values['offset-lifetime'] === 'never'
      ? Number.POSITIVE_INFINITY
      : whole('offset-lifetime', DEFAULT_OFFSET_LIFETIME_MS / 1000, 0, 100_000_000) * 1000;
  const retentionDays =
    values['retention-days'] === undefined
      ? Number.POSITIVE_INFINITY
      : whole('retention-days', 90, 0, 100_000);
  let faults: readonly Fault[] = [];
  try {
    faults = parseFaults(values.faults ?? '');
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    problems.push(...error.problems.map((problem) => `--faults: ${problem}`));
  }
  const workspaceGid = values.workspace ?? DEFAULT_WORKSPACE_GID;
  if (!/^\w+$/.test(workspaceGid)) {
    problems.push(`--workspace must be letters and digits (given: ${workspaceGid})`);
  }
  if (values.token !== undefined && !/^[\x21-\x7e]+$/.test(values.token)) {
    problems.push('--token must be visible ASCII characters without a space');
  }
  if (values.events !== undefined && (values.data !== undefined || values['no-attacks'])) {
    problems.push('--events serves a file as it is: --data and --no-attacks do not go with it');
  }
  const options = {
    help: values.help ?? false,
    port: whole('port', 0, 0, 65_535),
    events: values.events,
    data: values.data,
    attacks: !values['no-attacks'],
    pageSize: whole('page-size', DEFAULT_PAGE_SIZE, 1, 100_000),
    maxLimit: whole('max-limit', DEFAULT_MAX_LIMIT, 1, 100_000),
    latencyMs: whole('latency', 0, 0, 600_000),
    offsetLifetimeMs: lifetime,
    retentionMs: retentionDays * 86_400_000,
    faults,
    token: values.token,
    workspaceGid,
    seed: values.seed ?? '1',
  };
  if (problems.length > 0) throw new ConfigurationError('The command', problems);
  return options;
}

function parseValues(args: readonly string[]) {
  return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
}

export function helpText(): string {
  const faults = Object.entries(FAULTS).map(([name, { summary, every, ...rest }]) => {
    const parameters = 'parameters' in rest ? Object.entries(rest.parameters) : [];
    const settings = [['every', every], ...parameters].map(([key, value]) => `${key}=${value}`);
    return `  ${name.padEnd(24)}${summary} (${settings.join(':')})`;
  });
  return `Serves the audit log endpoint of a simulated Asana workspace on 127.0.0.1.

npm run simulator -- [options]

  --port N                port to listen on (a free one)
  --events FILE           serve exactly these events, one JSON object a line; lines appended later are served too
                          (without it: a generated workspace that goes on living)
  --data DIR              keep the generated workspace in DIR, so that it goes on after a restart (in memory only)
  --no-attacks            daily life only in the generated workspace
  --seed TEXT             of the generated workspace and of faults by chance (1)
  --page-size N           events a page when the request has no limit (${DEFAULT_PAGE_SIZE})
  --max-limit N           the largest limit that is taken (${DEFAULT_MAX_LIMIT})
  --latency MS            milliseconds before each answer (0)
  --offset-lifetime S     seconds until an offset has expired, or never (${DEFAULT_OFFSET_LIFETIME_MS / 1000})
  --retention-days N      events older than this are gone (none are)
  --faults LIST           faults by name, separated by commas, settings after colons: rate-limit:every=2:retry-after=3
  --token TOKEN           the one bearer token that is good (any)
  --workspace GID         the workspace's gid (${DEFAULT_WORKSPACE_GID})
  --help                  this text

Faults. Each takes every=N, after=N (leave the first N alone), times=N (then no more), chance=P and workspace=GID:
${faults.join('\n')}
`;
}
