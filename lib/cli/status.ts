// `npm run status`: how each workspace does: where polling stands, what came lately, the day's alerts.
// What of it is wrong, and what to do, is doctor's.
import { AlertList } from '../alerts/state/alert-list.ts';
import { utc } from '../alerts/words.ts';
import { SEVERITIES, type Severity } from '../contract/alert.ts';
import { AuditBusError } from '../errors.ts';
import { DynamoFeedStore } from '../feed/dynamo-feed-store.ts';
import { publishedUntil } from '../poller/checkpoint.ts';
import { DynamoCheckpointStore } from '../poller/dynamo-checkpoint-store.ts';
import { isLeased } from '../poller/move.ts';
import { readCheckpoint, readMemory } from './target/sound-checkpoint.ts';
import { TARGET_FLAGS, TARGET_HELP, type Target, withTarget } from './target/target.ts';
import { EXIT, readFlags, runCommand, type Terminal, text } from './terminal/command.ts';
import { spanWords } from './terminal/span-words.ts';
import { type Column, table } from './terminal/table.ts';

const HELP = `How each workspace does: where polling stands, what came lately, the day's alerts.

  npm run status [-- options]

  --workspace GID  this one only

LAG is how long ago all was read (0 s right after a poll that found nothing new). EVENTS are those created
within the last hour and day that are on the bus; the newest 1,000 are remembered, so beyond them it says "at least".
RESETS counts how often Asana no longer took the stored offset. ALERTS are those whose first event lies in the last
24 hours, all statuses, from critical to info. NOTE says what keeps it from being polled, or since when a feed that is
polled well has been silent for longer than is usual for it.

Where
${TARGET_HELP}
  --json           one JSON object a line: {"kind":"workspace",...}
  --help           this text

Exit codes: 0 done, 1 it could not be read, or no workspace is watched, 2 something given is not valid.
`;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** More of a day than a person would ever want counted one by one. */
const MAX_ALERTS = 100_000;
const FLAGS = { ...TARGET_FLAGS, workspace: text };

await runCommand('status', HELP, main);

async function main(terminal: Terminal): Promise<number> {
  const { values } = readFlags(terminal.args, FLAGS);
  return withTarget(values, terminal, { create: false }, async (target) => {
    const watched = await target.workspaces();
    const gids = watched.filter((gid) => gid === (values.workspace ?? gid));
    const all = await Promise.all(gids.map((gid) => statusOrDamage(gid, target, terminal)));
    if (values.json) {
      for (const each of all) await terminal.out(`${JSON.stringify(each)}\n`);
    } else if (all.length > 0) {
      await terminal.out(table(all, columns(terminal.clock.now()), terminal.colors.dim));
    }
    if (all.length === 0) await terminal.err(`npm run status: ${noneWords(watched, target)}\n`);
    const isDamaged = all.some(({ damage }) => damage !== undefined);
    return all.length === 0 || isDamaged ? EXIT.no : EXIT.well;
  });
}

function noneWords(watched: readonly string[], { words }: Target): string {
  return watched.length === 0
    ? `No workspace is watched (${words}).`
    : `No such workspace is watched (${words}): there is ${watched.join(', ')}.`;
}

interface Count {
  readonly count: number;
  /** False: there are at least so many. */
  readonly complete: boolean;
}

interface Status {
  readonly kind: 'workspace';
  readonly workspaceGid: string;
  /** Why nothing can be said of it. */
  readonly damage?: string;
  /** False: there is no checkpoint, and what follows is absent or nothing. */
  readonly polled: boolean;
  readonly mode?: 'time' | 'offset';
  /** Seconds since the instant up to which all live events are on the bus. */
  readonly lagSeconds?: number;
  /** Instants, ISO 8601 UTC. */
  readonly lastPolledAt?: string | undefined;
  readonly lastCreatedAt?: string | undefined;
  readonly notBefore?: string | undefined;
  readonly refusal?: string | undefined;
  readonly leased?: boolean;
  readonly leaseUntil?: string | undefined;
  readonly resets?: number;
  /** Since when there is a silence that was reported. */
  readonly silentFrom?: string | undefined;
  readonly lastHour: Count;
  readonly lastDay: Count;
  readonly alerts: Readonly<Record<Severity, number>>;
}

/** One workspace's damage keeps nobody from seeing the others. */
async function statusOrDamage(gid: string, target: Target, terminal: Terminal): Promise<Status> {
  try {
    return await statusOf(gid, target, terminal);
  } catch (error) {
    if (!(error instanceof AuditBusError) || error.code !== 'checkpoint.damaged') throw error;
    const nothing = { count: 0, complete: false };
    return {
      ...{ kind: 'workspace', workspaceGid: gid, damage: error.message, polled: false },
      ...{ lastHour: nothing, lastDay: nothing },
      alerts: await alertsOf(gid, target, terminal.clock.now(), terminal),
    };
  }
}

