// Whether a sequence's steps have come by an event, each after the one before, and with which events: the latest that do.
// Pure. When such events are remembered or forgotten is sequence.ts's.
import type { Ref } from '../../alerts/life/group.ts';
import type { SequenceDetection } from '../define.ts';
import { waysOf } from '../definition/ways.ts';
import { type Entry, indexAfter, indexOf } from './kept.ts';

/** Per way of a step, in the order of their times. */
export type Tracks = ReadonlyArray<readonly Entry[]>;

/** The events of all steps, the last one first. */
export type Chain = readonly Entry[];

export interface Need {
  /** Which of the tracks. */
  readonly index: number;
  readonly step: number;
  readonly atLeast: number;
  readonly isDistinct: boolean;
}

export interface ChainFinder {
  /** Of every track, in their order. */
  readonly needs: readonly Need[];
  /** Of the last step. */
  readonly ends: readonly Need[];
  /** The latest events that make up all steps and end with this one; undefined when there are none. */
  chainTo(tracks: Tracks, end: Ref): Chain | undefined;
}

export function chainFinder(detection: SequenceDetection, withinMs: number): ChainFinder {
  const needs: Need[] = waysOf(detection).map(({ step, atLeast = 1, distinct }, index) => ({
    index,
    step,
    atLeast,
    isDistinct: distinct !== undefined,
  }));
  const last = detection.steps.length - 1;
  const bySteps = detection.steps.map((_, step) => needs.filter((need) => need.step === step));
  const ends = bySteps[last] ?? [];

  return {
    needs,
    ends,
    chainTo(tracks, end) {
      const used = new Set<string>();
      const chain: Entry[] = [];
      const earliest = end.at - withinMs;
      let until = end.at;
      for (let step = last; step >= 0; step--) {
        let best: Entry[] | undefined;
        for (const need of bySteps[step] ?? []) {
          const entries = tracks[need.index] ?? [];
          const from = step === last ? placeOf(entries, end) : indexAfter(entries, until) - 1;
          const found = latest(entries, from, need, used, earliest);
          // Of several ways, the one that begins latest leaves most room for what comes before it.
          if (found !== undefined && (best === undefined || beginOf(found) > beginOf(best))) {
            best = found;
          }
        }
        if (best === undefined) return undefined;
        for (const entry of best) used.add(entry[1]);
        chain.push(...best);
        until = beginOf(best);
      }
      return chain;
    },
  };
}

/** Of the last step, nothing after the end itself. */
function placeOf(entries: readonly Entry[], end: Ref): number {
  const index = indexOf(entries, end.at, end.gid);
  return entries[index]?.[1] === end.gid ? index : -1;
}

function latest(
  entries: readonly Entry[],
  from: number,
  { atLeast, isDistinct }: Need,
  used: ReadonlySet<string>,
  earliest: number,
): Entry[] | undefined {
  const found: Entry[] = [];
  const values = new Set<string>();
  for (let index = from; index >= 0; index--) {
    const entry = entries[index] as Entry;
    if (entry[0] <= earliest) return undefined;
    if (used.has(entry[1]) || (isDistinct && values.has(entry[2]))) continue;
    values.add(entry[2]);
    found.push(entry);
    if (found.length === atLeast) return found;
  }
  return undefined;
}

function beginOf(found: readonly Entry[]): number {
  return found.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY;
}
