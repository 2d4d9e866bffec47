// One seed's world: a simulated Asana, queues that come again, and the functions called on them as AWS would, until
// nothing is left to do. What must be true at the end is count.ts's; what goes wrong on the way is each campaign's.
import type { QueueMessage } from '../../lib/alerts/delivery/notifier-queue.ts';
import {
  everyRevisionPattern,
  openedAndClosedPattern,
} from '../../lib/alerts/delivery/sink-patterns.ts';
import { MAX_ENTRIES_PER_REQUEST } from '../../lib/bus/chunker.ts';
import { CATALOGUE } from '../../lib/detections/catalogue/index.ts';
import { SETTLE_MS } from '../../lib/detections/due/sweep.ts';
import { judgeEntry } from '../../lib/local/bus-entry.ts';
import { DurableQueues } from '../../lib/local/queue.ts';
import { detectionRules, sinkQueue, sinkRule } from '../../lib/local/rules.ts';
import { MemoryEventLog } from '../../lib/local/simulator/event-log.ts';
import { Random } from '../../lib/local/simulator/random.ts';
import { type Simulator, startSimulator } from '../../lib/local/simulator/server.ts';
import type { PutEntry, PutScript } from '../support/event-bus.ts';
import type { Bench } from './bench.ts';
import type { Break } from './breaks.ts';
import { FastClock } from './clock.ts';
import { eventsFor } from './events.ts';
import { type Calls, type Polled, type Setting, WINDOW_MS } from './functions.ts';
import { Here, type Invoker } from './invoker.ts';
import type { Ask, Fate } from './servers/gate.ts';

export const SINKS = ['slack', 'sns'] as const;
export type SinkName = (typeof SINKS)[number];
const DETECT = 'detect';
/** As the deployed queues have it: six times the functions' 30 seconds. */
const VISIBILITY_MS = 180_000;
const MAX_RECEIVES = 100;
const BATCH = 10;
export const A_RUN_MS = 280_000;
/**
 * How long a client waits where a server hangs: longer than a busy machine keeps this process from reading what has come, since
 * calls that are given up for that are sent again and counted as doubled.
 */
export const HANGS_MS = 5_000;
const MINUTE_MS = 60_000;
/** A detection of the catalogue that waits for an event waits no longer than this. */
const LONGEST_WAIT_MS = 2 * 86_400_000;

const RULES = [
  ...detectionRules(CATALOGUE, { alertOnHistory: true }),
  sinkRule(sinkQueue('slack'), everyRevisionPattern),
  sinkRule(sinkQueue('sns'), openedAndClosedPattern),
];

export interface WorldOptions {
  readonly campaign: string;
  readonly seed: number;
  /** Events as JSON text, beside those that `happen` adds. */
  readonly lines?: readonly string[];
  readonly pageSize: number;
  readonly faults?: string;
  readonly slack?: 'webhook' | 'bot';
  readonly offsetLifetimeMs?: number;
  readonly setting?: Partial<Setting>;
  readonly break?: Break | undefined;
  /** Told of each answer of Asana's before it is sent. */
  readonly onResponse?: () => void;
}

/** What the harness did, in figures that the count is compared with. */
export interface Injected {
  /** Entries that the bus took in requests whose answers were lost. */
  lostEntries: number;
  /** Messages that a sink took and whose answer was lost. */
  readonly lostMessages: Record<SinkName, number>;
  /** Processes killed, lapses of a lease, runs that failed for want of the table: each may double a page or two. */
  deaths: number;
  /** Leases taken from runs that live. */
  thefts: number;
  /** Notifiers that ended between a sink's taking a message and the note of it. */
  readonly unconfirmed: Record<SinkName, number>;
}

let worlds = 0;

export class World {
  readonly random: Random;
  readonly clock = new FastClock();
  readonly queues = new DurableQueues(':memory:', this.clock);
  readonly injected: Injected = {
    lostEntries: 0,
    lostMessages: { slack: 0, sns: 0 },
    deaths: 0,
    thefts: 0,
    unconfirmed: { slack: 0, sns: 0 },
  };
  readonly polls: Polled[] = [];
  /** Everything logged at INFO and above in this process, as text. */
  readonly logged: string[] = [];
  readonly options: WorldOptions;
  readonly bench: Bench;
  readonly setting: Setting;
  readonly simulator: Simulator<MemoryEventLog>;
  readonly invoker: Invoker;
  /** Stands round each call of a function: does it here, or elsewhere. */
  onCall: <T>(
    role: keyof Calls,
    here: () => Promise<T>,
    elsewhere: (invoker: Invoker) => Promise<T>,
  ) => Promise<T> = (_role, here) => here();
  readonly #name: string;
  readonly #unnoted = new Set<string>();
  #routed = 0;
  /** Connections to the bus that the plan has cut and whose ends were not seen yet. */
  #cuts = 0;

