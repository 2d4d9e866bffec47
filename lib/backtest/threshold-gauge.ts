// What a threshold would have met in a history: how many events (or values) its groups had within the window, and how many
// alerts each other threshold would have raised. Sees events in the order of their time. The engine decides alerts, not this.
import type { ThresholdDetection } from '../detections/define.ts';
import { spanMs } from '../detections/definition/spans.ts';
import { GroupMap, type GroupName } from '../detections/engines/group-map.ts';
import type { Placed } from '../detections/engines/sighting.ts';

export interface ThresholdReport {
  readonly atLeast: number;
  readonly within: string;
  /** Counts values of a field instead of events. */
  readonly distinct: boolean;
  /** Stretches of the window's length in which a group had events: what the figures below are over. */
  readonly windows: number;
  /** The most events, or values, that a group had within the window in such a stretch. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** The least threshold with at most one alert a week; undefined when none that may be configured is enough. */
  readonly forOneAWeek?: number;
}

interface Group {
  readonly name: GroupName;
  /** Times, and where values are counted those, within the window, the oldest first. */
  times: number[];
  values: string[];
  from: number;
  readonly seen: Map<string, number>;
  /** The stretch the group is in, and the most it had there. */
  stretch: number;
  most: number;
  /** By threshold: until when the alert that it would have raised is open. */
  readonly openUntil: number[];
}

/** What configuration may ask for at most: counts above it are all "more". */
const MOST_EVENTS = 200;
const MOST_VALUES = 100;
/** Events of a group that are counted; past it a count is a lower bound. */
const MAX_KEPT = 10_000;
/** Of a group, events that are no longer counted and still in its lists. */
const MOST_PASSED = 100;
const WEEK_MS = 7 * 86_400_000;
const TIDY_EVERY = 20_000;

export class ThresholdGauge {
  readonly #detection: ThresholdDetection;
  readonly #withinMs: number;
  readonly #windowMs: number;
  readonly #highest: number;
  #groups = new GroupMap<Group>();
  /** How many stretches had so many at most. */
  readonly #peaks = new Map<number, number>();
  readonly #alerts: number[] = [];
  #untilTidy = TIDY_EVERY;

  /** @param windowMs length of an alert's window */
  constructor(detection: ThresholdDetection, windowMs: number) {
    this.#detection = detection;
    this.#withinMs = spanMs(detection.within);
    this.#windowMs = windowMs;
    this.#highest = detection.distinct === undefined ? MOST_EVENTS : MOST_VALUES;
  }

  see({ group: placedIn, sighting, alone }: Placed): void {
    if (alone) return;
    const { at, roles } = sighting;
    let group = this.#groups.get(placedIn);
    if (group === undefined) {
      const { workspaceGid } = placedIn;
      const { type, id } = placedIn.entity;
      group = {
        name: { workspaceGid, entity: { type, id } },
        times: [],
        values: [],
        from: 0,
        seen: new Map(),
        stretch: -1,
        most: 0,
        openUntil: [],
      };
      this.#groups.set(group.name, group);
    }
    const count = this.#count(group, at, roles[0]?.value ?? '');
    const stretch = Math.floor(at / this.#withinMs);
    if (stretch !== group.stretch) {
      this.#note(group);
      group.stretch = stretch;
      group.most = 0;
    }
    group.most = Math.max(group.most, count);
    this.#raise(group, Math.min(count, this.#highest), at);
    this.#untilTidy -= 1;
    if (this.#untilTidy <= 0) this.#tidy(at);
  }

  /** @param spanMs length of the history */
  report(spanMs: number): ThresholdReport {
    for (const group of this.#groups.values()) this.#note(group);
    this.#groups = new GroupMap();
    const { atLeast, within, distinct } = this.#detection;
    const peaks = [...this.#peaks].sort(([a], [b]) => a - b);
    const windows = peaks.reduce((sum, [, times]) => sum + times, 0);
    const weeks = Math.max(1, spanMs / WEEK_MS);
    const enough = Array.from({ length: this.#highest - 1 }, (_, index) => index + 2).find(
      (threshold) => (this.#alerts[threshold] ?? 0) / weeks <= 1,
    );
    return {
      atLeast,
      within,
      distinct: distinct !== undefined,
      windows,
      p50: percentile(peaks, windows, 0.5),
      p95: percentile(peaks, windows, 0.95),
      p99: percentile(peaks, windows, 0.99),
      max: peaks.at(-1)?.[0] ?? 0,
      ...(enough === undefined ? {} : { forOneAWeek: enough }),
    };
  }

  #count(group: Group, at: number, value: string): number {
    const { times, values, seen } = group;
    const isDistinct = this.#detection.distinct !== undefined;
    times.push(at);
    if (isDistinct) {
      values.push(value);
      seen.set(value, (seen.get(value) ?? 0) + 1);
    }
    while (
      (times[group.from] as number) <= at - this.#withinMs ||
      times.length - group.from > MAX_KEPT
    ) {
      if (isDistinct) forget(seen, values[group.from] as string);
      group.from += 1;
    }
    if (group.from > MOST_PASSED && group.from * 2 > times.length) {
      group.times = times.slice(group.from);
      group.values = values.slice(group.from);
      group.from = 0;
    }
    return isDistinct ? seen.size : group.times.length - group.from;
  }

  /** Each threshold up to the count has a match: it opens an alert, unless one is open. */
  #raise({ openUntil }: Group, count: number, at: number): void {
    for (let threshold = 2; threshold <= count; threshold++) {
      if (at < (openUntil[threshold] ?? Number.NEGATIVE_INFINITY)) continue;
      openUntil[threshold] = at + this.#windowMs;
      this.#alerts[threshold] = (this.#alerts[threshold] ?? 0) + 1;
    }
  }

  #note({ most }: Group): void {
    if (most > 0) this.#peaks.set(most, (this.#peaks.get(most) ?? 0) + 1);
  }

  #tidy(now: number): void {
    this.#untilTidy = TIDY_EVERY;
    for (const group of this.#groups.values()) {
      const last = group.times.at(-1) ?? 0;
      if (last + this.#withinMs + this.#windowMs >= now) continue;
      this.#note(group);
      this.#groups.delete(group.name);
    }
  }
}

function forget(seen: Map<string, number>, value: string): void {
  const left = (seen.get(value) ?? 0) - 1;
  if (left > 0) seen.set(value, left);
  else seen.delete(value);
}

/** The least peak that so large a part of all does not exceed. */
function percentile(
  peaks: readonly (readonly [peak: number, times: number])[],
  windows: number,
  part: number,
): number {
  let below = 0;
  for (const [peak, times] of peaks) {
    below += times;
    if (below >= part * windows) return peak;
  }
  return 0;
}
