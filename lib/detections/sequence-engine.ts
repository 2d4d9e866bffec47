// The engine of `kind: 'sequence'`: on which events of the last step all steps have come, each after the one before.
// Pure. An event completes by the events at or before it alone, so a late one can only change what the grace after it holds.
import type { Finding, Leads, Match, Ref, WindowContext } from '../alerts/life.ts';
import { snapshotOf } from '../alerts/snapshot.ts';
import type { AuditLogEvent } from '../contract/bus-event.ts';
import type { SequenceDetection } from './define.ts';
import type { Engine, EngineRules } from './engine.ts';
import { type Entry, indexAfter, indexOf, inserted, thinned } from './kept.ts';
import type { Sighting } from './sighting.ts';
import { spanMs } from './spans.ts';
import { shortValue } from './values.ts';

interface Memory {
  /** Per step, in the order of their times. */
  readonly steps: ReadonlyArray<readonly Entry[]>;
  /** Events of the last step that a late event of another may yet complete: an alert is to tell of them. */
  readonly waiting: ReadonlyArray<{ readonly at: number; readonly event: AuditLogEvent }>;
  /** Events that a suppression covers. Absent where none is. */
  readonly covered?: readonly Covered[];
}
type Covered = readonly [at: number, gid: string, suppressionId: string];
type Chain = readonly Entry[];

const MAX_LISTED = 10;
const MAX_WAITING = 4;
/** More than a chain has, as a rule; what is forgotten counts as not covered, and pages. */
const MAX_COVERED = 100;
/** Kept at either end of a stretch, and stretches a window has: what lies between them can shift a start by one stretch. */
const ENDS = 10;
const STRETCHES = 8;

