// The engine of `kind: 'threshold'`: on which events a group has reached so many events, or values, in the time before.
// Pure. An event matches by the events at or before it alone, so a late one can only change what the grace after it holds.
import type { Finding, Match, WindowContext } from '../../alerts/life/finding.ts';
import type { Leads, Ref } from '../../alerts/life/group.ts';
import type { ThresholdDetection } from '../define.ts';
import { spanMs } from '../definition/spans.ts';
import type { Engine, EngineRules } from './engine.ts';
import { compare, type Entry, indexAfter, indexOf, inserted, thinned } from './kept.ts';
import type { Sighting } from './sighting.ts';
import { shortValue } from './values.ts';

interface Memory {
  /** In the order of their times. */
  readonly kept: readonly Entry[];
}

const MAX_LISTED = 10;
/** Where values are counted, events are kept besides them, so that an alert can name the events that led to it. */
const LISTED_VALUES = 25;

export function thresholdEngine(detection: ThresholdDetection, rules: EngineRules): Engine {
  const { atLeast, distinct } = detection;
  const withinMs = spanMs(detection.within);
  const ends = distinct === undefined ? Math.max(atLeast, MAX_LISTED) : LISTED_VALUES;
  const values = distinct === undefined ? 0 : atLeast;

  /** Whether the entry at the index matches, and did so without the value of the event at `added`. */
  function newlyMatches(kept: readonly Entry[], index: number, added: number): boolean {
    const from = indexAfter(kept, (kept[index] as Entry)[0] - withinMs);
    if (distinct === undefined) {
      const count = index - from + 1;
      return index === added ? count >= atLeast : count === atLeast;
    }
    const seen = new Set<string>();
    let alike = 0;
    const value = (kept[added] as Entry)[2];
    for (let each = index; each >= from; each--) {
      const other = (kept[each] as Entry)[2];
      seen.add(other);
      if (other === value) alike += 1;
      if (index === added && seen.size >= atLeast) return true;
    }
    return index !== added && seen.size === atLeast && alike === 1;
  }

  function matchesOf(kept: readonly Entry[], added: number, sighting: Sighting): Match[] {
    const matches: Match[] = [];
    const until = sighting.at + withinMs;
    for (let index = added; index < kept.length; index++) {
      const [at, gid] = kept[index] as Entry;
      if (at >= until) break;
      if (!newlyMatches(kept, index, added)) continue;
      const match = { gid, at, event: sighting.event };
      matches.push(index === added ? match : { ...match, cameBefore: true });
    }
    return matches;
  }

  return {
    memoryMs: withinMs + rules.graceMs,
    explain(memory, { at }) {
      const { kept } = (memory ?? { kept: [] }) as Memory;
      const counted = kept.slice(indexAfter(kept, at - withinMs), indexAfter(kept, at));
      const count =
        distinct === undefined ? counted.length : new Set(counted.map(([, , value]) => value)).size;
      const what = distinct === undefined ? 'events' : `values of ${distinct.by.join(' or ')}`;
      return `${count} of ${atLeast} ${what} within ${detection.within}`;
    },
    find(memory, sighting, windows): Finding {
      const { kept } = (memory ?? { kept: [] }) as Memory;
      const { gid, at } = sighting;
      const value = distinct === undefined ? '' : shortValue(sighting.roles[0]?.value ?? '');
      const newest = Math.max(at, kept.at(-1)?.[0] ?? at);
      const horizon = newest - withinMs - rules.graceMs;
      // Too late to change what others mean: it counts where an alert covers its time.
      if (at <= horizon) return { memory, matches: [], joins: joining(sighting) };
      const added = inserted(kept, [at, gid, value]);
      if (added === undefined) return { memory, matches: [] };
      const matches = matchesOf(added.entries, added.index, sighting);
      const cuts = windows.map(({ start }) => start.at + rules.windowMs);
      const next = thinned(added.entries, { horizon, stretchMs: withinMs, cuts, ends, values });
      // Most events come to a group that has no alert and make none.
      if (matches.length === 0 && windows.length === 0) return { memory: { kept: next }, matches };
      return {
        memory: { kept: next },
        matches,
        ...(matches[0]?.gid === gid ? {} : { joins: joining(sighting) }),
        context: contextOf(next, newest, withinMs, gid),
      };
    },
  };
}

function joining({ gid, at, event }: Sighting): Finding['joins'] & object {
  return { gid, at, event };
}

function contextOf(
  kept: readonly Entry[],
  newest: number,
  withinMs: number,
  own: string,
): WindowContext {
  return {
    newest,
    leads(start): Leads {
      const from = indexAfter(kept, start.at - withinMs);
      const to = indexOf(kept, start.at, start.gid);
      const first = kept.slice(from, Math.min(to, from + MAX_LISTED)).map(refOf);
      return { count: Math.max(0, to - from), first };
    },
    between(start, end) {
      const from = indexOf(kept, start.at, start.gid);
      return kept
        .slice(from, indexOf(kept, end.at, end.gid))
        .filter((entry) => compare(entry, start.at, start.gid) > 0 && entry[1] !== own)
        .map(refOf);
    },
  };
}

function refOf([at, gid]: Entry): Ref {
  return { gid, at };
}