  /** Use World.open. */
  constructor(
    options: WorldOptions,
    bench: Bench,
    setting: Setting,
    simulator: Simulator<MemoryEventLog>,
    name: string,
  ) {
    this.#name = name;
    this.options = options;
    this.bench = bench;
    this.setting = setting;
    this.simulator = simulator;
    this.random = new Random(options.campaign, options.seed, 'world');
    this.invoker = new Here(bench.addresses, setting, this.clock, this.logged, {
      unnoted: (sink, claim) => this.#unnoted.add(`${sink} ${claim}`),
    });
    bench.bus.plan = (entries) => this.#put(entries, undefined);
    bench.aws.onDefer = (receipt, seconds) => this.queues.defer(receipt, seconds * 1_000);
    bench.gate.lost = (ask) => this.#lost(ask);
    bench.gate.abandoned = (ask) => this.#abandoned(ask);
  }

  static async open(bench: Bench, options: WorldOptions): Promise<World> {
    bench.reset();
    bench.slackBy(options.slack ?? 'webhook');
    // A table that was dropped is not gone at once: no name is used twice.
    const name = `${options.campaign}-${options.seed}-${++worlds}`;
    const tables = await bench.createTables(name);
    const workspaceGid = String(1_200_000_000_000_000 + options.seed);
    const log = new MemoryEventLog();
    for (const line of options.lines ?? []) log.appendLine(line);
    const simulator = await startSimulator({
      log,
      workspaceGid,
      pageSize: options.pageSize,
      seed: options.seed,
      clock: new FastClock(),
      ...(options.onResponse === undefined ? {} : { onResponse: options.onResponse }),
      offsetLifetimeMs: options.offsetLifetimeMs ?? Number.POSITIVE_INFINITY,
      ...(options.faults === undefined ? {} : { faults: options.faults }),
    });
    const setting: Setting = {
      ...tables,
      workspaceGid,
      asanaUrl: simulator.url,
      pollIntervalSeconds: 60,
      requestsInFlight: 1 + (options.seed % 4),
      newAlertsPerMinute: 1_000,
      skipUnreadable: false,
      timeout: 20_000,
      asanaTimeout: 2_000,
      break: options.break,
      ...options.setting,
    };
    return new World(options, bench, setting, simulator, name);
  }

