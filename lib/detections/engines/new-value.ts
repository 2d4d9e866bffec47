// The engine of `kind: 'newValue'`: whether a group shows a value that it has not shown for a while.
// Pure. What counts as seen is only what is older than the grace, so the order of delivery within it does not matter.
import type { Finding } from '../../alerts/life/finding.ts';
import type { NewValueDetection } from '../define.ts';
import { spanMs } from '../definition/spans.ts';
import type { Engine, EngineRules } from './engine.ts';
import { shortValue } from './values.ts';

interface Memory {
  /** The time of the group's first event. */
  readonly first: number;
  readonly newest: number;
  /** By value: when it was seen, in order and thinned. */
  readonly values: readonly SeenValue[];
}
type SeenValue = readonly [value: string, times: readonly number[]];

/** More values of one group than people or apps have. The one not seen for the longest time is forgotten first. */
const MAX_VALUES = 600;
/** As long as a queue may hold an event back: what comes again is not to be taken for new. */
const REDELIVERY_MS = 15 * 86_400_000;

export function newValueEngine(detection: NewValueDetection, rules: EngineRules): Engine {
  const learnMs = spanMs(detection.learn);
  const forgetMs = spanMs(detection.forget);
  const rememberMs = detection.remember === undefined ? 0 : spanMs(detection.remember);
  const { graceMs } = rules;

  const isNew = (times: readonly number[], at: number): boolean =>
    !times.some((time) => time > at - forgetMs && time < at - graceMs);

  /** A time between two that are closer than any look back is long decides nothing. */
  function added(times: readonly number[], at: number, newest: number): number[] {
    const horizon = newest - forgetMs - REDELIVERY_MS;
    const last = times.at(-1);
    if (last !== undefined && at > last && (times[0] ?? 0) > horizon) {
      // Nearly always: only the one before it can have become needless.
      const before = times.at(-2);
      const isNeedless = before !== undefined && at - before < forgetMs - graceMs;
      return isNeedless ? times.with(-1, at) : [...times, at];
    }
    const sorted = [...times, at].sort((a, b) => a - b).filter((time) => time > horizon);
    const kept: number[] = [];
    for (const [index, time] of sorted.entries()) {
      const before = kept.at(-1);
      const after = sorted[index + 1];
      const isNeedless =
        before !== undefined && after !== undefined && after - before < forgetMs - graceMs;
      if (time !== before && !isNeedless) kept.push(time);
    }
    return kept;
  }

  return {
    memoryMs: Math.max(forgetMs, learnMs, rememberMs) + REDELIVERY_MS,
    explain(memory, { at, roles }) {
      const known = (memory ?? { first: at, newest: at, values: [] }) as Memory;
      const value = shortValue(roles[0]?.value ?? '');
      const before = known.values[indexIn(known.values, value)]?.[1].filter(
        (time) => time > at - forgetMs && time < at,
      );
      const last = before?.at(-1);
      const speaksFrom = known.first + learnMs;
      return [
        last === undefined ? 'a value not seen before' : `a value last seen ${isoOf(last)}`,
        `${known.values.length} known`,
        ...(at < speaksFrom ? [`learning until ${isoOf(speaksFrom)}`] : []),
      ].join(', ');
    },
    find(memory, sighting): Finding {
      const { at, learnOnly } = sighting;
      const known = (memory ?? { first: at, newest: at, values: [] }) as Memory;
      const value = shortValue(sighting.roles[0]?.value ?? '');
      const index = indexIn(known.values, value);
      const times = known.values[index]?.[1] ?? [];
      const first = Math.min(known.first, at);
      const newest = Math.max(known.newest, at);
      const speaks = !learnOnly && first <= at - learnMs && isNew(times, at);
      const isAgain = speaks && times.some((time) => Math.abs(time - at) <= graceMs);
      const matches = speaks ? [isAgain ? { ...sighting, isAgain } : sighting] : [];
      if (times.includes(at)) return { memory, matches };
      const entry: SeenValue = [value, added(times, at, newest)];
      const values =
        index < 0 ? withRoom([...known.values, entry]) : known.values.with(index, entry);
      return { memory: { first, newest, values }, matches };
    },
  };
}

function indexIn(values: readonly SeenValue[], value: string): number {
  for (let index = 0; index < values.length; index++) {
    if ((values[index] as SeenValue)[0] === value) return index;
  }
  return -1;
}

function isoOf(at: number): string {
  return new Date(at).toISOString();
}

function withRoom(values: readonly SeenValue[]): readonly SeenValue[] {
  if (values.length <= MAX_VALUES) return values;
  let stalest = 0;
  for (const [index, [, times]] of values.entries()) {
    const stale = values[stalest]?.[1].at(-1) ?? 0;
    if ((times.at(-1) ?? 0) < stale) stalest = index;
  }
  return values.toSpliced(stalest, 1);
}
