// Four simulated weeks as the dashboard would be shown them: an office's daily life, an attack now and then, and two hours
// in which Asana did not answer. Events are the simulator's, alerts the detections' own; AWS's metrics follow from their number.

import { categoryOf } from '../../../lib/asana/event-types.ts';
import type { Alert } from '../../../lib/contract/alert.ts';
import { OTHER } from '../../../lib/contract/log-lines.ts';
import { AWS_METRICS, METRICS } from '../../../lib/contract/metrics.ts';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import { Detector } from '../../../lib/detections/detector.ts';
import { ATTACKS } from '../../../lib/local/simulator/attacks.ts';
import { busEvent } from '../bus-events.ts';
import { officeLife } from '../office-life.ts';

const HOUR = 3_600_000;
export const START = Date.parse('2026-10-05T00:00:00Z');
export const BUCKET_MS = 4 * HOUR;
export const BUCKETS = (28 * 24 * HOUR) / BUCKET_MS;
const END = START + BUCKETS * BUCKET_MS;
/** A Wednesday afternoon. */
const OUTAGE = [START + (9 * 24 + 13) * HOUR, START + (9 * 24 + 15) * HOUR] as const;

export interface Weeks {
  /** A metric's values by bucket; undefined where nothing was reported. */
  series(metric: string, dimensions: Readonly<Record<string, string>>): (number | undefined)[];
  /** What a log line counts: instants, each with its fields. */
  lines(message: string): readonly Line[];
}

export interface Line {
  readonly at: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly counts: Readonly<Record<string, number>>;
}

export function simulatedWeeks(): Weeks {
  const quiet = officeLife({ seed: 'picture', from: START, to: END });
  const attacks = Array.from({ length: 18 }, (_, turn) => {
    const at = START + (turn * 37 + 11) * HOUR;
    return ATTACKS[(turn * 7) % ATTACKS.length]?.events(at) ?? [];
  }).flat();
  const events = [...quiet, ...attacks]
    .map((event) => ({ event, at: Date.parse(event.created_at) }))
    .filter(({ at }) => at < END)
    .sort((a, b) => a.at - b.at);
  const detector = new Detector(CATALOGUE, {
    alertOnHistory: false,
    windowMs: HOUR,
    runbookBaseUrl: 'https://example.com',
  });
  const opened: Alert[] = [];
  for (const { event } of events) opened.push(...detector.observe(busEvent(event)));
  opened.push(...detector.finish());

  const inBucket = (instants: readonly number[]) => {
    const counts = Array.from({ length: BUCKETS }, () => 0);
    for (const at of instants) {
      const bucket = Math.floor((at - START) / BUCKET_MS);
      if (bucket < BUCKETS) counts[bucket] = (counts[bucket] ?? 0) + 1;
    }
    return counts;
  };
  const published = inBucket(events.map(({ at }) => at));
  const alerts = inBucket(opened.map(({ firstSeen }) => Date.parse(firstSeen)));
  const outage = Math.floor((OUTAGE[0] - START) / BUCKET_MS);
  const duringOutage = (value: number) =>
    published.map((_, bucket) => (bucket === outage ? value : undefined));
  const perMinute = BUCKET_MS / 60_000;

  return {
    series(metric, dimensions) {
      const name = Object.values(dimensions).join(' ');
      const zero = published.map(() => 0);
      switch (metric) {
        case METRICS.heartbeat:
          return zero.map((_, bucket) => perMinute - (bucket === outage ? 120 : 0));
        case METRICS.eventsPublished:
          return published;
        case METRICS.lagSeconds:
          return zero.map((_, bucket) => (bucket === outage ? 7_200 : 0));
        case METRICS.unpublishedAge:
          return duringOutage(7_200);
        case METRICS.publishRetries:
          return published.map((count) => (count > 70 ? Math.floor(count / 35) : undefined));
        case AWS_METRICS.queueVisible.metricName:
          return name.includes('DeadLetters') || name.includes('Undelivered') ? zero : alerts;
        case AWS_METRICS.queueOldest.metricName:
          return alerts.map((count) => (count > 0 && !name.includes('Dead') ? 2 + count : 0));
        case AWS_METRICS.duration.metricName:
          return published.map((count) =>
            name.startsWith('Poller') ? perMinute * 90 + count * 4 : count,
          );
        case AWS_METRICS.tableWrites.metricName:
          return published.map((count) =>
            name.startsWith('Poller') ? perMinute * 2 + count * 6 : count,
          );
        case AWS_METRICS.tableReads.metricName:
          return published.map((count) => (name.startsWith('Poller') ? count : perMinute));
        case AWS_METRICS.logBytes.metricName:
          return published.map((count) =>
            name.startsWith('Poller') ? perMinute * 2_000 + count * 900 : perMinute * 300,
          );
        case AWS_METRICS.queueEmptyReceives.metricName:
          return zero.map(() =>
            name.includes('Dead') || name.includes('Undeliv') ? 0 : perMinute * 15,
          );
        default:
          return [];
      }
    },
    lines(message) {
      if (message === 'alert opened') {
        return opened
          .filter(({ revision }) => revision === 1)
          .map(({ firstSeen, detectionId, severity, status }) => ({
            at: Date.parse(firstSeen),
            fields: { detectionId, status },
            counts: { [`opened.${severity}`]: 1 },
          }));
      }
      return events.map(({ at, event }) => {
        const eventType = event.event_type ?? 'unknown';
        const category = `byCategory.${categoryOf(eventType) ?? OTHER}`;
        return { at, fields: { eventType }, counts: { [category]: 1, events: 1 } };
      });
    },
  };
}
