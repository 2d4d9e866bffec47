// All detections over a stream of events in one process: the very engines of the deployed path, with their state in memory.
// For a backtest, for tests and for explaining one event. Publishes nothing and knows no AWS.
//
//   const detector = new Detector(catalogue, { alertOnHistory: true, windowMs: 3_600_000, runbookBaseUrl: '...' });
//   for (const event of history) for (const alert of detector.observe(event)) latest.set(alert.alertId, alert);
//   for (const alert of detector.finish()) latest.set(alert.alertId, alert);
//
// `observe` takes BusEvents in about the order of their time, at most the grace out of it, and answers with the alerts
// that opened (revision 1) or changed. The feed counts as having passed the newest event; `finish` says that it has passed
// every window. Memory stays bounded by the groups that are active within their windows.
import { EMPTY_GROUP, type GroupState } from '../alerts/life/group.ts';
import type { GroupIdentity } from '../alerts/life/identity.ts';
import type { Alert } from '../contract/alert.ts';
import type { BusEvent } from '../contract/bus-event.ts';
import { type Arrival, arrivalOf } from './arrival.ts';
import type { Detection } from './define.ts';
import type { Lookout } from './engines/sighting.ts';
import { Post, type PostOptions } from './post.ts';
import { preselection } from './preselection.ts';
import { remembered } from './remembered.ts';
import { Watch, type WatchRules } from './watch.ts';

export interface DetectorOptions extends WatchRules, PostOptions {}

/** One that looks at events of a type. */
interface Stand {
  readonly post: Post;
  readonly look: Lookout;
  readonly gates: Lookout['gates'];
}

/** Those that look at events of one type. */
interface Stands {
  readonly all: readonly Stand[];
  /** Of those, the ones to which an event that is not odd may be anything. */
  readonly chosenFor: (data: object) => readonly Stand[];
}

/** Events between two looks for groups that can be forgotten. */
const TIDY_EVERY = 20_000;

export class Detector {
  readonly #posts: readonly Post[];
  readonly #standsFor: (type: string) => Stands;
  /** Those of the newest event's millisecond: one of them may be left out until another of them comes. */
  #arrivals: Arrival[] = [];
  #newest = 0;
  #untilTidy = TIDY_EVERY;

  constructor(catalogue: readonly Detection[], options: DetectorOptions) {
    this.#posts = catalogue.map((detection) => new Post(new Watch(detection, options), options));
    this.#standsFor = remembered((type) => {
      const all = this.#posts.flatMap((post) => {
        const look = post.watch.ofType(type);
        return look === undefined ? [] : [{ post, look, gates: look.gates }];
      });
      return { all, chosenFor: preselection(all) };
    });
  }

  get watches(): readonly Watch[] {
    return this.#posts.map(({ watch }) => watch);
  }

  /**
   * The alerts that this event opened or changed, and those that the feed's having come so far decides.
   * @throws AuditBusError `detect.event-unusable`, `detect.engine-failed`, or what a definition's functions threw
   */
  observe(event: BusEvent): Alert[] {
    return this.observeAll([arrivalOf(event)]);
  }

  /**
   * The same for several, one after the other. Each detection looks at all of them before the next one does, which is
   * faster than to come back to it with each event: the alerts of different detections come in no order.
   */
  observeAll(more: readonly Arrival[]): Alert[] {
    const arrivals = this.#arrivals;
    const first = arrivals.length;
    const newest = arrivals.map(() => this.#newest);
    const alerts: Alert[] = [];
    try {
      for (const arrival of more) {
        const { event, at, isOdd } = arrival;
        if (at > this.#newest) this.#newest = at;
        const { all, chosenFor } = this.#standsFor(event['detail-type']);
        const stands = isOdd ? all : chosenFor(event.detail.data);
        for (const { post, look } of stands) post.expect(arrivals.length, at, look);
        arrivals.push(arrival);
        newest.push(this.#newest);
      }
      const all = { arrivals, first, newest };
      for (const post of this.#posts) post.work(all, alerts);
    } finally {
      // Where something threw, the posts behind it have not come to theirs; these arrivals are gone with the next call.
      for (const post of this.#posts) post.expectNothing();
      this.#arrivals = arrivals.slice(arrivals.findLastIndex(({ at }) => at !== this.#newest) + 1);
    }
    this.#untilTidy -= more.length;
    if (this.#untilTidy <= 0) this.#tidy();
    return alerts;
  }

  /** The alerts that become known once the feed has passed `watermark`, milliseconds since the epoch. */
  advance(watermark: number): Alert[] {
    const alerts: Alert[] = [];
    if (Number.isFinite(watermark)) this.#newest = Math.max(this.#newest, watermark);
    for (const post of this.#posts) post.advance(watermark, alerts);
    return alerts;
  }

  /** The alerts that become known once the feed has passed every window. */
  finish(): Alert[] {
    return this.advance(Number.POSITIVE_INFINITY);
  }

  /** What is remembered of a group. */
  stateOf(group: GroupIdentity): GroupState {
    const post = this.#posts.find(({ watch }) => watch.detection.id === group.detectionId);
    return post?.stateOf(group) ?? EMPTY_GROUP;
  }

  /** Those that look at events of this type. */
  watchesOf(event: BusEvent): readonly Watch[] {
    return this.#standsFor(event['detail-type']).all.map(({ post }) => post.watch);
  }

  /** Groups in memory. */
  get size(): number {
    return this.#posts.reduce((sum, { size }) => sum + size, 0);
  }

  #tidy(): void {
    this.#untilTidy = TIDY_EVERY;
    for (const post of this.#posts) post.tidy(this.#newest);
  }
}
