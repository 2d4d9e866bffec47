// `npm run suppressions`: reasoned, owned, expiring exceptions, added, listed and removed without a deployment.
// What one may hold is lib/alerts/suppressions/input.ts's, what it covers lib/alerts/suppressions/suppression.ts's.
import { randomBytes } from 'node:crypto';
import { MAX_DAYS, makeSuppression } from '../alerts/suppressions/input.ts';
import { addSuppression, removeSuppression } from '../alerts/suppressions/manage.ts';
import { DynamoSuppressionStore, type StoredSuppression } from '../alerts/suppressions/store.ts';
import { coverWords } from '../alerts/suppressions/suppression.ts';
import { utc } from '../alerts/words.ts';
import type { Suppression } from '../contract/operator.ts';
import { CATALOGUE } from '../detections/catalogue/index.ts';
import { AuditBusError, ConfigurationError } from '../errors.ts';
import { cleanText, shownText } from '../text.ts';
import { TARGET_FLAGS, TARGET_HELP, type Target, withTarget } from './target/target.ts';
import { EXIT, many, readFlags, runCommand, type Terminal, text, yes } from './terminal/command.ts';
import { isShown, listed, suppressionJson, suppressionTable } from './terminal/suppression-list.ts';

const HELP = `Suppressions: reasoned, owned, expiring exceptions. What one covers is stored and put on the bus with status
"suppressed", and delivered to no sink.

  npm run suppressions -- add --detection ID [condition...] --reason TEXT --owner WHO --expires WHEN
  npm run suppressions -- list [--all]
  npm run suppressions -- remove ID --reason TEXT

  --detection ID   the detection (docs/detections.md), or '*' for all, which needs a condition
  --reason TEXT    why this is no incident; of remove: why it is not needed any more
  --owner WHO      who answers for it: a person or a team
  --expires WHEN   30d, 12h, or an instant such as 2026-12-24T00:00:00Z; ${MAX_DAYS} days ahead at most
  --all            of list: removed ones too, and those that expired more than 30 days ago

Conditions, all of which must hold; one given several times holds with any of its values:
  --actor GID      actor.gid
  --entity T:ID    whom the alert is about: entity.type and entity.id, such as user:1200000000000001
  --app GID        details.app_gid, or the gid of an app that is the resource
  --ip RANGE       context.client_ip_address: an address or CIDR range, v4 or v6
  --resource GID   resource.gid
  --workspace GID  the workspace, where several are watched

Where
${TARGET_HELP}
  --json           one JSON object a line
  --help           this text

Exit codes: 0 done, 1 it could not be done, 2 something given is not valid. docs/tuning.md says more.
`;

const FLAGS = {
  ...TARGET_FLAGS,
  detection: text,
  actor: many,
  entity: many,
  app: many,
  ip: many,
  resource: many,
  workspace: many,
  reason: text,
  owner: text,
  expires: text,
  all: yes,
};
type Values = ReturnType<typeof readFlags<typeof FLAGS>>['values'];

await runCommand('suppressions', HELP, main);

async function main(terminal: Terminal): Promise<number> {
  const { values, positionals } = readFlags(terminal.args, FLAGS, 2);
  const [what, id] = positionals;
  if (id !== undefined && what !== 'remove') {
    throw wrong(`${JSON.stringify(id)} is one word too many (--help shows what is wanted)`);
  }
  switch (what) {
    case 'add':
      return add(values, terminal);
    case 'list':
      return withTarget(values, terminal, { create: false }, (target) =>
        list(target, values, terminal),
      );
    case 'remove':
      return remove(id, values, terminal);
    default:
      throw wrong(
        `give add, list or remove${what === undefined ? '' : `, not ${JSON.stringify(what)}`} (--help says more)`,
      );
  }
}