export function sequenceEngine(detection: SequenceDetection, rules: EngineRules): Engine {
  const { steps } = detection;
  const withinMs = spanMs(detection.within);
  const last = steps.length - 1;
  const needs = steps.map(({ atLeast = 1, distinct }) => ({
    atLeast,
    isDistinct: distinct !== undefined,
  }));

  /** The latest events that make up all steps and end with this one; undefined when there are none. */
  function chainTo(kept: Memory['steps'], end: Ref): Chain | undefined {
    const used = new Set<string>();
    const chain: Entry[] = [];
    let bound = end;
    for (let step = last; step >= 0; step--) {
      const entries = kept[step] ?? [];
      const { atLeast, isDistinct } = needs[step] as (typeof needs)[number];
      const values = new Set<string>();
      // Of the last step, nothing after the end itself; of the others, what shares the bound's millisecond too.
      let index =
        step === last ? indexOf(entries, end.at, end.gid) : indexAfter(entries, bound.at) - 1;
      if (step === last && entries[index]?.[1] !== end.gid) return undefined;
      let found = 0;
      for (; index >= 0 && found < atLeast; index--) {
        const entry = entries[index] as Entry;
        if (entry[0] <= end.at - withinMs) return undefined;
        if (used.has(entry[1]) || (isDistinct && values.has(entry[2]))) continue;
        values.add(entry[2]);
        used.add(entry[1]);
        chain.push(entry);
        bound = { at: entry[0], gid: entry[1] };
        found += 1;
      }
      if (found < atLeast) return undefined;
    }
    return chain;
  }

  function add(kept: Memory['steps'], sighting: Sighting): Memory['steps'] | undefined {
    const { at, gid, roles } = sighting;
    let isNew = false;
    const next = [...kept];
    for (const { index, value } of roles) {
      const short = needs[index]?.isDistinct ? shortValue(value) : '';
      const added = inserted(next[index] ?? [], [at, gid, short]);
      if (added === undefined) continue;
      next[index] = added.entries;
      isNew = true;
    }
    return isNew ? next : undefined;
  }

  /** Marks the entries of the last step that are complete now and were not. */
  function complete(kept: Memory['steps'], since: number): { kept: Memory['steps']; done: Ref[] } {
    const ends = [...(kept[last] ?? [])];
    const done: Ref[] = [];
    for (let index = indexAfter(ends, since - 1); index < ends.length; index++) {
      const [at, gid, value, isDone] = ends[index] as Entry;
      if (isDone || at >= since + withinMs || chainTo(kept, { at, gid }) === undefined) continue;
      ends[index] = [at, gid, value, 1];
      done.push({ at, gid });
    }
    return done.length === 0 ? { kept, done } : { kept: kept.with(last, ends), done };
  }

  function forgotten(kept: Memory['steps'], horizon: number): Memory['steps'] {
    return kept.map((entries, step) => {
      const { atLeast, isDistinct } = needs[step] as (typeof needs)[number];
      const stretchMs = Math.max(1, Math.floor(withinMs / STRETCHES));
      const ends = isDistinct ? ENDS : Math.max(2 * atLeast, ENDS);
      const values = isDistinct ? atLeast : 0;
      return thinned(entries, { horizon, stretchMs, cuts: [], ends, values });
    });
  }

  function contextOf(kept: Memory['steps'], newest: number): WindowContext {
    return {
      newest,
      leads(start): Leads | undefined {
        const chain = chainTo(kept, start);
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

  return {
    memoryMs: withinMs + rules.graceMs,
    find(memory, sighting): Finding {
      const known = (memory ?? { steps: steps.map(() => []), waiting: [] }) as Memory;
      const { at, event, roles } = sighting;
      const newest = Math.max(at, ...known.steps.map((entries) => entries.at(-1)?.[0] ?? at));
      const horizon = newest - withinMs - rules.graceMs;
      const kept = at <= horizon ? undefined : add(known.steps, sighting);
      if (kept === undefined) return { memory, matches: [] };
      const completed = complete(kept, at);
      const covered = coveredBy(known.covered, sighting, horizon);
      const matches: Match[] = completed.done.map(({ at, gid }) => {
        const suppressedBy = covered && suppressionOf(gid, chainTo(kept, { at, gid }), covered);
        return {
          gid,
          at,
          event: gid === sighting.gid ? event : toldOf(known, gid, event),
          ...(suppressedBy === undefined ? {} : { suppressedBy }),
        };
      });
      const isWaiting =
        roles.some(({ index }) => index === last) && matches[0]?.gid !== sighting.gid;
      const waiting = [
        ...known.waiting,
        ...(isWaiting ? [{ at, event: { ...eventWords(event), gid: sighting.gid } }] : []),
      ]
        .filter((each) => each.at > newest - rules.graceMs)
        .slice(-MAX_WAITING);
      const next = forgotten(completed.kept, horizon);
      return {
        memory: { steps: next, waiting, ...(covered === undefined ? {} : { covered }) },
        matches,
        context: contextOf(next, newest),
      };
    },
  };
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
  chain: Chain | undefined,
  covered: readonly Covered[],
): string | undefined {
  const ids = new Map(covered.map(([, each, suppressionId]) => [each, suppressionId]));
  return chain?.every(([, each]) => ids.has(each)) ? ids.get(gid) : undefined;
}

function toldOf(memory: Memory, gid: string, otherwise: AuditLogEvent): AuditLogEvent {
  return memory.waiting.find(({ event }) => event.gid === gid)?.event ?? otherwise;
}

/** What an alert says of an event, within bounds. */
function eventWords(event: AuditLogEvent): AuditLogEvent {
  const { trimmed: _, ...parts } = snapshotOf(event);
  const { event_type, created_at } = event;
  const short = (text: unknown) => (typeof text === 'string' ? text.slice(0, 128) : undefined);
  const [type, time] = [short(event_type), short(created_at)];
  return {
    ...(parts as Partial<AuditLogEvent>),
    ...(type === undefined ? {} : { event_type: type }),
    ...(time === undefined ? {} : { created_at: time }),
  };
}
