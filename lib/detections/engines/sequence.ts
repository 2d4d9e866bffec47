// The engine of `kind: 'sequence'`: on which events of the last step all steps have come, each after the one before.
// Pure. An event completes by the events at or before it alone, so a late one can only change what the grace after it holds.
// What can be called off is decided once the feed has passed the grace after it: until then a late event may do so.
import type { Finding, Match, WindowContext } from '../../alerts/life/finding.ts';
import type { Leads, Ref } from '../../alerts/life/group.ts';
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import type { SequenceDetection } from '../define.ts';
import { spanMs } from '../definition/spans.ts';
import { briefOf } from './brief.ts';
import type { Engine, EngineRules } from './engine.ts';
import { type Entry, indexAfter, inserted, MAX_DECIDED, thinned } from './kept.ts';
import { type Chain, chainFinder, type Tracks } from './sequence-chain.ts';
import type { Sighting } from './sighting.ts';
import { shortValue } from './values.ts';

interface Memory {
  /** Per way of a step, in the order of their times. */
  readonly steps: Tracks;
  /** Events of the last step that may yet be found complete: an alert is to tell of them. */
  readonly waiting: ReadonlyArray<{ readonly at: number; readonly event: AuditLogEvent }>;
  /** When events came that call the sequence off, in order. */
  readonly off?: readonly number[];
  /** Events that a suppression covers. Absent where none is. */
  readonly covered?: readonly Covered[];
}
type Covered = readonly [at: number, gid: string, suppressionId: string];

const MAX_LISTED = 10;
const MAX_WAITING = 4;
const MAX_OFF = 50;
/** More than a chain has, as a rule; what is forgotten counts as not covered, and pages. */
const MAX_COVERED = 100;
/** Kept at either end of a stretch, and stretches a window has: what lies between them can shift a start by one stretch. */
const ENDS = 10;
const STRETCHES = 8;
/** Kept of a step in any case. */
const FEW = 5;
/** Kept of what is to be decided, at either end of it. */
const UNDECIDED_ENDS = 40;

