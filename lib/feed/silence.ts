// Whether a workspace has been silent for longer than it usually is at this hour and weekday, and what is kept to tell. Pure.
// Judged only when the log was read to its end: "nothing new" is not "not polled", which the heartbeat tells.
import { Habit, SLOT_MS, slotOf } from './habit.ts';

const HOUR_MS = 60 * 60_000;

/** Of a workspace that is not known for four weeks yet: Friday evening to Monday evening. A guess of November 2026. */
export const FIXED_BOUND_MS = 72 * HOUR_MS;
/** No silence shorter than this is one, since Asana itself may be half an hour late. A guess of November 2026. */
const SHORTEST_MS = 1.5 * HOUR_MS;
/** A silence this long is one for every workspace. */
const LONGEST_MS = 7 * 24 * HOUR_MS;
/**
 * So many slots of five minutes had events in the same hours of the past weeks. Events that come by chance, one in each of
 * them, would all stay out once in 160,000 times (e^-12). A guess of November 2026.
 */
const UNUSUAL_SLOTS = 12;

export interface Feed {
  readonly habit: Habit;
  /** Milliseconds since the epoch: since then no event is missing in the habit. */
  readonly knownSince: number;
  /** When it was first watched; no silence counts from before. */
  readonly watchedSince: number;
  /** When the silence that has been reported began; undefined: none has. */
  readonly silentFrom: number | undefined;
}

export function newFeed(now: number): Feed {
  return { habit: new Habit(), knownSince: now, watchedSince: now, silentFrom: undefined };
}

/**
 * Marks the slots of events in the feed's habit. @param slots counted from the epoch
 * @returns the feed with what has become known, or undefined when nothing of it was news
 */
export function heard(feed: Feed, slots: Iterable<number>, now: number): Feed | undefined {
  let news = false;
  let { knownSince } = feed;
  for (const slot of slots) {
    // One event dated in the future must not hide the silence to come.
    if (feed.habit.mark(Math.min(slot, slotOf(now)))) news = true;
    // History that is read, oldest first, is known from where it begins.
    knownSince = Math.min(knownSince, slot * SLOT_MS);
  }
  return news ? { ...feed, knownSince } : undefined;
}

export interface Silence {
  /** Milliseconds since the epoch: no event since. */
  readonly from: number;
  /** Of the same hours in past weeks: how many slots had events. Undefined while they are not known. */
  readonly usualSlots: number | undefined;
  readonly unusual: boolean;
}

/** @param now when the log was read to its end */
export function silenceAt(feed: Feed, now: number): Silence {
  const last = feed.habit.lastActive();
  const heardUntil = last === undefined ? 0 : (last + 1) * SLOT_MS;
  const from = Math.min(now, Math.max(heardUntil, feed.watchedSince));
  const lasts = now - from;
  const within = Math.max(from, now - LONGEST_MS);
  const usualSlots = feed.habit.usualBetween(within, now, feed.knownSince);
  const unusual =
    usualSlots === undefined
      ? lasts > FIXED_BOUND_MS
      : lasts > SHORTEST_MS && (usualSlots >= UNUSUAL_SLOTS || lasts > LONGEST_MS);
  return { from, usualSlots, unusual };
}
