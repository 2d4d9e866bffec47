// From rounds to figures, and from figures to what a person or a program reads. Pure.
import { median } from '../median.ts';
import type { Round } from './job.ts';
import type { Scenario, Target } from './scenarios.ts';

/** One scenario's result, also as its `--json` line. Ratios: 1 is as fast as what it is compared with. */
export interface ScenarioReport {
  readonly bench: 'poll';
  readonly scenario: string;
  readonly latencyMs: number;
  readonly pageSize: number;
  readonly events: number;
  readonly rounds: number;
  readonly eventsPerSecond: number;
  readonly cpuMsPer1000: number;
  readonly callsPer1000: number;
  readonly peakRssMb: number;
  readonly floorRatio: number;
  readonly bareRatio: number;
  readonly bareEventsPerSecond: number;
  readonly bareCpuMsPer1000: number;
  /** Milliseconds of one bare call. */
  readonly call: { readonly write: number; readonly page: number; readonly put: number };
  readonly targets: readonly (Target & { readonly reached: boolean })[];
}

export function scenarioReport(
  scenario: Scenario,
  events: number,
  rounds: readonly Round[],
  peakRssBytes: number,
): ScenarioReport {
  const middle = (of: (round: Round) => number) => rounded(median(rounds.map(of)));
  const figures = {
    eventsPerSecond: middle(({ poller }) => (events / poller.ms) * 1000),
    floorRatio: middle(({ floorMs, poller }) => floorMs / poller.ms),
    bareRatio: middle(({ bare, poller }) => bare.ms / poller.ms),
  };
  return {
    bench: 'poll',
    scenario: scenario.name,
    latencyMs: scenario.latencyMs,
    pageSize: scenario.pageSize,
    events,
    rounds: rounds.length,
    ...figures,
    cpuMsPer1000: middle(({ poller }) => (poller.cpuMs / events) * 1000),
    callsPer1000: middle(({ poller }) => (poller.calls / events) * 1000),
    peakRssMb: megabytes(peakRssBytes),
    bareEventsPerSecond: middle(({ bare }) => (events / bare.ms) * 1000),
    bareCpuMsPer1000: middle(({ bare }) => (bare.cpuMs / events) * 1000),
    call: {
      write: middle(({ latencies }) => latencies.write),
      page: middle(({ latencies }) => latencies.page),
      put: middle(({ latencies }) => latencies.put),
    },
    targets: scenario.targets.map((target) => ({
      ...target,
      reached: figures[target.figure] >= target.atLeast,
    })),
  };
}

export interface MemoryReport {
  readonly bench: 'poll';
  readonly scenario: string;
  readonly latencyMs: number;
  readonly pageSize: number;
  readonly rounds: number;
  readonly fewEvents: number;
  readonly manyEvents: number;
  readonly peakRssMbFew: number;
  readonly peakRssMbMany: number;
  readonly ratio: number;
  readonly targets: readonly [
    { readonly figure: 'ratio'; readonly atMost: number; readonly reached: boolean },
  ];
}

/** @param pairs peak RSS in bytes of a run over few events and one over many, a pair a round */
export function memoryReport(
  setting: {
    readonly name: string;
    readonly latencyMs: number;
    readonly pageSize: number;
    readonly fewEvents: number;
    readonly manyEvents: number;
    readonly atMost: number;
  },
  pairs: readonly (readonly [few: number, many: number])[],
): MemoryReport {
  const ratio = rounded(median(pairs.map(([few, many]) => many / few)));
  return {
    bench: 'poll',
    scenario: setting.name,
    latencyMs: setting.latencyMs,
    pageSize: setting.pageSize,
    rounds: pairs.length,
    fewEvents: setting.fewEvents,
    manyEvents: setting.manyEvents,
    peakRssMbFew: megabytes(median(pairs.map(([few]) => few))),
    peakRssMbMany: megabytes(median(pairs.map(([, many]) => many))),
    ratio,
    targets: [{ figure: 'ratio', atMost: setting.atMost, reached: ratio <= setting.atMost }],
  };
}

/** Columns for a terminal. */
export function scenarioText(report: ScenarioReport): string {
  const { call } = report;
  const verdict = (figure: Target['figure']) => targetText(report, figure);
  return [
    `${report.latencyMs} ms a call, pages of ${report.pageSize}, ${report.events} events (median of ${report.rounds})`,
    line('events/s', report.eventsPerSecond.toFixed(0), verdict('eventsPerSecond')),
    line('CPU ms per 1,000 events', report.cpuMsPer1000.toFixed(1)),
    line('calls per 1,000 events', report.callsPer1000.toFixed(1)),
    line('peak RSS, MB', report.peakRssMb.toFixed(0)),
    line('ratio to the latency floor', report.floorRatio.toFixed(3), verdict('floorRatio')),
    line('ratio to the bare loop', report.bareRatio.toFixed(3), verdict('bareRatio')),
    line(
      'bare loop: events/s, CPU ms',
      `${report.bareEventsPerSecond.toFixed(0)}, ${report.bareCpuMsPer1000.toFixed(1)}`,
    ),
    line(
      'bare write, page, put, ms',
      [call.write, call.page, call.put].map((ms) => ms.toFixed(1)).join(', '),
    ),
  ].join('\n');
}

export function memoryText(report: MemoryReport): string {
  const [target] = report.targets;
  return [
    `memory: ${report.latencyMs} ms a call, pages of ${report.pageSize}, a fresh process each (median of ${report.rounds})`,
    line(`peak RSS at ${report.fewEvents} events, MB`, report.peakRssMbFew.toFixed(0)),
    line(`peak RSS at ${report.manyEvents} events, MB`, report.peakRssMbMany.toFixed(0)),
    line(
      'ratio',
      report.ratio.toFixed(3),
      `at most ${target.atMost}: ${target.reached ? 'reached' : 'NOT REACHED'}`,
    ),
  ].join('\n');
}

function targetText({ targets }: ScenarioReport, figure: Target['figure']): string {
  const target = targets.find((each) => each.figure === figure);
  if (target === undefined) return '';
  return `at least ${target.atLeast}: ${target.reached ? 'reached' : 'NOT REACHED'}`;
}

function line(label: string, value: string, verdict = ''): string {
  return `  ${label.padEnd(36)}${value.padStart(16)}  ${verdict}`.trimEnd();
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 100_000) / 10;
}
