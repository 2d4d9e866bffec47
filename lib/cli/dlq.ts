// `npm run dlq`: dead letters and the quarantine: what lies there, why, since when; sent back to where it came from, or dropped.
// What is done to each is dlq/'s; here is what was asked for, and how it is shown.
import { AuditBusError, ConfigurationError } from '../errors.ts';
import { cleanText } from '../text.ts';
import { type Done, drop, redriveLetters, redriveRepaired } from './dlq/act.ts';
import type { DeadLetterStore, Letter } from './dlq/letter.ts';
import { LocalLetters } from './dlq/local-letters.ts';
import { openQuarantine, type QuarantineRoom } from './dlq/quarantine-room.ts';
import { SqsLetters } from './dlq/sqs-letters.ts';
import {
  doneLine,
  jsonLetter,
  jsonQuarantined,
  letterPage,
  lettersTable,
  printable,
  quarantineTable,
} from './dlq/view.ts';
import { explanation } from './target/aws-errors.ts';
import { TARGET_FLAGS, TARGET_HELP, type Target, withTarget } from './target/target.ts';
import { EXIT, readFlags, runCommand, type Terminal, text, yes } from './terminal/command.ts';
import { readJsonInput } from './terminal/input-file.ts';

const DEFAULT_LIMIT = 100;
/** More than anybody chooses from; SQS keeps at most 120,000 in flight. */
const MOST = 10_000;
const QUARANTINE = 'quarantine';

const HELP = `Dead letters and the quarantine: what lies there, why and since when; sent back, or dropped.

  npm run dlq -- list [--queue NAME] [--limit N]
  npm run dlq -- show ID
  npm run dlq -- redrive ID... | --queue NAME --all
  npm run dlq -- redrive --quarantine KEY --file REPAIRED.json --reason TEXT
  npm run dlq -- drop ID... | --queue NAME --all   --reason TEXT

  ID               a message's id, or enough of its beginning, or a key of the quarantine
  --queue NAME     rules, detect, notify-slack, notify-sns, email, a schedule's, or ${QUARANTINE}
  --limit N        of list: at most so many of each (default ${DEFAULT_LIMIT})
  --file FILE      the event as it shall go on the bus, with the gid it has; - reads standard input; what polling
                   redacts is redacted, and maxEventBytes holds, as the poll function is set up
  --reason TEXT    why; it goes on the bus with who did it

redrive sends a message to the queue it came from, as its rule would have, and then deletes it. At least once: who takes
it knows what was handled before. Mend the cause first. A tick of the scheduler, and a mail that SNS could not
deliver, have no way back; they are left, and said so. show prints the whole, personal data included.
While list or show looks at messages of a deployment, nobody else sees them; they are given back at the end.

Where
${TARGET_HELP}
  --json           one JSON object a line: {"kind":"dead-letter"|"quarantined"|"done",...}
  --help           this text

Exit codes: 0 done, 1 something could not be done or was not found, 2 something given is not valid.
`;

const FLAGS = {
  ...TARGET_FLAGS,
  ...{ queue: text, limit: text, quarantine: text, file: text, reason: text, all: yes },
};
type Values = ReturnType<typeof readFlags<typeof FLAGS>>['values'];

interface Context {
  readonly target: Target;
  readonly store: DeadLetterStore;
  readonly room: QuarantineRoom;
  readonly values: Values;
  readonly ids: readonly string[];
  readonly terminal: Terminal;
}

const COMMANDS: Readonly<Record<string, (context: Context) => Promise<number>>> = {
  list,
  show,
  redrive,
  drop: dropChosen,
};

await runCommand('dlq', HELP, main);

