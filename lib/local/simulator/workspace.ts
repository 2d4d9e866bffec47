// The generated workspace: two days of history when it is new, then daily life and, now and then, an attack as time passes.
// What happens at a time follows from the seed alone, so that a run killed and started again goes on with the same history.
import { appendFileSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../../clock.ts';
import { ATTACK_LASTS_MS, ATTACKS, type Attack } from './attacks.ts';
import { WORKSPACE_GID } from './cast.ts';
import { type TimedEvent, WORKSPACE } from './compose.ts';
import { dailyLife, quietEvent } from './daily-life.ts';
import { EventFile } from './event-file.ts';
import { type EventLog, MemoryEventLog, parseEventLine } from './event-log.ts';
import { Random } from './random.ts';

export interface WorkspaceOptions {
  readonly seed: string | number;
  readonly clock: Clock;
  /** A file of JSON lines that keeps the history. @default memory only */
  readonly path?: string | undefined;
  /** What events about the workspace itself name as their resource. @default WORKSPACE_GID */
  readonly workspaceGid?: string | undefined;
  /** @default 'now and then' */
  readonly attacks?: 'now and then' | 'none';
  /** Milliseconds from one attack to the next, as time passes. @default 3 minutes */
  readonly attackEveryMs?: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const BACKLOG_MS = 48 * HOUR;
const BACKLOG_QUIET_EVENTS = 500;
/** Life comes in moments of this length; one is over before its events are seen. */
const MOMENT_MS = 5 * SECOND;
/** What was missed beyond this, while nobody ran the workspace, is filled in sparsely and without attacks. */
const LIVELY_MS = 10 * MINUTE;
const SPARSE_MOMENTS = 60;
const LONGEST_ABSENCE_MS = 7 * 24 * HOUR;

/**
 * The log catches up with the clock whenever it is refreshed. @throws AuditBusError `simulator.events` when the file
 * that keeps the history cannot be read
 */
export function createWorkspace(options: WorkspaceOptions): EventLog {
  const { clock, path } = options;
  const startAt = momentOf(clock.now());
  if (path === undefined) {
    const life = new Life(options, startAt);
    const log: MemoryEventLog = new MemoryEventLog(backlog(options, startAt), {
      beforeRefresh: () => log.append(...life.until(clock.now())),
    });
    return log;
  }
  mkdirSync(dirname(path), { recursive: true });
  const known = knownHistory(path);
  if (known.length === 0) {
    // All or nothing: a run killed half-way begins anew.
    writeFileSync(`${path}.new`, linesOf(backlog(options, startAt)));
    renameSync(`${path}.new`, path);
  }
  const last = known.at(-1);
  const life = new Life(options, last === undefined ? startAt : momentOf(last.at), known);
  return new EventFile(path, {
    beforeRefresh() {
      const events = life.until(clock.now());
      if (events.length > 0) appendFileSync(path, linesOf(events));
    },
  });
}

/** Two days of quiet life and, unless there are to be none, one run of each attack, an hour or two apart. */
function backlog(options: WorkspaceOptions, end: number): TimedEvent[] {
  const { seed } = options;
  const events: TimedEvent[] = [];
  for (const event of dailyLife({
    seed,
    start: end - BACKLOG_MS,
    meanGapMs: BACKLOG_MS / BACKLOG_QUIET_EVENTS,
  })) {
    if (Date.parse(event.created_at) >= end) break;
    events.push(event);
  }
  if (options.attacks !== 'none') {
    for (const [position, attack] of attackOrder(seed, 'backlog').entries()) {
      const random = new Random(seed, 'backlog attack', position);
      const hoursAgo = 2 * (ATTACKS.length - position) + random.next();
      events.push(...attack.events(Math.floor(end - hoursAgo * HOUR)));
    }
  }
  return settled(events, options);
}

/** Life from a moment on. Its events follow from the seed and their time, so the same moment can be lived again. */
class Life {
  readonly #options: WorkspaceOptions;
  readonly #seed: string | number;
  readonly #attackEveryMs: number;
  readonly #attacks: boolean;
  readonly #knownGids: Set<string>;
  #from: number;

  /** `known` are events of the first moment that have been written already. */
  constructor(
    options: WorkspaceOptions,
    from: number,
    known: readonly { readonly gid: string }[] = [],
  ) {
    this.#options = options;
    this.#seed = options.seed;
    this.#attackEveryMs = Math.max(options.attackEveryMs ?? 3 * MINUTE, 2 * ATTACK_LASTS_MS);
    this.#attacks = options.attacks !== 'none';
    this.#from = from;
    this.#knownGids = new Set(known.map(({ gid }) => gid));
  }

  /** What happened since the last call, in whole moments. */
  until(now: number): TimedEvent[] {
    const end = momentOf(now);
    const from = Math.max(this.#from, end - LONGEST_ABSENCE_MS);
    if (from >= end) return [];
    const lively = Math.max(from, momentOf(end - LIVELY_MS));
    const events: TimedEvent[] = [];
    for (let moment = from; moment < end; moment += MOMENT_MS) {
      const number = moment / MOMENT_MS;
      if (moment >= lively || number % SPARSE_MOMENTS === 0) events.push(...this.#quiet(moment));
    }
    if (this.#attacks) events.push(...this.#attacksBetween(lively, end));
    const news = settled(events, this.#options).filter(({ gid }) => !this.#knownGids.has(gid));
    this.#from = end;
    this.#knownGids.clear();
    return news;
  }

  #quiet(moment: number): TimedEvent[] {
    const random = new Random(this.#seed, 'moment', moment);
    const count = random.weighted([
      [5, 0],
      [4, 1],
      [2, 2],
      [1, 3],
    ]);
    return Array.from({ length: count }, (_, position) =>
      quietEvent(random, moment + random.int(0, MOMENT_MS - 1), position),
    );
  }

  /** The steps that fall into [from, end) of attacks that may have begun before. */
  #attacksBetween(from: number, end: number): TimedEvent[] {
    const steps: TimedEvent[] = [];
    const first = Math.floor((from - ATTACK_LASTS_MS) / this.#attackEveryMs);
    for (let turn = first; turn * this.#attackEveryMs < end; turn++) {
      const random = new Random(this.#seed, 'attack', turn);
      const latest = this.#attackEveryMs - ATTACK_LASTS_MS;
      const begin = turn * this.#attackEveryMs + random.int(0, latest);
      const cycle = attackOrder(this.#seed, Math.floor(turn / ATTACKS.length));
      const attack = cycle[turn % ATTACKS.length];
      for (const step of attack?.events(begin) ?? []) {
        const at = Date.parse(step.created_at);
        if (at >= from && at < end) steps.push(step);
      }
    }
    return steps;
  }
}

/** All ten, shuffled. */
function attackOrder(seed: string | number, cycle: string | number): Attack[] {
  const random = new Random(seed, 'attack order', cycle);
  return ATTACKS.map((attack) => ({ attack, rank: random.next() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ attack }) => attack);
}

/** What stands in the file of the last moment, and after it. A line cut off by a kill is taken away. */
function knownHistory(path: string): { gid: string; at: number }[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return [];
    throw error;
  }
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (whole !== text) {
    writeFileSync(`${path}.new`, whole);
    renameSync(`${path}.new`, path);
  }
  return whole
    .trimEnd()
    .split('\n')
    .slice(-1000)
    .filter((line) => line !== '')
    .map((line) => {
      const event = parseEventLine(line, path) as TimedEvent;
      return { gid: event.gid, at: Date.parse(event.created_at) };
    });
}

function momentOf(time: number): number {
  return Math.floor(time / MOMENT_MS) * MOMENT_MS;
}

/** In the order of their time, and about this workspace. */
function settled(events: readonly TimedEvent[], { workspaceGid }: WorkspaceOptions): TimedEvent[] {
  const own = { ...WORKSPACE, gid: workspaceGid ?? WORKSPACE_GID };
  return events
    .map((event) => (event.resource === WORKSPACE ? { ...event, resource: own } : event))
    .sort((a, b) => Date.parse(a.created_at) - Date.parse(b.created_at));
}

function linesOf(events: readonly TimedEvent[]): string {
  return events.map((event) => `${JSON.stringify(event)}\n`).join('');
}
