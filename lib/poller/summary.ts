// What a run did, in figures: the summary line, the metrics and the local run's last line come from here.
import { METRICS, type MetricName } from '../contract/metrics.ts';
import type { AuditBusError } from '../errors.ts';

/**
 * `caught-up`: the last answer was empty. `out-of-time`: more is waiting. `held`: another run holds the lease.
 * `waiting`: Asana asked to wait longer than this run lasts. `stopped`: asked to stop. `failed`: see `failure`.
 */
export type RunOutcome = 'caught-up' | 'out-of-time' | 'held' | 'waiting' | 'stopped' | 'failed';

export interface RunSummary {
  readonly workspaceGid: string;
  readonly outcome: RunOutcome;
  readonly failure?: AuditBusError | undefined;
  readonly fetched: number;
  readonly published: number;
  readonly duplicates: number;
  readonly quarantined: number;
  readonly pages: number;
  /** The largest page served: what "no limit" means today. */
  readonly largestPage: number;
  readonly publishRetries: number;
  readonly unknownTypes: number;
  readonly offsetResets: number;
  readonly possibleGaps: number;
  readonly unreadablePages: number;
  readonly credentialRejections: number;
  /** Seconds; 0 only when the last answer was empty; absent when no event has ever been published. */
  readonly lagSeconds?: number | undefined;
  /** Seconds since the instant up to which all live events are published; 0 when the last answer was empty. */
  readonly unpublishedSeconds?: number | undefined;
  readonly mode?: 'time' | 'offset' | undefined;
  /** ISO 8601: no request before this. */
  readonly notBefore?: string | undefined;
  readonly durationMs: number;
}

/** Counted while a run goes. */
export class Tally {
  fetched = 0;
  published = 0;
  duplicates = 0;
  quarantined = 0;
  pages = 0;
  largestPage = 0;
  publishRetries = 0;
  unknownTypes = 0;
  offsetResets = 0;
  possibleGaps = 0;
  unreadablePages = 0;
  credentialRejections = 0;
}

export interface Measure {
  readonly name: MetricName;
  readonly unit: 'Count' | 'Seconds';
  readonly value: number;
}

/** Of a run that found no token and did nothing, so that a secret that nobody ever sets is heard of. */
export const TOKEN_MISSING: Measure = { name: METRICS.tokenMissing, unit: 'Count', value: 1 };
/** Of a run in a silence that has been reported. */
export const FEED_SILENT: Measure = { name: METRICS.feedSilent, unit: 'Count', value: 1 };

/**
 * The metrics of one run. Zeros are left out, since each custom metric costs money, except for the three that say the
 * feed is alive: heartbeat, published and lag. Failing runs too say how old the oldest unpublished event may be.
 */
export function measures(summary: RunSummary): Measure[] {
  const { outcome, pages } = summary;
  const polled =
    outcome === 'caught-up' || outcome === 'out-of-time' || (outcome === 'waiting' && pages > 0);
  // A run that met another at work, or was told to wait at once, says nothing on the feed's health either way.
  const silent = outcome === 'held' || (outcome === 'waiting' && pages === 0);
  const count = (name: MetricName, value: number): Measure => ({ name, unit: 'Count', value });
  return [
    ...(silent
      ? []
      : [
          count(METRICS.heartbeat, polled ? 1 : 0),
          count(METRICS.eventsPublished, summary.published),
        ]),
    ...(summary.lagSeconds === undefined || silent
      ? []
      : [{ name: METRICS.lagSeconds, unit: 'Seconds' as const, value: summary.lagSeconds }]),
    ...[
      // An idle poll's one empty page says nothing that the heartbeat does not.
      count(METRICS.pages, summary.fetched === 0 ? 0 : summary.pages),
      count(METRICS.duplicatesDropped, summary.duplicates),
      count(METRICS.publishRetries, summary.publishRetries),
      count(METRICS.quarantined, summary.quarantined),
      count(METRICS.credentialRejections, summary.credentialRejections),
      count(METRICS.offsetResets, summary.offsetResets),
      count(METRICS.possibleGaps, summary.possibleGaps),
      count(METRICS.unreadablePages, summary.unreadablePages),
      count(METRICS.unknownTypes, summary.unknownTypes),
      count(METRICS.publishFailures, summary.failure?.code.startsWith('publish.') ? 1 : 0),
      {
        name: METRICS.unpublishedAge,
        unit: 'Seconds' as const,
        value: summary.unpublishedSeconds ?? 0,
      },
    ].filter(({ value }) => value > 0),
  ];
}