  async close(): Promise<void> {
    this.bench.reset();
    await this.invoker.close();
    await this.simulator.close();
    this.queues.close();
    await this.bench.dropTables(this.#name);
  }

  /** Decides about requests from now on. */
  misbehave(decide: (ask: Ask) => Fate, put?: (entries: readonly PutEntry[]) => PutScript): void {
    this.bench.gate.decide = decide;
    this.bench.bus.plan = (entries) => this.#put(entries, put?.(entries));
  }

  behave(): void {
    this.misbehave(() => 'serve');
    // The order in which late events come is the log's own: offsets that were given out count on it.
    const kept = (this.options.faults ?? '')
      .split(',')
      .filter((fault) => /^late-event/.test(fault));
    this.simulator.setFaults(kept.join(','));
  }

  /** The workspace goes on living: so many events more. */
  happen(many: number): void {
    const { log } = this.simulator;
    log.append(...eventsFor(this.random, many, this.clock.now(), log.index.length));
  }

  /** One tick of the schedule. */
  async poll(remainingMs = A_RUN_MS): Promise<Polled | 'died'> {
    const polled = await this.call('poll', remainingMs);
    this.route();
    if (polled === 'died') return polled;
    this.polls.push(polled);
    // A run without its table cannot say what it published: as bad as dead.
    if (polled.code === 'poll.failed' || polled.code === 'lease.lost') this.injected.deaths += 1;
    return polled;
  }

  call<R extends keyof Calls>(
    role: R,
    ...given: Parameters<Calls[R]>
  ): Promise<Awaited<ReturnType<Calls[R]>> | 'died'> {
    const by = (invoker: Invoker) => () => invoker.invoke(role, given, this.clock.setting);
    return this.onCall(role, by(this.invoker), (other) => by(other)());
  }

  /** Works on what is visible in the queues, once. @returns whether there was anything */
  async work(): Promise<boolean> {
    let any = false;
    for (const role of [DETECT, 'notify-slack', 'notify-sns'] as const) {
      const batch = this.queues.receive(role, BATCH, VISIBILITY_MS, MAX_RECEIVES);
      if (batch.length === 0) continue;
      any = true;
      const messages: QueueMessage[] = batch.map(({ id, receipt, body, receives }) => ({
        messageId: id,
        receiptHandle: receipt,
        body,
        attributes: { ApproximateReceiveCount: String(receives) },
      }));
      this.#unnoted.clear();
      const answer = await this.call(role, messages).catch(() => 'died' as const);
      for (const claim of this.#unnoted) {
        this.injected.unconfirmed[claim.startsWith('slack') ? 'slack' : 'sns'] += 1;
      }
      this.route();
      if (answer === 'died') continue;
      const failed = new Set(answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
      this.queues.delete(batch.flatMap(({ id, receipt }) => (failed.has(id) ? [] : [receipt])));
    }
    return any;
  }

  /** Works until all queues are empty, moving the clock on to when messages come again. */
  async drain(rounds = 300): Promise<boolean> {
    for (let round = 0; round < rounds; round++) {
      if (await this.work()) continue;
      const next = [DETECT, ...SINKS.map(sinkQueue)]
        .map((queue) => this.queues.nextVisibleAt(queue))
        .filter((at) => at !== undefined);
      if (next.length === 0) return true;
      this.clock.skip(Math.min(...next) - this.clock.now() + 1);
    }
    return false;
  }

  /** Polls until the log is read to its end. @returns false when it never is */
  async catchUp(runs = 60): Promise<boolean> {
    for (let run = 0; run < runs; run++) {
      const polled = await this.poll();
      if (polled !== 'died' && polled.outcome === 'caught-up') return true;
      // What a run waits for (a lease, a Retry-After) is over sooner or later.
      const waits = polled === 'died' || polled.outcome === 'held' || polled.outcome === 'waiting';
      this.clock.skip(waits ? 300_000 : 60_000);
    }
    return false;
  }

  /** Everything behaves again: all that is left is done. @returns what could not be */
  async settle(): Promise<string[]> {
    this.behave();
    const problems: string[] = [];
    if (!(await this.catchUp())) {
      problems.push(`never caught up: ${JSON.stringify(this.polls.slice(-2))}`);
    }
    if (!(await this.drain()))
      problems.push(`queues never empty: ${JSON.stringify(this.queues.counts())}`);
    for (const { queueUrl, body } of this.bench.aws.dead.splice(0)) {
      this.queues.send([{ queue: sinkQueue(queueUrl.replace('-dead', '')), body }]);
    }
    this.queues.redrive();
    if (!(await this.drain())) problems.push('dead letters never delivered');
    // What is unsaid is said once the minute is over; then the windows end, and with them every alert of several events.
    for (const ahead of [2 * MINUTE_MS, 2 * WINDOW_MS + LONGEST_WAIT_MS + MINUTE_MS]) {
      this.clock.skip(ahead);
      if (!(await this.catchUp())) problems.push('never caught up after the alerts had opened');
      problems.push(...(await this.#sweepAll()));
    }
    return problems;
  }

  /** Sweeps until nothing more is due. @returns what could not be done */
  async #sweepAll(rounds = 20): Promise<string[]> {
    for (let round = 0; round < rounds; round++) {
      const swept = await this.call('sweep', A_RUN_MS, false);
      this.route();
      if (!(await this.drain())) return ['messages of swept alerts never delivered'];
      if (swept !== 'died' && swept.looked === 0) return [];
      this.clock.skip(SETTLE_MS);
    }
    return ['the sweep never comes to an end'];
  }

  /** Hands what the bus took to the queues of the rules it matches. */
  route(): void {
    const { entries } = this.bench.bus;
    for (const entry of entries.slice(this.#routed)) {
      const verdict = judgeEntry(entry, this.clock.now());
      if (!verdict.accepted) throw new Error(`the bus took what it refuses: ${verdict.code}`);
      const { event } = verdict;
      this.queues.send(
        RULES.filter((rule) => rule.matches(event.event)).map((rule) => rule.message(event)),
      );
    }
    this.#routed = entries.length;
  }

  /** As EventBridge judges each entry, besides what the plan says. */
  #put(entries: readonly PutEntry[], script: PutScript): PutScript {
    if (typeof script === 'string') this.#cuts += 1;
    if (script === 'accept-then-hang' || script === 'accept-then-reset') {
      this.injected.lostEntries += entries.length;
      return script;
    }
    if (script === 'reset' || (script !== undefined && 'status' in script)) return script;
    const failed: Record<number, string> = { ...script?.failed };
    entries.forEach((entry, index) => {
      const verdict = judgeEntry(entry, 0);
      if (!verdict.accepted) failed[index] = verdict.code;
    });
    return { failed };
  }

  /** On a machine that is slow enough a client gives up on what was no fault: it may have been done. */
  #abandoned({ server, action }: Ask): void {
    // What the plan cut is accounted for.
    if (server === 'bus' && this.#cuts > 0) this.#cuts -= 1;
    else if (server === 'bus') this.injected.lostEntries += MAX_ENTRIES_PER_REQUEST;
    if (server === 'slack') this.injected.unconfirmed.slack += 1;
    if (action === 'Publish') this.injected.unconfirmed.sns += 1;
  }

  #lost({ server, action }: Ask): void {
    const { lostMessages } = this.injected;
    const { messages } = this.bench.slackApi;
    if (action === 'Publish') lostMessages.sns += 1;
    if (action === 'webhook') lostMessages.slack += 1;
    if (server === 'slack' && action === 'chat.postMessage') {
      if (messages.at(-1)?.threadTs === undefined) lostMessages.slack += 1;
    }
  }
}
