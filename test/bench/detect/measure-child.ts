// A measuring process of the `detect` benchmark: rounds of the bare loops and the backtest in turn, or one backtest alone for
// its memory. Its argument says which, as JSON.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { backtest } from '../../../lib/backtest/backtest.ts';
import { readLines } from '../../../lib/backtest/lines.ts';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import { UNTUNED } from '../../../lib/detections/tuning/file.ts';

export interface DetectJob {
  readonly file: string;
  /** 0: one backtest, for its memory. */
  readonly rounds: number;
}

/** Milliseconds of each. */
export interface DetectRound {
  /** The lines by `node:readline`, each parsed. */
  readonly bare: number;
  /** The lines by the backtest's own reader, each parsed. */
  readonly floor: number;
  readonly backtest: number;
}

export interface DetectResult {
  readonly events: number;
  readonly alerts: number;
  readonly rounds: readonly DetectRound[];
  /** Of this process from its start on. */
  readonly peakRssBytes: number;
}

const { file, rounds: count } = JSON.parse(process.argv[2] ?? '') as DetectJob;
const found = await backtestRun();
const rounds: DetectRound[] = [];
const work = { bare: bareRun, floor: floorRun, backtest: backtestRun };
const names = Object.keys(work) as (keyof typeof work)[];
if (count > 0) {
  await bareRun();
  await floorRun();
}
for (let index = 0; index < count; index++) {
  const round = { bare: 0, floor: 0, backtest: 0 };
  // Each goes first in turn, so that a slow stretch of the machine does not always meet the same one.
  for (const place of names.keys()) {
    const name = names[(index + place) % names.length] as (typeof names)[number];
    round[name] = await timed(work[name]);
  }
  rounds.push(round);
}
const peakRssBytes = process.resourceUsage().maxRSS * 1024;
const result: DetectResult = { ...found, rounds, peakRssBytes };
// Started by hand, as for a profile, it has nobody to tell.
if (process.send === undefined) console.log(JSON.stringify(result, null, 2));
else process.send(result);

/** What reading a file line by line and parsing each costs a program in Node. */
async function bareRun(): Promise<void> {
  for await (const line of createInterface({ input: createReadStream(file) })) JSON.parse(line);
}

/** The least that it can cost the backtest. */
async function floorRun(): Promise<void> {
  for await (const lines of readLines(file)) {
    while (!lines.isOver) JSON.parse(lines.next() ?? '');
  }
}

async function backtestRun(): Promise<{ readonly events: number; readonly alerts: number }> {
  const { windowMs, runbookBaseUrl } = UNTUNED;
  const done = await backtest({
    files: [file],
    readable: 'again',
    workspaceGid: '0',
    here: { catalogue: CATALOGUE, windowMs, runbookBaseUrl },
  });
  try {
    // One after the other, as the command does: a list of all of them would be what is measured.
    let alerts = 0;
    for (const _ of done.alerts()) alerts += 1;
    return { events: done.counts.events, alerts };
  } finally {
    done.close();
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
