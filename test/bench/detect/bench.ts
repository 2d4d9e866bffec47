// The `detect` benchmark: all detections over a history, against the bare cost of reading and parsing the same file.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import type { Bench } from '../bench.ts';
import { median } from '../median.ts';
import { wholeNumber } from '../whole-number.ts';
import type { DetectJob, DetectResult, DetectRound } from './measure-child.ts';
import { writeMix } from './mix.ts';

const CHILD = fileURLToPath(new URL('./measure-child.ts', import.meta.url));
const PACKAGE = new URL('../../../package.json', import.meta.url);
const MOST_RATIO = 2.5;
const MB = 1_000_000;

const HELP = `npm run bench -- detect [options]

All detections over a generated history (npm run backtest's own code), beside two loops that only read the same file and
parse each of its lines, one by node:readline, the bare cost, and one by the backtest's own reader, the floor, in turn in
one process; and the peak memory at two sizes, each in a process of its own.

  --events N  events of the timed history (default 100000)
  --rounds N  interleaved runs, of which the median counts (default 5)
  --many N    events of the larger history whose memory is measured (default 2000000)
  --json      one JSON object instead of words
  --help      this text

An aim that is not reached is printed as such and is no failure: the exit code says whether the measuring worked.`;

interface DetectReport {
  readonly bench: 'detect';
  readonly detections: number;
  readonly events: number;
  readonly alerts: number;
  readonly rounds: number;
  readonly eventsPerSecond: number;
  readonly bareEventsPerSecond: number;
  readonly floorEventsPerSecond: number;
  /** Time of the backtest to that of reading and parsing with node:readline. */
  readonly ratio: number;
  /** The same with the backtest's own reader. */
  readonly ratioToFloor: number;
  readonly peakRssMb: number;
  readonly many: { readonly events: number; readonly peakRssMb: number };
}

export const detectBench: Bench = {
  name: 'detect',
  summary: 'all detections over a history, against reading and parsing it',
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        events: { type: 'string', default: '100000' },
        rounds: { type: 'string', default: '5' },
        many: { type: 'string', default: '2000000' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return console.log(HELP);
    const events = wholeNumber('--events', values.events, 1_000, 10_000_000);
    const many = wholeNumber('--many', values.many, 1_000, 50_000_000);
    const rounds = wholeNumber('--rounds', values.rounds, 1, 100);
    const folder = mkdtempSync(join(tmpdir(), 'bench-detect-'));
    try {
      const report = await measure(folder, events, many, rounds);
      console.log(values.json ? JSON.stringify(report) : words(report));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

async function measure(
  folder: string,
  events: number,
  many: number,
  rounds: number,
): Promise<DetectReport> {
  const file = join(folder, 'history.jsonl');
  writeMix(file, events);
  const timed = await inChild({ file, rounds });
  const few = await inChild({ file, rounds: 0 });
  writeMix(file, many);
  const large = await inChild({ file, rounds: 0 });
  const middle = (of: (round: DetectRound) => number) => median(timed.rounds.map(of));
  const perSecond = (name: keyof DetectRound) =>
    Math.round((events / middle((round) => round[name])) * 1_000);
  const ratioTo = (name: keyof DetectRound) =>
    Math.round(middle((round) => round.backtest / round[name]) * 100) / 100;
  return {
    bench: 'detect',
    detections: CATALOGUE.length,
    events,
    alerts: timed.alerts,
    rounds,
    eventsPerSecond: perSecond('backtest'),
    bareEventsPerSecond: perSecond('bare'),
    floorEventsPerSecond: perSecond('floor'),
    ratio: ratioTo('bare'),
    ratioToFloor: ratioTo('floor'),
    peakRssMb: Math.round(few.peakRssBytes / MB),
    many: { events: many, peakRssMb: Math.round(large.peakRssBytes / MB) },
  };
}

async function inChild(job: DetectJob): Promise<DetectResult> {
  const child = fork(CHILD, [JSON.stringify(job)], { execArgv: backtestFlags() });
  let result: DetectResult | undefined;
  child.once('message', (message) => {
    result = message as DetectResult;
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0 || result === undefined) {
    throw new Error(`The measuring process ended with ${code}; its message is above.`);
  }
  return result;
}

/** Node's own flags of `npm run backtest`: they bound how far V8 lets the heap grow before it collects. */
function backtestFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as {
    scripts: { backtest: string };
  };
  return scripts.backtest.split(' ').filter((part) => part.startsWith('--'));
}

function words(report: DetectReport): string {
  const { events, alerts, rounds, ratio, ratioToFloor, many, peakRssMb } = report;
  const isReached = ratio <= MOST_RATIO ? 'reached' : 'missed';
  return [
    `${report.detections} detections over ${events} events (median of ${rounds}), ${alerts} alerts`,
    `  ${report.eventsPerSecond} events/s; reading and parsing alone, line by line with node:readline: ` +
      `${report.bareEventsPerSecond} events/s, with the backtest's own reader: ${report.floorEventsPerSecond}`,
    `  time to that of reading and parsing line by line: ${ratio} (aim: ${MOST_RATIO} at most, ${isReached})`,
    `  time to that with the backtest's own reader, the floor: ${ratioToFloor}`,
    `  peak memory: ${peakRssMb} MB at ${events} events, ${many.peakRssMb} MB at ${many.events}`,
  ].join('\n');
}
