// From messages of the detection queue to alerts: parse, check again what the rule checked, run the engine, raise.
// Knows nothing of Lambda: the function and the local run both call it.
import { type GroupIdentity, groupKey } from '../alerts/life/identity.ts';
import { tellOpened } from '../alerts/life/opened-line.ts';
import { type GroupChange, type RaiseDeps, raiseAlerts } from '../alerts/life/raise.ts';
import { UPDATE_EVERY_MS } from '../alerts/life/rules.ts';
import type { ActiveSuppressions } from '../alerts/suppressions/active.ts';
import { type Suppress, suppressor } from '../alerts/suppressions/suppression.ts';
import { AuditBusError, describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Detection } from './define.ts';
import type { DueIndex } from './due/due-index.ts';
import { leaveNotes } from './due/notes.ts';
import type { Sighting } from './engines/sighting.ts';
import { parseMessage } from './message.ts';
import { Watch, type WatchRules } from './watch.ts';

/** A queue message, as far as detecting goes. */
export interface DetectRecord {
  readonly messageId: string;
  /** `{"detectionId":"...","event":<the whole EventBridge event>}` */
  readonly body: string;
}

/** What SQS is told: these messages come again, all others are done. */
export interface BatchResult {
  readonly batchItemFailures: Array<{ itemIdentifier: string }>;
}

/** Where it is counted that a detection's own code failed on an event. */
export interface DetectMetrics {
  detectionFailed(detectionId: string, workspaceGid: string): void;
}

export interface DetectDeps extends RaiseDeps, WatchRules {
  readonly catalogue: readonly Detection[];
  /** Ids of detections that are switched off: what still comes for them is done. @default - none */
  readonly off?: ReadonlySet<string>;
  /** Where it is noted what has to be looked at once time has passed. */
  readonly due: Pick<DueIndex, 'put'>;
  /** What keeps alerts from being delivered. @default - nothing does */
  readonly suppressions?: ActiveSuppressions;
  /** @default - nothing is counted */
  readonly metrics?: DetectMetrics;
  readonly log: Log;
}

/** A detection whose own code failed, and on which workspace's event. */
type Failing = Pick<GroupIdentity, 'detectionId' | 'workspaceGid'>;

/** The events of one group in a batch. */
interface Work {
  readonly watch: Watch;
  readonly group: GroupIdentity;
  readonly alone: boolean;
  readonly items: Array<{ readonly messageId: string; readonly sighting: Sighting }>;
}

/** Groups worked on at once; each waits for DynamoDB and EventBridge most of its time. */
const CONCURRENCY = 8;

/**
 * Never rejects: a message that cannot be worked on is among the failures, and the reason is in the log by its code.
 * A message whose event turns out not to match (or is a replay, or history) is done.
 */
export async function detectBatch(
  records: readonly DetectRecord[],
  deps: DetectDeps,
): Promise<BatchResult> {
  const batch = new Batch(deps, await suppressing(deps));
  for (const record of records) batch.add(record);
  await batch.work();
  deps.log.info('Detected.', {
    messages: records.length,
    groups: batch.groups,
    alerts: batch.alerts,
    failed: batch.failed.size,
  });
  return { batchItemFailures: [...batch.failed].map((itemIdentifier) => ({ itemIdentifier })) };
}

class Batch {
  readonly failed = new Set<string>();
  alerts = 0;
  readonly #deps: DetectDeps;
  readonly #suppress: Suppress;
  readonly #watches: ReadonlyMap<string, Watch>;
  readonly #work = new Map<string, Work>();

  constructor(deps: DetectDeps, suppress: Suppress) {
    this.#deps = deps;
    this.#suppress = suppress;
    this.#watches = watchesOf(deps);
  }

  get groups(): number {
    return this.#work.size;
  }

