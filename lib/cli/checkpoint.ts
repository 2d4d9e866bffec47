// `npm run checkpoint`: where polling stands in each workspace's log, and moving it to an instant.
// How a checkpoint moves is lib/poller/move.ts's.
import { utc } from '../alerts/words.ts';
import { operatorEntry } from '../bus/operator-entry.ts';
import { OPERATOR_DETAIL_TYPES } from '../contract/sources.ts';
import { AuditBusError, ConfigurationError } from '../errors.ts';
import { readInstant } from '../instant.ts';
import { type Checkpoint, cursorOf, RETENTION_MS } from '../poller/checkpoint.ts';
import type { StoredCheckpoint } from '../poller/checkpoint-store.ts';
import { DynamoCheckpointStore } from '../poller/dynamo-checkpoint-store.ts';
import { isLeased, type Moved, moveCheckpoint } from '../poller/move.ts';
import { cleanText } from '../text.ts';
import { readCheckpoint } from './target/sound-checkpoint.ts';
import { TARGET_FLAGS, TARGET_HELP, type Target, withTarget } from './target/target.ts';
import { EXIT, readFlags, runCommand, type Terminal, text } from './terminal/command.ts';
import { table } from './terminal/table.ts';

const HELP = `Where polling stands in each workspace's log, and moving it.

  npm run checkpoint -- show [--workspace GID]
  npm run checkpoint -- set --workspace GID --to WHEN --reason TEXT

  --workspace GID  the workspace; of show: this one only
  --to WHEN        an instant such as 2026-10-05T09:00:00Z; the log is read from there on with the next poll
  --reason TEXT    why; it goes on the bus with who did it

Back: events come again as history (origin: backfill), reach every subscriber, and page nobody.
Forward: events in between are not fetched, unless you move it back.
Refused while a poll is under way; the next second may do.

Where
${TARGET_HELP}
  --json           one JSON object a line: {"kind":"checkpoint",...}
  --help           this text

Exit codes: 0 done, 1 it could not be done, 2 something given is not valid.
`;

const FLAGS = { ...TARGET_FLAGS, workspace: text, to: text, reason: text };
type Values = ReturnType<typeof readFlags<typeof FLAGS>>['values'];

await runCommand('checkpoint', HELP, main);

async function main(terminal: Terminal): Promise<number> {
  const { values, positionals } = readFlags(terminal.args, FLAGS, 1);
  const [what] = positionals;
  if (what === 'show') {
    return withTarget(values, terminal, { create: false }, (target) =>
      show(target, values, terminal),
    );
  }
  if (what === 'set') {
    const move = readMove(values, terminal.clock.now());
    return withTarget(values, terminal, { create: false }, (target) =>
      set(target, move, values.json ?? false, terminal),
    );
  }
  throw new ConfigurationError('The command line', ['give show or set (--help says more)']);
}

async function show(target: Target, { workspace, json }: Values, terminal: Terminal) {
  const store = new DynamoCheckpointStore(target.dynamodb, target.checkpointTableName);
  const gids = workspace === undefined ? await target.workspaces() : [workspace];
  const found: StoredCheckpoint[] = [];
  for (const gid of gids) {
    const stored = await readCheckpoint(store, gid);
    if (stored !== undefined) found.push(stored);
    else if (workspace !== undefined) {
      throw new AuditBusError(
        'checkpoint.none',
        `Workspace ${JSON.stringify(cleanText(gid))} has no checkpoint (${target.words}): it was never polled.`,
      );
    }
  }
  const now = terminal.clock.now();
  if (json) {
    for (const stored of found) await terminal.out(`${JSON.stringify(line(stored, now))}\n`);
  } else if (found.length === 0) {
    await terminal.out(`No workspace has been polled yet (${target.words}).\n`);
  } else {
    await terminal.out(checkpointTable(found, now, terminal));
  }
  return EXIT.well;
}

interface Move {
  readonly workspace: string;
  /** Epoch milliseconds. */
  readonly at: number;
  readonly reason: string;
}

function readMove({ workspace, to, reason: given }: Values, now: number): Move {
  const at = to === undefined ? undefined : readInstant(to);
  const reason = cleanText(given ?? '').slice(0, 500);
  const problems = [
    ...(workspace === undefined ? ['--workspace is wanted: the gid of the workspace to move'] : []),
    ...(at === undefined
      ? [
          `--to: given ${to === undefined ? 'nothing' : JSON.stringify(cleanText(to))}; give an instant such as 2026-10-05T09:00:00Z`,
        ]
      : []),
    ...(at !== undefined && at > now
      ? [`--to: given ${to}, which is in the future; give an instant that is past`]
      : []),
    ...(reason === '' ? ['--reason is wanted: it goes on the bus with who did it'] : []),
  ];
  if (workspace === undefined || at === undefined || problems.length > 0) {
    throw new ConfigurationError('set', problems);
  }
  return { workspace, at, reason };
}

