// The local run from lock to summary: the order of things, what is said when, and how it ends.
import type { Clock } from '../clock.ts';
import type { Tuning } from '../detections/tuning/file.ts';
import { type Log, silentLog } from '../log.ts';
import { shownText } from '../text.ts';
import { acquireLock, type DataFolderLock } from './lock.ts';
import type { RunOptions } from './options.ts';
import type { RunOutput } from './output.ts';
import { openPipeline, type Pipeline } from './pipeline.ts';
import { type LoopEnd, PollLoop, type Totals } from './poll-loop.ts';
import { settle } from './settle.ts';
import { counted, type Summary } from './show.ts';
import { type OpenSource, openSource } from './source.ts';
import {
  deadWords,
  errorWords,
  failureWords,
  heldWords,
  openingWords,
  troubleWords,
} from './words.ts';

export const EXIT = { well: 0, failed: 1, usage: 2, held: 3 } as const;

/** What one sweep decides may leave something for the next: an absence opens an alert, another makes it more than one match. */
const SWEEPS = 5;

export interface RunDeps {
  readonly output: RunOutput;
  readonly clock: Clock;
  readonly version: string;
  /** What changes about detections. */
  readonly tuning: Tuning;
  /** Asked to end, by Ctrl-C say. */
  readonly signal: AbortSignal;
}

/**
 * @returns the exit code: 0 well (asked to stop included), 1 could not go on or not all was delivered, 3 the data folder
 * is held by another run
 * @throws AuditBusError `simulator.events`, `local.data-folder`, `local.data-damaged`, `local.listen`
 */
export async function runLocally(options: RunOptions, deps: RunDeps): Promise<number> {
  const { output, clock } = deps;
  const result = await acquireLock(options.dataFolder, clock);
  if (!result.acquired) {
    await output.problem(heldWords(options.dataFolder, result.holder));
    return EXIT.held;
  }
  try {
    return await runHoldingLock(options, deps, result.lock);
  } finally {
    result.lock.release();
  }
}

async function runHoldingLock(
  options: RunOptions,
  deps: RunDeps,
  lock: DataFolderLock,
): Promise<number> {
  const { output, clock, version, tuning } = deps;
  const { dataFolder, startFrom, once, slackWebhookUrl } = options;
  let lastComplaint = '';
  const source = await openSource(options.source, dataFolder, clock, (error) => {
    // The simulated workspace says so at each request; a person wants to hear it once.
    const complaint = errorWords(error);
    if (complaint !== lastComplaint) void output.problem(complaint);
    lastComplaint = complaint;
  });
  try {
    await output.say(openingWords(options, source.words, output.colors));
    const pipeline = await openPipeline({
      dataFolder,
      source,
      startFrom,
      once,
      slackWebhookUrl,
      version,
      tuning,
      output,
      clock,
      log: warningsTo(output),
    });
    try {
      const { kind } = options.source;
      lock.announce({
        ...pipeline.endpoints,
        ...(kind === 'api' ? { asana: source.baseUrl } : {}),
      });
      return await pollAndSettle(options, deps, source, pipeline);
    } finally {
      await pipeline.close();
    }
  } finally {
    await source.close();
  }
}

async function pollAndSettle(
  options: RunOptions,
  deps: RunDeps,
  source: OpenSource,
  pipeline: Pipeline,
): Promise<number> {
  const { output, clock, signal } = deps;
  if (pipeline.redriven > 0) {
    await output.say(
      `${counted(pipeline.redriven, 'message')} that could not be delivered last time: tried again.`,
    );
  }
  const endProgress = output.startProgress();
  const loop = new PollLoop({
    poller: pipeline.poller,
    workspaceGid: source.workspaceGid,
    once: options.once,
    intervalSeconds: options.pollIntervalSeconds,
    clock,
    signal,
    onTrouble: (failure) => void output.problem(troubleWords(failure, options.pollIntervalSeconds)),
    onIdle: () =>
      void output.note(`caught up, asking again every ${options.pollIntervalSeconds} s`),
  });
  const end = await loop.run();
  // Asked to stop, a person does not want to wait: what is in the queues is delivered by the next run.
  const settling = { ...pipeline, isOutputWaiting: () => output.isWaiting };
  if (end.end !== 'stopped') await settle(settling, clock, signal);
  // Only now is it known what did not come and which alerts are over. What that raises is delivered as well, and may be over too.
  for (let round = 0; round < SWEEPS && end.end !== 'stopped' && !signal.aborted; round++) {
    const { decided } = await pipeline.sweep({ last: true });
    if (decided === 0) break;
    await settle(settling, clock, signal);
  }
  await endProgress();
  return conclude(end, loop.totals, source, pipeline, output);
}

async function conclude(
  end: LoopEnd,
  totals: Totals,
  source: OpenSource,
  pipeline: Pipeline,
  output: RunOutput,
): Promise<number> {
  // Nobody reads any more, and so nobody is told.
  if (output.closed) return EXIT.well;
  const { waiting, dead } = pipeline.counts();
  const { opened, updates, closed } = output.alerts;
  const summary: Summary = {
    ...totals,
    alerts: opened,
    alertUpdates: updates,
    alertsClosed: closed,
    undelivered: waiting,
    deadLettered: dead,
    workspaceGid: source.workspaceGid,
    outcome: end.end,
    ...(end.end === 'failed' ? { code: end.code, reason: shownText(end.message, 600) } : {}),
  };
  if (end.end === 'failed') await output.problem(failureWords(end));
  if (dead > 0) await output.problem(deadWords(dead));
  if (waiting > 0) {
    await output.say(
      `${counted(waiting, 'message')} not delivered yet: the next run delivers them.`,
    );
  }
  await output.summary(summary);
  const isUndelivered = dead > 0 || (waiting > 0 && end.end === 'caught-up');
  return end.end === 'failed' || isUndelivered ? EXIT.failed : EXIT.well;
}

/** Warnings as words. Errors are left out: each comes back in the poller's summary or as an operational event. */
function warningsTo(output: RunOutput): Log {
  return {
    ...silentLog,
    warn(message, { reason } = {}) {
      const why = typeof reason === 'string' ? ` (${shownText(reason, 300)})` : '';
      void output.problem(`${message}${why}`);
    },
  };
}
