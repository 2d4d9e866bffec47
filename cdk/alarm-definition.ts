// What an alarm is as data: where its metric comes from, from when on it rings, and what people are told.
// The alarms themselves are alarms.ts.
import type { MetricName } from '../lib/contract/metrics.ts';

/** Where an alarm's metric comes from, and so how many alarms a definition makes. */
type Watched =
  /** A metric of ours for each workspace. */
  | { readonly each: 'workspace'; readonly metric: MetricName }
  /** A metric of ours over all workspaces. */
  | { readonly each: 'deployment'; readonly metric: MetricName }
  /** Messages in each dead-letter queue but the schedulers', which "Poller not running" covers. */
  | { readonly each: 'dead-letter queue' }
  /** Messages that a notifier has taken and not delivered, for each sink's queue. */
  | { readonly each: 'sink' }
  /** Objects in the quarantine, counted by S3 once a day. */
  | { readonly each: 'quarantine' }
  /** Invocations of the sweep that failed. */
  | { readonly each: 'sweep' };

export interface AlarmDefinition {
  /** In the alarm's name, between the stack's and what is watched. */
  readonly name: string;
  /** Of its section in docs/runbook.md. */
  readonly heading: string;
  readonly watched: Watched;
  readonly statistic: 'Sum' | 'Maximum' | 'Minimum' | 'SampleCount';
  /** `below` rings under the threshold, `from` at it and above. */
  readonly rings: 'below' | 'from';
  readonly threshold: number;
  /** Seconds; `poll` is five minutes, or the interval between polls where that is longer. */
  readonly period: number | 'poll';
  readonly periods: number;
  /** How many of them must be past the threshold. @default - all */
  readonly ofThem?: number;
  /** What it means that nothing was reported. */
  readonly missing: 'well' | 'amiss';
  /** Why from this threshold on; with a date where it is a guess. */
  readonly reason: string;
  /** What has happened, in the description that people get. Absent where each queue says it. */
  readonly meaning?: string;
  /** What to do first. */
  readonly first: string;
  /** Whether people hear that it is over: of states, not of things that happened once. */
  readonly tellsEnd: boolean;
}