async function set(target: Target, move: Move, json: boolean, terminal: Terminal) {
  const { workspace, at, reason } = move;
  const { clock } = terminal;
  const store = new DynamoCheckpointStore(target.dynamodb, target.checkpointTableName);
  await readCheckpoint(store, workspace);
  const by = cleanText(await target.caller());
  const moved = await moveCheckpoint(store, workspace, at, clock.now());
  await tell(target, moved, { by, reason }, clock.now());
  if (json) {
    const stored = await store.read(workspace);
    if (stored !== undefined) {
      await terminal.out(`${JSON.stringify(line(stored, clock.now()))}\n`);
    }
  } else {
    await terminal.out(`${movedWords(moved, at)} (${target.words}).\n`);
  }
  if (clock.now() - at > RETENTION_MS) {
    await terminal.err(
      'Asana keeps events for 90 days: the log begins at the oldest it still has.\n',
    );
  }
  return EXIT.well;
}

async function tell(
  { publisher }: Target,
  { before, after }: Moved,
  { by, reason }: { readonly by: string; readonly reason: string },
  now: number,
): Promise<void> {
  const { workspaceGid, resumeFrom: to, liveFrom } = after;
  const from = positionOf(before);
  const { published, failure, poison } = await publisher.publish([
    operatorEntry(OPERATOR_DETAIL_TYPES.checkpointMoved, new Date(now).toISOString(), {
      code: 'checkpoint.moved',
      message: `${by} moved the checkpoint of workspace ${workspaceGid} from ${from} to ${to}: ${reason}`,
      by,
      reason,
      ...{ workspaceGid, from, to, liveFrom },
    }),
  ]);
  if (published[0]) return;
  const why = failure ?? poison[0];
  throw new AuditBusError(
    'checkpoint.not-told',
    `The checkpoint is moved, but the bus did not take the event that says so (${why?.code ?? 'unknown'}: ${why?.message ?? ''}).`,
  );
}

function movedWords({ before, after }: Moved, at: number): string {
  const from = positionOf(before);
  const where = `Workspace ${after.workspaceGid} is read from ${utc(new Date(at).toISOString())} on with the next poll; it stood at ${from}`;
  return after.liveFrom === before.liveFrom
    ? where
    : `${where}. What comes again is history up to ${utc(after.liveFrom)}`;
}

/** How far the log has been read, for people. */
function positionOf(checkpoint: Checkpoint): string {
  const cursor = cursorOf(checkpoint);
  return (
    checkpoint.lastPolledAt ??
    checkpoint.lastCreatedAt ??
    ('startAt' in cursor ? (cursor.startAt ?? 'the oldest event') : 'an offset')
  );
}

/** The offset itself stays out: it is long, opaque and of no use to a person. */
function line({ checkpoint, version, leaseUntil }: StoredCheckpoint, now: number): object {
  const { offset, ...rest } = checkpoint;
  return {
    kind: 'checkpoint',
    ...rest,
    hasOffset: offset !== undefined,
    version,
    leased: isLeased({ leaseUntil }, now),
    ...(leaseUntil === undefined ? {} : { leaseUntil: new Date(leaseUntil).toISOString() }),
  };
}

function checkpointTable(
  found: readonly StoredCheckpoint[],
  now: number,
  { colors }: Terminal,
): string {
  const time = (instant: string | undefined) => (instant === undefined ? '-' : utc(instant));
  return table(
    found,
    [
      { title: 'WORKSPACE', cell: ({ checkpoint }) => checkpoint.workspaceGid },
      { title: 'MODE', cell: ({ checkpoint }) => checkpoint.mode },
      { title: 'ALL READ UNTIL', cell: ({ checkpoint }) => time(checkpoint.lastPolledAt) },
      { title: 'NEWEST EVENT', cell: ({ checkpoint }) => time(checkpoint.lastCreatedAt) },
      { title: 'LIVE FROM', cell: ({ checkpoint }) => time(checkpoint.liveFrom) },
      {
        title: 'NEXT BY TIME FROM',
        cell: ({ checkpoint }) => {
          const cursor = cursorOf(checkpoint);
          return 'offset' in cursor ? '-' : time(cursor.startAt);
        },
      },
      {
        title: 'LEASE',
        cell: (stored) =>
          isLeased(stored, now)
            ? `a poll is under way, ${Math.ceil(((stored.leaseUntil ?? now) - now) / 1_000)} s left at most`
            : 'free',
      },
    ],
    colors.dim,
  );
}
