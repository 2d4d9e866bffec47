// Which version of each detection is which definition: fingerprints, and what may follow on a lock. Pure.
// Reading and writing the lock file is lib/cli/lock-detections.ts's.
import { createHash } from 'node:crypto';
import { AUDIT_LOG_SOURCE } from '../../contract/sources.ts';
import { type Detection, eventsOf } from '../define.ts';
import { compileEventPattern } from '../event-pattern.ts';
import { rulePattern } from './rule-pattern.ts';
import { waysOf } from './ways.ts';

export interface LockedDetection {
  readonly version: number;
  /** Of all that decides or is said: data and the text of functions, without examples and references. */
  readonly hash: string;
  /** By the hash of each example, the hash of what comes out: so a change in a function that others share is seen. */
  readonly examples: Readonly<Record<string, string>>;
}

export interface Lock {
  readonly detections: Readonly<Record<string, LockedDetection>>;
  /** Ids that are gone, with their last version: never used again, because alerts and suppressions still name them. */
  readonly retired: Readonly<Record<string, number>>;
}

export const EMPTY_LOCK: Lock = { detections: {}, retired: {} };

const WORKSPACE = '1200000000000001';

/** Reads functions by their source text, so all fingerprints of one lock are to be made under one runtime. */
export function fingerprint(detection: Detection): LockedDetection {
  const { examples, references: _, version, ...rest } = detection;
  return {
    version,
    hash: hashOf(rest),
    examples: Object.fromEntries(
      [...examples.alerts, ...examples.silent]
        .map((example) => [hashOf(example), hashOf(outcome(detection, example))] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  };
}

/** What each function of the definition, and its pattern, says to each event of an example. */
function outcome(detection: Detection, example: Parameters<typeof eventsOf>[0]): unknown {
  const matches = compileEventPattern(rulePattern(detection, { alertOnHistory: false }));
  const lists = detection.lists ?? {};
  return eventsOf(example).map((event) => ({
    matches: matches({
      source: AUDIT_LOG_SOURCE,
      'detail-type': event.event_type,
      detail: { metadata: { origin: 'live' }, data: event },
    }),
    conditions: conditionsOf(detection).map((when) => when?.(event, lists) ?? true),
    severity: detection.severityOf?.(event, lists),
    entity: detection.kind === 'match' ? detection.entity(event, WORKSPACE) : undefined,
    summary: detection.summary(event, { count: 1, lists }),
  }));
}

function conditionsOf(detection: Detection) {
  if (detection.kind === 'sequence') {
    const { unless } = detection;
    return [...waysOf(detection), ...(unless === undefined ? [] : [unless])].map(
      ({ when }) => when,
    );
  }
  if (detection.kind === 'absence') return [detection.when, detection.expected.when];
  return [detection.when];
}

/** The lock that follows, and every reason why it must not be written. */
export function nextLock(
  lock: Lock,
  catalogue: Readonly<Record<string, LockedDetection>>,
): { readonly lock: Lock; readonly problems: readonly string[] } {
  const problems: string[] = [];
  for (const [id, now] of Object.entries(catalogue)) {
    const last = lock.retired[id];
    if (last !== undefined) {
      problems.push(
        `${id} was removed at version ${last}. Ids are never used again: choose another.`,
      );
    }
    const before = lock.detections[id];
    if (before === undefined) continue;
    if (now.version < before.version) {
      problems.push(`${id} went back from version ${before.version} to ${now.version}.`);
    } else if (now.version === before.version && isChanged(before, now)) {
      problems.push(
        `${id} has changed and is still version ${now.version}: make it version ${now.version + 1}.`,
      );
    }
  }
  const gone = Object.entries(lock.detections).filter(([id]) => !Object.hasOwn(catalogue, id));
  return {
    lock: {
      detections: sorted(catalogue),
      retired: sorted({
        ...lock.retired,
        ...Object.fromEntries(gone.map(([id, { version }]) => [id, version])),
      }),
    },
    problems,
  };
}

/** Examples may come and go; one that both have has to come out the same. */
function isChanged(before: LockedDetection, now: LockedDetection): boolean {
  return (
    before.hash !== now.hash ||
    Object.entries(now.examples).some(
      ([example, answer]) => (before.examples[example] ?? answer) !== answer,
    )
  );
}

function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(normalised(value)).digest('hex').slice(0, 16);
}

/** JSON with fields in order of their names and functions as their text, white space and the order of writing aside. */
function normalised(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) => {
      if (typeof part === 'function') return part.toString().replace(/\s+/g, ' ');
      return typeof part === 'object' && part !== null && !Array.isArray(part)
        ? sorted(part as Record<string, unknown>)
        : part;
    }) ?? 'undefined'
  );
}
