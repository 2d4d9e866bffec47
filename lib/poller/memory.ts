// What is remembered beside the checkpoint, in an item of its own that only pages with events write.
import { RecentGids } from './recent-gids.ts';

/** Types are named by Asana; the oldest reports are forgotten past this many, or this many characters each. */
const MAX_REPORTED_TYPES = 200;
const MAX_TYPE_CHARACTERS = 128;
/** Asana knows 136 types; whoever invents more fills no item. */
const MAX_SEEN_TYPES = 250;

export interface MemorySnapshot {
  readonly gids: Uint8Array;
  readonly reportedTypes: readonly string[];
  /** Every type there has been, for the daily digest to find the new ones among. */
  readonly seenTypes: readonly string[];
}

interface PublishedEvent {
  readonly gid: string;
  /** Epoch milliseconds; undefined where absent or unreadable. */
  readonly createdAt: number | undefined;
}

export class Memory {
  readonly gids: RecentGids;
  /** Unknown event types that were reported, each cut to 128 characters. */
  readonly #reportedTypes: Set<string>;
  readonly #seenTypes: Set<string>;
  /** Gids and unknown types of the pages being published, oldest first: known here, and not yet to any snapshot. */
  readonly #underWay: { readonly gids: ReadonlySet<string>; readonly types: readonly string[] }[] =
    [];
  /** Something of the oldest page begun is remembered already. */
  #isPagePartlyIn = false;
  /** Takes the snapshot that was promised for a little later. */
  #takePromised: (() => void) | undefined;

  constructor(
    gids = new RecentGids(),
    reportedTypes: Iterable<string> = [],
    seenTypes: Iterable<string> = [],
  ) {
    this.gids = gids;
    this.#reportedTypes = new Set(reportedTypes);
    this.#seenTypes = new Set(seenTypes);
  }

  /** Types of a page. Hardly ever is one of them new. */
  sawTypes(types: ReadonlySet<string>): void {
    for (const type of types) {
      const name = type.slice(0, MAX_TYPE_CHARACTERS);
      if (this.#seenTypes.has(name) || this.#seenTypes.size >= MAX_SEEN_TYPES) continue;
      this.#takePromised?.();
      this.#seenTypes.add(name);
    }
  }

  /** On the bus as far as is remembered, or on its way there with a page begun before. */
  isKnown(gid: string): boolean {
    return this.gids.has(gid) || this.#underWay.some(({ gids }) => gids.has(gid));
  }

  wasReported(type: string): boolean {
    const name = type.slice(0, MAX_TYPE_CHARACTERS);
    return (
      this.#reportedTypes.has(name) || this.#underWay.some(({ types }) => types.includes(name))
    );
  }

  reported(type: string): void {
    this.#takePromised?.();
    this.#reportedTypes.add(type.slice(0, MAX_TYPE_CHARACTERS));
  }

  /** Another page is being published, behind those begun before. */
  pageBegun(gids: ReadonlySet<string>, unknownTypes: readonly string[]): void {
    this.#underWay.push({
      gids,
      types: unknownTypes.map((type) => type.slice(0, MAX_TYPE_CHARACTERS)),
    });
  }

  /** The first events of the oldest page begun are on the bus, others of it are on their way. As `pagePublished`. */
  pagePartlyPublished(events: readonly PublishedEvent[], before: number, now: number): number {
    this.#takePromised?.();
    if (!this.#isPagePartlyIn) this.gids.beginPage();
    this.#isPagePartlyIn = true;
    let neighbour = before;
    for (const { gid, createdAt } of events) {
      neighbour = Math.min(createdAt ?? neighbour, now);
      this.gids.add(gid, neighbour);
    }
    return neighbour;
  }

  /**
   * The oldest page begun is on the bus, or this much of it. An event without a readable time is remembered beside its
   * neighbours, so that it is not the first forgotten; one dated in the future counts as of now.
   * @param before epoch milliseconds: where the page before ended
   */
  pagePublished(
    events: readonly PublishedEvent[],
    duplicates: readonly string[],
    before: number,
    now: number,
  ): void {
    const neighbour = this.pagePartlyPublished(events, before, now);
    this.#isPagePartlyIn = false;
    this.#underWay.shift();
    // A gid that stood twice on this page may not be on the bus yet.
    for (const gid of duplicates) if (this.gids.has(gid)) this.gids.add(gid, neighbour);
  }

  /**
   * As it stands now, but encoded a turn of the event loop later, when the next page's requests have left; or as soon as
   * something is added. Sorting and compressing take a millisecond that would otherwise hold up every page.
   */
  snapshotSoon(): Promise<MemorySnapshot> {
    return new Promise((resolve, reject) => {
      const take = () => {
        clearImmediate(soon);
        this.#takePromised = undefined;
        try {
          resolve(this.snapshot());
        } catch (error) {
          reject(error);
        }
      };
      const soon = setImmediate(take);
      this.#takePromised = take;
    });
  }

  /** As it stands now: what is added later does not show in it. */
  snapshot(): MemorySnapshot {
    return {
      gids: this.gids.encode(),
      reportedTypes: [...this.#reportedTypes].slice(-MAX_REPORTED_TYPES),
      seenTypes: [...this.#seenTypes],
    };
  }
}