  add(record: DetectRecord): void {
    let failing: Failing | undefined;
    try {
      const message = parseMessage(record.body);
      if (this.#deps.off?.has(message.detectionId)) return;
      const watch = this.#watches.get(message.detectionId);
      if (watch === undefined) {
        throw new AuditBusError(
          'detect.unknown-detection',
          `No detection has the id ${JSON.stringify(message.detectionId.slice(0, 100))}.`,
        );
      }
      const { workspaceGid } = message.event.detail.metadata;
      failing = { detectionId: message.detectionId, workspaceGid };
      // The rule has checked all this; a message sent by hand or an outdated rule has not.
      for (const { group, alone, sighting } of watch.see(message.event, this.#suppress)) {
        const key = groupKey(group);
        const work: Work = this.#work.get(key) ?? { watch, group, alone, items: [] };
        work.items.push({ messageId: record.messageId, sighting });
        this.#work.set(key, work);
      }
    } catch (error) {
      this.#fail([record.messageId], error, failing);
    }
  }

  async work(): Promise<void> {
    const queue = [...this.#work.values()];
    const worker = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        await this.#raise(next);
      }
    };
    await Promise.all(Array.from({ length: Math.min(CONCURRENCY, queue.length) }, worker));
  }

  /** A detection that fails on one event of a group fails that message alone: the others are worked on one by one. */
  async #raise(work: Work): Promise<void> {
    const { watch, group, alone, items } = work;
    const { clock } = this.#deps;
    const change: GroupChange<Sighting> = {
      ...watch.change(group, alone, () => clock.now(), {
        onFailure: (error) => tellWords(group, error, this.#deps),
      }),
      note: (next, before) => leaveNotes(group, watch, next, before, this.#deps),
    };
    try {
      const sightings = items.map(({ sighting }) => sighting);
      const raised = await raiseAlerts(group, sightings, change, this.#deps);
      for (const alert of raised) tellOpened(alert, this.#deps.log);
      this.alerts += raised.length;
    } catch (error) {
      if (isEngineFailure(error) && items.length > 1) {
        for (const item of items) await this.#raise({ ...work, items: [item] });
        return;
      }
      const ids = items.map(({ messageId }) => messageId);
      this.#fail(ids, error, isEngineFailure(error) ? group : undefined);
    }
  }

  /** @param failing whose own code failed, where that is the reason */
  #fail(messageIds: readonly string[], error: unknown, failing: Failing | undefined): void {
    for (const messageId of messageIds) this.failed.add(messageId);
    if (failing !== undefined) {
      this.#deps.metrics?.detectionFailed(failing.detectionId, failing.workspaceGid);
    }
    this.#deps.log.error('Messages failed and will come again.', {
      messageIds,
      code: error instanceof AuditBusError ? error.code : 'detect.failed',
      ...(failing === undefined ? {} : { detectionId: failing.detectionId }),
      reason: describeError(error),
    });
  }
}

/** What the suppressions in force cover, as of now. */
export async function suppressing(
  deps: Pick<DetectDeps, 'suppressions' | 'clock'>,
): Promise<Suppress> {
  return suppressor((await deps.suppressions?.list()) ?? [], deps.clock.now());
}

/** A detection's words failed on an event that the change is not for: counted and in the log, and its alert is out all the same. */
export function tellWords(
  { detectionId, workspaceGid }: GroupIdentity,
  error: AuditBusError,
  { metrics, log }: Pick<DetectDeps, 'metrics' | 'log'>,
): void {
  metrics?.detectionFailed(detectionId, workspaceGid);
  log.error('What a detection says of an event failed; its alert goes without.', {
    ...{ detectionId, workspaceGid, code: error.code, reason: describeError(error) },
  });
}

function isEngineFailure(error: unknown): boolean {
  return error instanceof AuditBusError && error.code === 'detect.engine-failed';
}

const compiled = new WeakMap<
  readonly Detection[],
  { rules: string; watches: Map<string, Watch> }
>();

/** Compiled once for a catalogue: a batch is ten messages. Updates keep the pace of a deployment unless told otherwise. */
export function watchesOf(
  deps: WatchRules & { readonly catalogue: readonly Detection[] },
): ReadonlyMap<string, Watch> {
  const { catalogue, alertOnHistory, windowMs, graceMs, runbookBaseUrl } = deps;
  const { updateEveryMs = UPDATE_EVERY_MS } = deps;
  const rules = {
    ...{ alertOnHistory, windowMs, runbookBaseUrl, updateEveryMs },
    ...(graceMs ? { graceMs } : {}),
  };
  const key = Object.values(rules).join(' ');
  const known = compiled.get(catalogue);
  if (known?.rules === key) return known.watches;
  const watches = new Map(
    catalogue.map((detection) => [detection.id, new Watch(detection, rules)]),
  );
  compiled.set(catalogue, { rules: key, watches });
  return watches;
}