export function sequenceEngine(detection: SequenceDetection, rules: EngineRules): Engine {
  const withinMs = spanMs(detection.within);
  const { graceMs } = rules;
  const { needs, ends, chainTo } = chainFinder(detection, withinMs);
  const canBeOff = detection.unless !== undefined;
  const firsts = needs.filter(({ step }) => step === 0);
  const isEnd = ({ roles }: Sighting) =>
    ends.some(({ index }) => roles.some((role) => role.index === index));
  const bySteps = detection.steps.map((_, step) => needs.filter((need) => need.step === step));
  /** Whether each step has as many events as it takes, in whatever order. */
  const mayBeComplete = (steps: Tracks) =>
    bySteps.every((ways) =>
      ways.some(({ index, atLeast }) => (steps[index]?.length ?? 0) >= atLeast),
    );
  /** From this on nothing can call the event's sequence off any more. */
  const decidedAt = (at: number) => at + graceMs + 1;

  function read(memory: unknown): Memory {
    return (memory ?? { steps: needs.map(() => []), waiting: [] }) as Memory;
  }

  /** The memory with the event; undefined when it is there already. */
  function add(known: Memory, { at, gid, roles }: Sighting): Memory | undefined {
    let isNew = false;
    const steps = [...known.steps];
    let off = known.off ?? [];
    for (const { index, value } of roles) {
      const need = needs[index];
      if (need === undefined) {
        if (off.includes(at)) continue;
        off = [...off, at].sort((a, b) => a - b).slice(-MAX_OFF);
        isNew = true;
        continue;
      }
      const short = need.isDistinct ? shortValue(value) : '';
      const added = inserted(steps[index] ?? [], [at, gid, short]);
      if (added === undefined) continue;
      steps[index] = added.entries;
      isNew = true;
    }
    return isNew ? { ...known, steps, ...(off.length === 0 ? {} : { off }) } : undefined;
  }

  /** The open ends from `since` to `until` that have all steps, in the order of time. */
  function completed(steps: Tracks, since: number, until: number): Array<Ref & { chain: Chain }> {
    if (!mayBeComplete(steps)) return [];
    const found = new Map<string, Ref & { chain: Chain }>();
    for (const { index } of ends) {
      const entries = steps[index] ?? [];
      for (let place = indexAfter(entries, since - 1); place < entries.length; place++) {
        const [at, gid, , isDone] = entries[place] as Entry;
        if (at >= until) break;
        if (isDone || found.has(gid)) continue;
        const chain = chainTo(steps, { at, gid });
        if (chain !== undefined) found.set(gid, { at, gid, chain });
      }
    }
    return [...found.values()].sort((a, b) => a.at - b.at || (a.gid < b.gid ? -1 : 1));
  }

  /**
   * Complete, not decided yet, and with an event that is about to be forgotten: the feed has not been looked at for long, as
   * after an outage. The group itself has passed them by more than the grace, so they are decided now rather than lost.
   */
  function outrun(steps: Tracks, horizon: number): Array<Ref & { chain: Chain }> {
    return completed(steps, Number.NEGATIVE_INFINITY, horizon + withinMs).filter(
      ({ chain }) => beginOf(chain) <= horizon,
    );
  }

  function marked(steps: Tracks, done: readonly Ref[]): Tracks {
    if (done.length === 0) return steps;
    const gids = new Set(done.map(({ gid }) => gid));
    const mark = (entry: Entry): Entry =>
      gids.has(entry[1]) ? [entry[0], entry[1], entry[2], 1] : entry;
    const isLast = new Set(ends.map(({ index }) => index));
    return steps.map((entries, index) => (isLast.has(index) ? entries.map(mark) : entries));
  }

  function forgotten(steps: Tracks, newest: number, horizon: number): Tracks {
    const isOpen = new Set(
      canBeOff ? completed(steps, horizon, Number.POSITIVE_INFINITY).map(({ gid }) => gid) : [],
    );
    let firstAt = Number.POSITIVE_INFINITY;
    for (const { index } of firsts) firstAt = Math.min(firstAt, steps[index]?.[0]?.[0] ?? firstAt);
    // Before any first step, and older than a first step can still come: of no use while the feed is in time. After an outage
    // a page spans hours and is delivered in any order: of each step as many as it takes are kept for that.
    const useful = Math.min(firstAt, newest - graceMs);
    return steps.map((all, index) => {
      if (all.length === 0) return all;
      const { step, atLeast, isDistinct } = needs[index] as (typeof needs)[number];
      const entries = step === 0 ? all : from(all, useful, Math.max(atLeast, FEW));
      const stretchMs = Math.max(1, Math.floor(withinMs / STRETCHES));
      const values = isDistinct ? atLeast : 0;
      const plain = isDistinct ? ENDS : Math.max(2 * atLeast, ENDS);
      if (!canBeOff || step !== ends[0]?.step || atLeast > 1) {
        return thinned(entries, { horizon, stretchMs, cuts: [], ends: plain, values });
      }
      // An end that is decided, or that no late event can complete any more, is of no use.
      const open = entries.filter(([at, gid]) => at >= newest - graceMs || isOpen.has(gid));
      return thinned(open, { horizon, stretchMs, cuts: [], ends: UNDECIDED_ENDS, values });
    });
  }

  function waitingFor(known: Memory, sighting: Sighting, steps: Tracks, newest: number) {
    const { at, gid, event } = sighting;
    const all = isEnd(sighting)
      ? [...known.waiting, { at, event: { ...briefOf(event), gid } }]
      : known.waiting;
    if (all.length === 0) return all;
    if (!canBeOff) return all.filter((each) => each.at > newest - graceMs).slice(-MAX_WAITING);
    const open = new Set(
      completed(steps, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY).map((end) => end.gid),
    );
    const isOpen = (each: (typeof all)[number]) => open.has(String(each.event.gid));
    // Those that wait to be decided, the earliest first; else the newest, in case what comes before it is late.
    const first = all.filter(isOpen).sort((a, b) => a.at - b.at);
    const late = all.filter((each) => !isOpen(each) && each.at >= newest - graceMs);
    return [...first.slice(0, MAX_WAITING), ...late.slice(-1)];
  }

  function contextOf(steps: Tracks, newest: number): WindowContext {
    return {
      newest,
      leads(start): Leads | undefined {
        const chain = chainTo(steps, start);
        if (chain === undefined) return undefined;
        const before = chain
          .filter(([, gid]) => gid !== start.gid)
          .map(([at, gid]) => ({ gid, at }))
          .sort((a, b) => a.at - b.at || (a.gid < b.gid ? -1 : 1));
        return { count: before.length, first: before.slice(0, MAX_LISTED) };
      },
      between: () => [],
    };
  }

  function newestOf({ steps, off }: Memory, at: number): number {
    let newest = Math.max(at, off?.at(-1) ?? at);
    for (const entries of steps) newest = Math.max(newest, entries.at(-1)?.[0] ?? at);
    return newest;
  }

  const engine: Engine = {
    memoryMs: withinMs + graceMs,
    openForMs: withinMs,
    opens: ({ roles }) => roles.some(({ index }) => needs[index]?.step === 0),
    isIdle(memory, at) {
      const { steps } = read(memory);
      // What calls a sequence off counts from its very first event on; else a first step that is not whole begins nothing.
      return firsts.every(({ index, atLeast }) => {
        const begins = steps[index]?.at(canBeOff ? -1 : -atLeast)?.[0];
        return (begins ?? Number.NEGATIVE_INFINITY) <= at - withinMs;
      });
    },
    explain(memory, { at }) {
      const known = read(memory);
      const { steps, unless } = detection;
      const words = needs.map(({ index, step, atLeast, isDistinct }) => {
        const entries = (known.steps[index] ?? []).filter((entry) => entry[0] > at - withinMs);
        const count = isDistinct
          ? new Set(entries.map(([, , value]) => value)).size
          : entries.length;
        return `step ${step + 1} of ${steps.length} (${steps[step]?.name}): ${count} of ${atLeast}`;
      });
      const off = (known.off ?? []).filter((time) => time > at - withinMs).length;
      const calledOff = unless === undefined ? '' : `; ${off} events that call it off`;
      return `${words.join(', ')}, within ${detection.within}${calledOff}`;
    },
    find(memory, sighting, windows): Finding {
      const known = read(memory);
      const { at } = sighting;
      const newest = newestOf(known, at);
      const horizon = newest - withinMs - graceMs;
      const next = at <= horizon ? undefined : add(known, sighting);
      if (next === undefined) return { memory, matches: [] };
      const covered = coveredBy(known.covered, sighting, horizon);
      const complete = canBeOff
        ? outrun(next.steps, horizon)
        : completed(next.steps, at, at + withinMs);
      const done = canBeOff ? complete.slice(0, MAX_DECIDED) : complete;
      // What one change cannot decide keeps its first events for the next one.
      const keptFrom = complete.slice(done.length).map(({ chain }) => beginOf(chain) - 1);
      const found = canBeOff ? standing(done, next.off) : done;
      const matches = found.map((each): Match => matchOf({ ...known, covered }, each, sighting));
      const whole = marked(next.steps, done);
      const steps = forgotten(whole, newest, Math.min(horizon, ...keptFrom));
      const isTold = matches[0]?.gid === sighting.gid;
      const waiting = isTold
        ? known.waiting.filter((each) => each.at > newest - graceMs)
        : waitingFor(known, sighting, whole, newest);
      const after = { ...next, steps, waiting, ...(covered === undefined ? {} : { covered }) };
      // Most events come to a group that has no alert and make none.
      if (matches.length === 0 && windows.length === 0) return { memory: after, matches };
      return {
        memory: after,
        matches,
        // What has outrun its first events is told with them all the same.
        context: contextOf(canBeOff && matches.length > 0 ? whole : steps, newest),
      };
    },
  };
  if (!canBeOff) return engine;

  const all = Number.POSITIVE_INFINITY;
  return {
    ...engine,
    dueAt(memory) {
      const [first] = completed(read(memory).steps, Number.NEGATIVE_INFINITY, all);
      return first === undefined ? undefined : decidedAt(first.at);
    },
    overdue(memory, watermark) {
      const known = read(memory);
      const due = completed(known.steps, Number.NEGATIVE_INFINITY, all)
        .filter(({ at }) => decidedAt(at) <= watermark)
        .slice(0, MAX_DECIDED);
      if (due.length === 0) return { memory, matches: [] };
      const steps = marked(known.steps, due);
      const gids = new Set(due.map(({ gid }) => gid));
      const waiting = known.waiting.filter(({ event }) => !gids.has(String(event.gid)));
      return {
        memory: { ...known, steps, waiting },
        matches: standing(due, known.off).map((each) => matchOf(known, each)),
        context: contextOf(steps, newestOf(known, 0)),
      };
    },
  };
}