async function add(values: Values, terminal: Terminal): Promise<number> {
  const { detection, reason, owner, expires } = values;
  const make = (by: string) =>
    makeSuppression(
      { detection, conditions: values, reason, owner, expires },
      {
        id: `s-${randomBytes(5).toString('hex')}`,
        by,
        now: terminal.clock.now(),
        detectionIds: CATALOGUE.map(({ id }) => id),
      },
    );
  // Whatever is wrong with it is said before anything is asked of AWS.
  make('');
  return withTarget(values, terminal, { create: true }, async (target) => {
    const suppression = make(cleanText(await target.caller()));
    await addSuppression(suppression, depsOf(target));
    if (values.json)
      await terminal.out(`${shownJson({ suppression, state: 'in-force' }, terminal)}\n`);
    else await terminal.out(`${addedWords(suppression, target)}\n`);
    return EXIT.well;
  });
}

function addedWords(suppression: Suppression, { local, words }: Target): string {
  const when =
    local === undefined
      ? 'within a minute'
      : local.running
        ? 'at once'
        : 'with the next run of npm start';
  return `${suppression.id} suppresses ${shownText(coverWords(suppression), 600)} until ${utc(suppression.expiresAt)}, ${when} (${words}).`;
}

async function list(target: Target, values: Values, terminal: Terminal): Promise<number> {
  const store = new DynamoSuppressionStore(tableOf(target));
  const now = terminal.clock.now();
  const shown = (await store.list()).filter((one) => isShown(one, now, values.all ?? false));
  const rows = await Promise.all(
    shown.map(async (one) => listed(one, await store.use(one.suppression.id), now)),
  );
  if (values.json) {
    for (const row of rows) await terminal.out(`${suppressionJson(row)}\n`);
  } else if (rows.length === 0) {
    await terminal.out(`No suppressions (${target.words}).\n`);
  } else {
    await terminal.out(suppressionTable(rows, terminal.colors));
  }
  return EXIT.well;
}

async function remove(id: string | undefined, values: Values, terminal: Terminal): Promise<number> {
  const reason = cleanText(values.reason ?? '').slice(0, 500);
  const problems = [
    ...(id === undefined ? ['remove which? npm run suppressions -- list shows their ids'] : []),
    ...(reason === '' ? ['--reason is wanted: why it is not needed any more'] : []),
  ];
  if (id === undefined || problems.length > 0) throw new ConfigurationError('remove', problems);
  return withTarget(values, terminal, { create: false }, async (target) => {
    const found = await find(id, new DynamoSuppressionStore(tableOf(target)));
    const by = cleanText(await target.caller());
    const at = new Date(terminal.clock.now()).toISOString();
    const removal = await removeSuppression(found, { by, reason, at }, depsOf(target));
    if (removal === undefined) {
      throw new AuditBusError('suppression.removed', `${id} has been removed before.`);
    }
    const stored: StoredSuppression = { ...found, state: 'removed', removal };
    if (values.json) await terminal.out(`${shownJson(stored, terminal)}\n`);
    else await terminal.out(`${found.suppression.id} is removed (${target.words}).\n`);
    return EXIT.well;
  });
}

async function find(id: string, store: DynamoSuppressionStore): Promise<StoredSuppression> {
  const all = await store.list();
  const found = all.find(({ suppression }) => suppression.id === id);
  if (found !== undefined) return found;
  throw new AuditBusError(
    'suppression.unknown',
    `There is no suppression ${JSON.stringify(cleanText(id)).slice(0, 80)}: npm run suppressions -- list --all shows all ${all.length}.`,
  );
}

function shownJson(stored: StoredSuppression, { clock }: Terminal): string {
  return suppressionJson(listed(stored, { alerts: 0, matches: 0 }, clock.now()));
}

function tableOf(target: Target): ConstructorParameters<typeof DynamoSuppressionStore>[0] {
  return { client: target.dynamodb, tableName: target.stateTableName };
}

function depsOf(target: Target) {
  return { store: new DynamoSuppressionStore(tableOf(target)), publisher: target.publisher };
}

function wrong(problem: string): ConfigurationError {
  return new ConfigurationError('The command line', [problem]);
}
