// When a workspace usually has events: which five minutes of the last five weeks had any, and how many of those that have
// just passed in silence. Pure; what a silence means is silence.ts's, where it is kept dynamo-feed-store.ts's.

/** One bit says whether anything happened within it. */
export const SLOT_MS = 5 * 60_000;
const WEEK_SLOTS = (7 * 24 * 60 * 60_000) / SLOT_MS;
/** Four weeks to learn from, and one more: a silence that began a week ago is compared with the week before those. */
const RING_SLOTS = 5 * WEEK_SLOTS;
const LEARNED_WEEKS = 4;

/** 1,260 bytes, whatever the workspace does. */
export const RING_BYTES = RING_SLOTS / 8;

export class Habit {
  /** A ring: bit `slot % RING_SLOTS` of every slot up to `newest`. */
  readonly bits: Uint8Array;
  #newest: number;

  /** @param newest the slot that the ring has been turned to; slots are counted from the epoch */
  constructor(bits = new Uint8Array(RING_BYTES), newest = 0) {
    this.bits = bits;
    this.#newest = newest;
  }

  get newest(): number {
    return this.#newest;
  }

  /** @returns whether that was news */
  mark(slot: number): boolean {
    if (slot <= this.#newest - RING_SLOTS) return false;
    this.#turnTo(slot);
    if (this.#isActive(slot)) return false;
    this.#write(slot, true);
    return true;
  }

  /** The newest slot with an event; undefined when the ring holds none. */
  lastActive(): number | undefined {
    for (let slot = this.#newest; slot > this.#newest - RING_SLOTS; slot--) {
      if (this.#isActive(slot)) return slot;
    }
    return undefined;
  }

  /**
   * How many slots had events in the same hours of the past four weeks: of the four counts the second smallest, so that
   * one strange week (a holiday, an outage) neither raises nor hides anything.
   * @param from, now milliseconds since the epoch, at most a week apart
   * @param knownSince the instant from which on no event is missing here
   * @returns undefined while four weeks are not known
   */
  usualBetween(from: number, now: number, knownSince: number): number | undefined {
    const [first, last] = [slotOf(from), slotOf(now)];
    if (last - LEARNED_WEEKS * WEEK_SLOTS < slotOf(knownSince)) return undefined;
    const counts = Array.from({ length: LEARNED_WEEKS }, (_, week) => {
      const shift = (week + 1) * WEEK_SLOTS;
      let active = 0;
      for (let slot = first; slot < last; slot++) if (this.#isActive(slot - shift)) active++;
      return active;
    });
    return counts.sort((a, b) => a - b)[1];
  }

  #isActive(slot: number): boolean {
    if (slot > this.#newest || slot <= this.#newest - RING_SLOTS || slot < 0) return false;
    const at = slot % RING_SLOTS;
    return ((this.bits[at >> 3] ?? 0) & (1 << (at & 7))) !== 0;
  }

  #write(slot: number, active: boolean): void {
    const at = slot % RING_SLOTS;
    const byte = this.bits[at >> 3] ?? 0;
    this.bits[at >> 3] = active ? byte | (1 << (at & 7)) : byte & ~(1 << (at & 7));
  }

  /** What the ring comes round to again is five weeks old and forgotten. */
  #turnTo(slot: number): void {
    if (slot <= this.#newest) return;
    if (slot - this.#newest >= RING_SLOTS) this.bits.fill(0);
    else for (let next = this.#newest + 1; next <= slot; next++) this.#write(next, false);
    this.#newest = slot;
  }
}

/** @param instant milliseconds since the epoch */
export function slotOf(instant: number): number {
  return Math.floor(instant / SLOT_MS);
}