/** Those that nothing has called off, from their first event to their last. */
function standing<T extends Ref & { readonly chain: Chain }>(
  ends: readonly T[],
  off: readonly number[] = [],
): T[] {
  return ends.filter(({ at, chain }) => !off.some((time) => time >= beginOf(chain) && time <= at));
}

function beginOf(chain: Chain): number {
  return Math.min(...chain.map(([at]) => at));
}

/** Those at `since` and later, and before it so many that there are `least`. */
function from(entries: readonly Entry[], since: number, least: number): readonly Entry[] {
  const [first] = entries;
  if (first === undefined || first[0] >= since || entries.length <= least) return entries;
  return entries.slice(Math.min(indexAfter(entries, since - 1), entries.length - least));
}

/** What is told is the event itself, else the one at hand, else no more than that there was one. */
function matchOf(
  {
    waiting,
    covered,
  }: Pick<Memory, 'waiting'> & { readonly covered?: Memory['covered'] | undefined },
  { at, gid, chain }: Ref & { readonly chain: Chain },
  sighting?: Sighting,
): Match {
  const known = waiting.find(({ event }) => event.gid === gid)?.event;
  const event = gid === sighting?.gid ? sighting.event : (known ?? sighting?.event ?? { gid });
  const suppressedBy = suppressionOf(gid, chain, covered);
  return { at, gid, event, ...(suppressedBy === undefined ? {} : { suppressedBy }) };
}

function coveredBy(
  known: readonly Covered[] = [],
  { at, gid, suppressedBy }: Sighting,
  horizon: number,
): readonly Covered[] | undefined {
  if (known.length === 0 && suppressedBy === undefined) return undefined;
  const own: Covered[] = suppressedBy === undefined ? [] : [[at, gid, suppressedBy]];
  const covered = [...known, ...own].filter(([time]) => time > horizon).slice(-MAX_COVERED);
  return covered.length === 0 ? undefined : covered;
}

/** What suppresses a chain: each of its events has to be covered, else a step from elsewhere would hide behind the others. */
function suppressionOf(
  gid: string,
  chain: Chain,
  covered: readonly Covered[] = [],
): string | undefined {
  if (covered.length === 0) return undefined;
  const ids = new Map(covered.map(([, each, suppressionId]) => [each, suppressionId]));
  return chain.every(([, each]) => ids.has(each)) ? ids.get(gid) : undefined;
}
