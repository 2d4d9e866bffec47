// Gathers the digest of a day and sends it to each sink once, whoever asks how often: a claim for the day and the sink.
// Knows nothing of Lambda. What did not get out is tried again by whoever calls again within the day.
import type { Clock } from '../../clock.ts';
import type { Detection } from '../../detections/define.ts';
import { AuditBusError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Claims } from '../delivery/claims.ts';
import type { Delivery, Prepared } from '../delivery/sink-port.ts';
import { type Digest, digestOf, type ExpiringSuppression, type NewEventType } from './digest.ts';
import type { DigestSource } from './source.ts';

export interface DigestSink {
  /** Part of the key of a claim. */
  readonly name: string;
  prepare(): Promise<Prepared>;
  deliverDigest(digest: Digest): Promise<Delivery>;
}

export interface DigestDeps {
  readonly workspaceGids: readonly string[];
  /** As configured: those that are staged are told by name. */
  readonly catalogue: readonly Detection[];
  readonly source: DigestSource;
  readonly sinks: readonly DigestSink[];
  readonly claims: Claims;
  /** Suppressions that expire from `from` on and before `until`, milliseconds since the epoch. */
  readonly expiring: (from: number, until: number) => Promise<readonly ExpiringSuppression[]>;
  /** IANA's name: whose day it is that gets one digest. */
  readonly timeZone: string;
  readonly clock: Clock;
  readonly log: Log;
}

const DAY_MS = 86_400_000;

/**
 * @param until milliseconds since the epoch: the 24 hours before it are told
 * @returns what became of it by sink
 * @throws AuditBusError `digest.not-sent` where a sink did not take it and may on another try; what the tables threw
 */
export async function sendDigest(
  until: number,
  deps: DigestDeps,
): Promise<Readonly<Record<string, string>>> {
  const { workspaceGids, source, sinks, log } = deps;
  const types = await typesOf(deps);
  const alerts = await Promise.all(
    workspaceGids.map((gid) => source.alerts(gid, until - DAY_MS, until)),
  );
  const digest = digestOf({
    until,
    alerts: alerts.flat(),
    stagedDetections: deps.catalogue
      .filter(({ status }) => status === 'staged')
      .map(({ id, title, severity }) => ({ detectionId: id, title, severity })),
    expiring: await deps.expiring(until, until + 7 * DAY_MS),
    newTypes: types.news,
  });
  const outcomes: Record<string, string> = {};
  for (const sink of sinks) outcomes[sink.name] = await sendTo(sink, digest, deps);
  log.info('Digest.', { day: dayOf(until, deps.timeZone), alerts: digest.active, ...outcomes });
  const failed = Object.entries(outcomes).filter(([, outcome]) => outcome.startsWith('later'));
  if (failed.length > 0) {
    throw new AuditBusError(
      'digest.not-sent',
      `The digest did not get out: ${failed.map(([name, why]) => `${name} ${why}`).join(', ')}.`,
      { retryable: true },
    );
  }
  for (const [gid, all] of types.all) await source.tellTypes(gid, all);
  return outcomes;
}

async function sendTo(sink: DigestSink, digest: Digest, deps: DigestDeps): Promise<string> {
  const { claims, timeZone, log } = deps;
  const prepared = await sink.prepare();
  if (!prepared.ready) {
    log.warn(`No digest is sent: ${prepared.todo}`, { sink: sink.name });
    return 'not set up';
  }
  const key = { scope: `digest#${dayOf(digest.until, timeZone)}`, name: sink.name };
  const claim = await claims.claim(key);
  if (claim.outcome === 'delivered') return 'sent before';
  if (claim.outcome === 'held') return 'later: another is at it';
  const delivery = await sink.deliverDigest(digest);
  if (delivery.outcome === 'delivered') {
    await claims.confirm(key);
    return 'sent';
  }
  await claims.release(key, claim.token);
  log.error('The sink did not take the digest.', { sink: sink.name, reason: delivery.reason });
  return delivery.outcome === 'retry' ? `later: ${delivery.reason}` : `refused: ${delivery.reason}`;
}

/** The first digest of a workspace knows no day before it, so that nothing is new to it. */
async function typesOf({ workspaceGids, source }: DigestDeps): Promise<{
  readonly all: ReadonlyMap<string, readonly string[]>;
  readonly news: readonly NewEventType[];
}> {
  const all = new Map<string, readonly string[]>();
  const news: NewEventType[] = [];
  for (const workspaceGid of workspaceGids) {
    const seen = await source.eventTypes(workspaceGid);
    const told = await source.toldTypes(workspaceGid);
    const fresh = seen.filter((type) => told !== undefined && !told.includes(type)).toSorted();
    news.push(...fresh.map((type) => ({ workspaceGid, type })));
    all.set(workspaceGid, [...new Set([...(told ?? []), ...seen])].toSorted());
  }
  return { all, news };
}

/** `2026-11-28`, in the zone. */
function dayOf(instant: number, timeZone: string): string {
  return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(instant);
}
