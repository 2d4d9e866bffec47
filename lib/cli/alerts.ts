// `npm run alerts`: the alerts of the last year, listed newest first and filtered, or one of them whole.
// How they are read is lib/alerts/state/alert-list.ts's.
import { type AlertFilter, AlertList, type RecordedAlert } from '../alerts/state/alert-list.ts';
import { alertStatusSchema, SEVERITIES } from '../contract/alert.ts';
import { CATALOGUE } from '../detections/catalogue/index.ts';
import { isNamed } from '../detections/definition/named-ids.ts';
import { AuditBusError, ConfigurationError } from '../errors.ts';
import { oneLine } from '../local/bus-entry.ts';
import { nearest } from '../nearest.ts';
import { cleanText } from '../text.ts';
import { TARGET_FLAGS, TARGET_HELP, type Target, withTarget } from './target/target.ts';
import { alertPage, alertTable } from './terminal/alert-view.ts';
import { EXIT, many, readFlags, runCommand, type Terminal, text } from './terminal/command.ts';
import { instantOrAgo, knownWords, wordsOf } from './terminal/filter-values.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100_000;

const HELP = `The alerts of the last year, newest first, or one of them whole.

  npm run alerts -- list [filters] [--limit N]
  npm run alerts -- show ID

  --severity S     info, low, medium, high or critical; several with commas, or the flag again (as all filters)
  --detection ID   a detection's id, or the beginning of some: asana.export.*
  --status S       active, staged or suppressed
  --entity T:ID    whom the alert is about: entity.type and entity.id, such as user:1200000000000001, or the id alone
  --since WHEN     from then on: 24h (ago), 7d, or an instant such as 2026-10-05T09:00:00Z
  --until WHEN     before then
  --limit N        at most so many (default ${DEFAULT_LIMIT})

Time is that of the alert's first event, as it was known when the alert was raised.
ID is an alert's id, or enough of its beginning.

Where
${TARGET_HELP}
  --json           one JSON object a line: {"kind":"alert","alert":{...}}
  --help           this text

Exit codes: 0 done, 1 no such alert, or it could not be read, 2 something given is not valid.
`;

const FLAGS = {
  ...TARGET_FLAGS,
  severity: many,
  detection: many,
  status: many,
  entity: many,
  since: text,
  until: text,
  limit: text,
};
type Values = ReturnType<typeof readFlags<typeof FLAGS>>['values'];

await runCommand('alerts', HELP, main);

async function main(terminal: Terminal): Promise<number> {
  const { values, positionals } = readFlags(terminal.args, FLAGS, 2);
  const [what, id] = positionals;
  if (what === 'list' && id === undefined) {
    const { filter, limit } = readFilter(values, terminal.clock.now());
    await hintAtIds(filter.detections ?? [], terminal);
    return withTarget(values, terminal, { create: false }, (target) =>
      list(target, filter, limit, values, terminal),
    );
  }
  if (what === 'show' && id) {
    return withTarget(values, terminal, { create: false }, (target) =>
      show(id, target, values, terminal),
    );
  }
  throw new ConfigurationError('The command line', [
    'give list, or show and the id of an alert (--help says more)',
  ]);
}

async function list(
  target: Target,
  filter: AlertFilter,
  limit: number,
  { json }: Values,
  terminal: Terminal,
): Promise<number> {
  const alerts = new AlertList(tableOf(target, terminal));
  const workspaces = await target.workspaces();
  const shown: RecordedAlert[] = [];
  let count = 0;
  // One more than wanted tells whether there are more.
  for await (const found of alerts.list(workspaces, filter, limit + 1)) {
    count += 1;
    if (count > limit) break;
    if (json) await terminal.out(jsonLine(found));
    else shown.push(found);
  }
  if (!json) {
    await terminal.out(
      count === 0
        ? `No alerts (${target.words}).\n`
        : alertTable(
            shown.map(({ alert }) => alert),
            terminal.colors,
          ),
    );
  }
  if (count > limit) await terminal.err(`There are more: --limit shows them, or --until.\n`);
  return EXIT.well;
}

async function show(
  id: string,
  target: Target,
  { json }: Values,
  terminal: Terminal,
): Promise<number> {
  const found = await new AlertList(tableOf(target, terminal)).find(await target.workspaces(), id);
  const [one, other] = found;
  const named = JSON.stringify(cleanText(id)).slice(0, 80);
  if (one === undefined) {
    throw new AuditBusError('alert.unknown', `No alert has an id that begins with ${named}.`);
  }
  if (other !== undefined) {
    throw new AuditBusError(
      'alert.ambiguous',
      `More than one alert has an id that begins with ${named}: give more of it.`,
    );
  }
  await terminal.out(json ? jsonLine(one) : alertPage(one.alert, terminal.colors));
  return EXIT.well;
}

function jsonLine({ text: alert }: RecordedAlert): string {
  return `{"kind":"alert","alert":${oneLine(alert)}}\n`;
}

function readFilter(values: Values, now: number): { filter: AlertFilter; limit: number } {
  const problems: string[] = [];
  const severities = knownWords('severity', values.severity, SEVERITIES, problems);
  const statuses = knownWords('status', values.status, alertStatusSchema.options, problems);
  const since = instantOrAgo('since', values.since, now, problems);
  const until = instantOrAgo('until', values.until, now, problems);
  const limit = Number(values.limit ?? DEFAULT_LIMIT);
  if (!(Number.isInteger(limit) && limit >= 1 && limit <= MAX_LIMIT)) {
    problems.push(
      `--limit: given ${JSON.stringify(values.limit)}; give a whole number from 1 to ${MAX_LIMIT}`,
    );
  }
  if (since !== undefined && until !== undefined && since >= until) {
    problems.push('--since is not before --until: nothing lies between them');
  }
  if (problems.length > 0) throw new ConfigurationError('The filters', problems);
  const detections = wordsOf(values.detection);
  return {
    limit,
    filter: {
      ...(severities.length === 0 ? {} : { severities }),
      ...(statuses.length === 0 ? {} : { statuses }),
      ...(detections.length === 0 ? {} : { detections }),
      ...(values.entity === undefined ? {} : { entities: values.entity }),
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
    },
  };
}

/** An alert of a detection that has been removed since can still be asked for, so an unknown id is no error. */
async function hintAtIds(patterns: readonly string[], { err }: Terminal): Promise<void> {
  const ids = CATALOGUE.map(({ id }) => id);
  for (const pattern of patterns.filter((one) => !ids.some((id) => isNamed([one], id)))) {
    await err(
      `No detection is called ${JSON.stringify(cleanText(pattern))}; did you mean ${nearest(pattern, ids).known}?\n`,
    );
  }
}

function tableOf(target: Target, { clock }: Terminal): ConstructorParameters<typeof AlertList>[0] {
  return { client: target.dynamodb, tableName: target.stateTableName, clock };
}