async function statusOf(gid: string, target: Target, { clock }: Terminal): Promise<Status> {
  const now = clock.now();
  const store = new DynamoCheckpointStore(target.dynamodb, target.checkpointTableName);
  const feeds = new DynamoFeedStore(target.dynamodb, target.checkpointTableName);
  const [stored, { gids }, watched, alerts] = await Promise.all([
    readCheckpoint(store, gid),
    readMemory(store, gid),
    feeds.read(gid),
    alertsOf(gid, target, now, { clock }),
  ]);
  const common = {
    kind: 'workspace' as const,
    workspaceGid: gid,
    lastHour: gids.countSince(now - HOUR_MS),
    lastDay: gids.countSince(now - DAY_MS),
    alerts,
  };
  if (stored === undefined) return { ...common, polled: false };
  const { checkpoint, leaseUntil } = stored;
  const leased = isLeased(stored, now);
  const silentFrom = watched?.feed.silentFrom;
  return {
    ...common,
    polled: true,
    mode: checkpoint.mode,
    lagSeconds: Math.max(0, Math.round((now - publishedUntil(checkpoint)) / 1_000)),
    lastPolledAt: checkpoint.lastPolledAt,
    lastCreatedAt: checkpoint.lastCreatedAt,
    notBefore: checkpoint.notBefore,
    refusal: checkpoint.refusal,
    leased,
    leaseUntil: leased && leaseUntil ? new Date(leaseUntil).toISOString() : undefined,
    resets: checkpoint.resets ?? 0,
    silentFrom: silentFrom === undefined ? undefined : new Date(silentFrom).toISOString(),
  };
}

async function alertsOf(
  gid: string,
  { dynamodb: client, stateTableName: tableName }: Target,
  now: number,
  { clock }: Pick<Terminal, 'clock'>,
): Promise<Record<Severity, number>> {
  const counts = { info: 0, low: 0, medium: 0, high: 0, critical: 0 };
  const list = new AlertList({ client, tableName, clock });
  for await (const { alert } of list.list([gid], { since: now - DAY_MS }, MAX_ALERTS)) {
    counts[alert.severity] += 1;
  }
  return counts;
}

function columns(now: number): Column<Status>[] {
  const time = (instant: string | undefined) => (instant === undefined ? '-' : utc(instant));
  const count = ({ count, complete }: Count) => `${complete ? '' : 'at least '}${count}`;
  return [
    { title: 'WORKSPACE', cell: ({ workspaceGid }) => workspaceGid },
    { title: 'MODE', cell: ({ polled, mode, damage }) => modeWords(polled, mode, damage) },
    {
      title: 'LAG',
      cell: ({ lagSeconds }) => (lagSeconds === undefined ? '-' : spanWords(lagSeconds * 1_000)),
    },
    { title: 'LAST POLL', cell: ({ lastPolledAt }) => time(lastPolledAt) },
    { title: 'LAST EVENT', cell: ({ lastCreatedAt }) => time(lastCreatedAt) },
    { title: 'EVENTS 1 H', cell: ({ lastHour }) => count(lastHour), align: 'right' },
    { title: '24 H', cell: ({ lastDay }) => count(lastDay), align: 'right' },
    { title: 'LEASE', cell: ({ leased }) => (leased ? 'held' : 'free') },
    { title: 'RESETS', cell: ({ resets }) => resets ?? '-', align: 'right' },
    { title: 'ALERTS 24 H', cell: ({ alerts }) => alertWords(alerts) },
    { title: 'NOTE', cell: (status) => note(status, now), max: 300 },
  ];
}

function modeWords(polled: boolean, mode: string | undefined, damage: string | undefined): string {
  if (damage !== undefined) return 'damaged';
  return polled ? (mode ?? '-') : 'never polled';
}

function alertWords(alerts: Readonly<Record<Severity, number>>): string {
  const some = [...SEVERITIES].reverse().filter((severity) => alerts[severity] > 0);
  return some.length === 0 ? 'none' : some.map((each) => `${alerts[each]} ${each}`).join(', ');
}

/** What keeps it from being polled, where the checkpoint knows; else a silence that was reported. */
function note({ refusal, notBefore, silentFrom, damage }: Status, now: number): string {
  if (damage !== undefined) return damage;
  if (refusal !== undefined) return `refused: ${refusal}`;
  if (notBefore !== undefined && Date.parse(notBefore) > now)
    return `waits until ${utc(notBefore)}`;
  return silentFrom === undefined ? '' : `silent since ${utc(silentFrom)}, longer than usual`;
}
