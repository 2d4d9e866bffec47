// From messages of the detection queue to alerts: parse, check again what the rule checked, run the engine, raise.
// Knows nothing of Lambda: the function and the local run both call it.
import * as z from 'zod';
import type { GroupIdentity } from '../alerts/identity.ts';
import { groupKey } from '../alerts/identity.ts';
import { GRACE_MS, type Match } from '../alerts/life.ts';
import { openAlert } from '../alerts/open.ts';
import { type RaiseDeps, raiseAlerts } from '../alerts/raise.ts';
import { parseLossless } from '../asana/lossless-json.ts';
import { type BusEvent, originSchema } from '../contract/bus-event.ts';
import { AuditBusError, describeError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Detection } from './define.ts';
import { type CompiledEventPattern, compileEventPattern } from './event-pattern.ts';
import { runMatch } from './match-engine.ts';
import { rulePattern } from './rule-pattern.ts';

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

export interface DetectDeps extends RaiseDeps {
  readonly catalogue: readonly Detection[];
  readonly alertOnHistory: boolean;
  /** Milliseconds in which matches of one detection and entity are one alert. */
  readonly windowMs: number;
  readonly runbookBaseUrl: string;
  readonly log: Log;
}

const messageSchema = z.object({
  detectionId: z.string(),
  event: z.looseObject({
    source: z.string(),
    'detail-type': z.string(),
    time: z.string(),
    detail: z.looseObject({
      metadata: z.looseObject({ workspaceGid: z.string(), origin: originSchema }),
      data: z.looseObject({}),
    }),
  }),
});

interface Work {
  readonly detection: Detection;
  readonly group: GroupIdentity;
  readonly matches: Match[];
  readonly messageIds: string[];
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
  const failed = new Set<string>();
  const fail = (messageIds: readonly string[], error: unknown) => {
    for (const messageId of messageIds) failed.add(messageId);
    deps.log.error('Messages failed and will come again.', {
      messageIds,
      code: error instanceof AuditBusError ? error.code : 'detect.failed',
      reason: describeError(error),
    });
  };

  const rules = rulesOf(deps);
  const work = new Map<string, Work>();
  for (const record of records) {
    try {
      addWork(work, record, rules);
    } catch (error) {
      fail([record.messageId], error);
    }
  }

  const queue = [...work.values()];
  let alerts = 0;
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      try {
        alerts += (await raise(next, deps)).length;
      } catch (error) {
        fail(next.messageIds, error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENCY, queue.length) }, worker));
  deps.log.info('Detected.', {
    messages: records.length,
    groups: work.size,
    alerts,
    failed: failed.size,
  });
  return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
}

type Rules = ReadonlyMap<string, { detection: Detection; matches: CompiledEventPattern }>;

function rulesOf({ catalogue, alertOnHistory }: DetectDeps): Rules {
  return new Map(
    catalogue.map((detection) => [
      detection.id,
      { detection, matches: compileEventPattern(rulePattern(detection, { alertOnHistory })) },
    ]),
  );
}

function addWork(work: Map<string, Work>, record: DetectRecord, rules: Rules): void {
  const { detectionId, event } = parseMessage(record.body);
  const rule = rules.get(detectionId);
  if (rule === undefined) {
    throw new AuditBusError(
      'detect.unknown-detection',
      `No detection has the id ${JSON.stringify(detectionId.slice(0, 100))}.`,
    );
  }
  // The rule has checked all this; a message sent by hand or an outdated rule has not.
  if (!rule.matches(event)) return;
  const { detection } = rule;
  if (detection.kind !== 'match') return;
  const finding = runMatch(detection, event);
  if (finding === undefined) return;
  const group = {
    detectionId,
    workspaceGid: event.detail.metadata.workspaceGid,
    entity: finding.entity,
  };
  // A broken summary must fail this message alone, not the group it would be part of.
  detection.summary(finding.match.event, { count: 1, lists: detection.lists ?? {} });
  const key = groupKey(group);
  const known = work.get(key);
  if (known === undefined) {
    work.set(key, {
      detection,
      group,
      matches: [finding.match],
      messageIds: [record.messageId],
    });
  } else {
    known.matches.push(finding.match);
    known.messageIds.push(record.messageId);
  }
}

function parseMessage(body: string): { detectionId: string; event: BusEvent } {
  let content: unknown;
  try {
    content = parseLossless(body);
  } catch (cause) {
    throw new AuditBusError('detect.message-malformed', 'The message is not JSON.', { cause });
  }
  const parsed = messageSchema.safeParse(content);
  // As it came, not zod's copy of it.
  if (parsed.success) return content as { detectionId: string; event: BusEvent };
  const where = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw new AuditBusError('detect.message-malformed', `The message lacks or misuses: ${where}.`);
}

function raise(work: Work, deps: DetectDeps) {
  const rules = {
    windowMs: deps.windowMs,
    graceMs: GRACE_MS,
    open: (match: Match) =>
      openAlert(work.detection, work.group, match, {
        runbookBaseUrl: deps.runbookBaseUrl,
        now: deps.clock.now(),
      }),
  };
  return raiseAlerts(work.group, work.matches, rules, deps);
}
