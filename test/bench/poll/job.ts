// What the benchmark asks of a measuring process, and what it answers.
import type { Setup } from '../servers/protocol.ts';
import type { Latencies } from './floor.ts';

/** Alternating runs of poller and bare loop in one warm process. */
export interface RoundsJob extends Setup {
  readonly kind: 'rounds';
  readonly rounds: number;
}

/** One run of the poller in a process that has done nothing else. */
export interface MemoryJob extends Setup {
  readonly kind: 'memory';
}

export type Job = RoundsJob | MemoryJob;

/** Of one run over the whole log; milliseconds. CPU is this process's alone, all its threads. */
export interface RunFigures {
  readonly ms: number;
  readonly cpuMs: number;
  readonly calls: number;
}

export interface Round {
  readonly latencies: Latencies;
  readonly floorMs: number;
  readonly poller: RunFigures;
  readonly bare: RunFigures;
}

export interface RoundsResult {
  readonly rounds: readonly Round[];
}

export interface MemoryResult {
  readonly peakRssBytes: number;
}

export type JobResult = RoundsResult | MemoryResult;