async function main(terminal: Terminal): Promise<number> {
  const { values, positionals } = readFlags(terminal.args, FLAGS, MOST);
  const [what = '', ...ids] = positionals;
  const command = Object.hasOwn(COMMANDS, what) ? COMMANDS[what] : undefined;
  const problems =
    command === undefined ? ['give list, show, redrive or drop'] : wrongIn(what, ids, values);
  if (command === undefined || problems.length > 0) {
    throw new ConfigurationError(
      'The command line',
      problems.map((each) => `${each} (--help says more)`),
    );
  }
  return withTarget(values, terminal, { create: false }, async (target) => {
    const { deployed, local } = target;
    const store =
      deployed !== undefined
        ? new SqsLetters(deployed, target)
        : new LocalLetters(local ?? { dataFolder: '', running: false }, terminal.clock);
    const room = openQuarantine(target, terminal.env);
    try {
      return await command({ target, store, room, values, ids, terminal });
    } finally {
      room.close();
      await store.close();
    }
  });
}

function wrongIn(what: string, ids: readonly string[], values: Values): string[] {
  const { queue, all, quarantine, file, limit } = values;
  const reason = cleanText(values.reason ?? '');
  const repaired = what === 'redrive' && (quarantine !== undefined || file !== undefined);
  const many = Number(limit ?? DEFAULT_LIMIT);
  return [
    ...(what === 'list' && ids.length > 0 ? ['list takes no id'] : []),
    ...(what === 'show' && ids.length !== 1 ? ['show takes one id'] : []),
    ...(Number.isInteger(many) && many >= 1 && many <= MOST
      ? []
      : [`--limit: given ${JSON.stringify(limit)}; give a whole number from 1 to ${MOST}`]),
    ...(repaired && (quarantine === undefined || file === undefined)
      ? ['--quarantine and --file go together']
      : []),
    ...((what === 'redrive' || what === 'drop') && !repaired && ids.length === 0 && !(queue && all)
      ? ['name ids, or --queue NAME with --all']
      : []),
    ...(what === 'redrive' && !repaired && queue === QUARANTINE
      ? [
          `what lies in the ${QUARANTINE} is repaired one by one: --quarantine KEY --file REPAIRED.json`,
        ]
      : []),
    ...((what === 'drop' || repaired) && reason === ''
      ? ['--reason is wanted: it goes on the bus with who did it']
      : []),
  ];
}

async function list({ store, room, values, terminal, target }: Context): Promise<number> {
  const limit = Number(values.limit ?? DEFAULT_LIMIT);
  const names = await queueNames(store, values.queue);
  const letters: Letter[] = [];
  const problems: string[] = [];
  let isCut = false;
  for (const name of names) {
    const found = await unlessGone(() => store.take(name, limit), problems);
    letters.push(...found);
    isCut ||= found.length === limit;
  }
  const wanted = values.queue === undefined || values.queue === QUARANTINE;
  const quarantined = wanted ? await unlessGone(() => room.list(limit), problems) : [];
  if (values.json) {
    for (const letter of letters) await terminal.out(jsonLetter(letter, store));
    for (const one of quarantined) await terminal.out(jsonQuarantined(one));
  } else if (letters.length + quarantined.length === 0) {
    await terminal.out(`Nothing there (${target.words}).\n`);
  } else {
    await terminal.out(lettersTable(letters, store, terminal));
    if (letters.length > 0 && quarantined.length > 0) await terminal.out('\n');
    await terminal.out(quarantineTable(quarantined, terminal));
  }
  if (isCut || quarantined.length === limit)
    await terminal.err('There may be more: --limit shows them.\n');
  for (const problem of problems) await terminal.err(`npm run dlq: ${problem} (target.gone)\n`);
  return problems.length === 0 ? EXIT.well : EXIT.no;
}

/** One that is gone keeps nobody from seeing the others: nothing, and a problem to tell. */
async function unlessGone<T>(
  look: () => Promise<readonly T[]>,
  problems: string[],
): Promise<readonly T[]> {
  try {
    return await look();
  } catch (error) {
    const known = error instanceof AuditBusError ? error : explanation(error);
    if (known?.code !== 'target.gone') throw error;
    problems.push(known.message);
    return [];
  }
}

async function show({ store, room, ids: [id = ''], values, terminal }: Context): Promise<number> {
  if (isKey(id)) {
    const body = await room.read(id);
    const line = JSON.stringify({ kind: 'quarantined', id, body });
    await terminal.out(values.json ? `${line}\n` : printable(body));
    return EXIT.well;
  }
  const [letter] = await chosen(store, [id], undefined);
  if (letter === undefined) return EXIT.no;
  if (values.json) {
    await terminal.out(jsonLetter(letter, store, { body: letter.body }));
    return EXIT.well;
  }
  await terminal.out(letterPage(letter, store));
  return EXIT.well;
}

async function redrive(context: Context): Promise<number> {
  const { target, store, room, values, ids, terminal } = context;
  const { quarantine, file } = values;
  if (quarantine !== undefined && file !== undefined) {
    const repaired = readJsonInput('file', file);
    const reason = reasonIn(values);
    const now = terminal.clock.now();
    await say(context)(await redriveRepaired(target, room, quarantine, repaired, reason, now));
    return EXIT.well;
  }
  const letters = await chosen(store, ids, values);
  const left = await redriveLetters(store, letters, say(context));
  return left === 0 ? EXIT.well : EXIT.no;
}

async function dropChosen(context: Context): Promise<number> {
  const { target, store, room, values, ids, terminal } = context;
  const isRoom = values.queue === QUARANTINE;
  const keys = isRoom ? (await room.list(MOST)).map(({ key }) => key) : ids.filter(isKey);
  for (const key of ids.filter(isKey)) await room.read(key);
  const messages = ids.filter((id) => !isKey(id));
  const isAll = values.queue !== undefined && values.queue !== QUARANTINE;
  const letters = messages.length > 0 || isAll ? await chosen(store, messages, values) : [];
  const now = terminal.clock.now();
  await drop(target, store, letters, keys, room, reasonIn(values), now, say(context));
  return EXIT.well;
}

/** Those of the ids, or all of the queue. @throws AuditBusError `dlq.unknown`, `dlq.ambiguous` */
async function chosen(
  store: DeadLetterStore,
  ids: readonly string[],
  values: Pick<Values, 'queue' | 'all'> | undefined,
): Promise<readonly Letter[]> {
  const letters: Letter[] = [];
  const problems: string[] = [];
  for (const name of await queueNames(store, values?.queue)) {
    letters.push(...(await unlessGone(() => store.take(name, MOST), problems)));
  }
  if (ids.length === 0) {
    if (problems.length > 0) throw new AuditBusError('target.gone', problems.join(' '));
    return values?.all ? letters : [];
  }
  return ids.map((id) => {
    const found = letters.filter((letter) => letter.id.startsWith(id));
    const named = JSON.stringify(cleanText(id)).slice(0, 80);
    if (found.length > 1) {
      throw new AuditBusError(
        'dlq.ambiguous',
        `More than one id begins with ${named}: give more of it.`,
      );
    }
    const [letter] = found;
    if (letter !== undefined) return letter;
    throw new AuditBusError(
      'dlq.unknown',
      [
        `No dead letter has an id that begins with ${named}; another command may have it in hand for two minutes.`,
        ...problems,
      ].join(' '),
    );
  });
}

async function queueNames(store: DeadLetterStore, queue: string | undefined) {
  const names = await store.names();
  if (queue === undefined) return names;
  if (queue === QUARANTINE) return [];
  if (names.includes(queue)) return [queue];
  throw new ConfigurationError('The command line', [
    `--queue: given ${JSON.stringify(cleanText(queue))}; there are ${[...names, QUARANTINE].join(', ')}`,
  ]);
}

function isKey(id: string): boolean {
  return id.startsWith(`${QUARANTINE}/`);
}

function reasonIn({ reason = '' }: Values): string {
  return cleanText(reason).slice(0, 500);
}

function say({ values, terminal }: Context): (done: Done) => Promise<void> {
  return (done) =>
    terminal.out(values.json ? `${JSON.stringify({ kind: 'done', ...done })}\n` : doneLine(done));
}
