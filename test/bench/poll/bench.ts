// The `poll` benchmark: runs each scenario in a measuring process of its own and prints what came out.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { POLL_NODE_OPTIONS } from '../../../lib/contract/poll-process.ts';
import { ConfigurationError } from '../../../lib/errors.ts';
import type { Bench } from '../bench.ts';
import { wholeNumber } from '../whole-number.ts';
import type { JobResult, MemoryJob, MemoryResult, RoundsJob, RoundsResult } from './job.ts';
import { memoryReport, memoryText, scenarioReport, scenarioText } from './report.ts';
import { MEMORY, SCENARIOS, type Scenario } from './scenarios.ts';

const CHILD = fileURLToPath(new URL('./measure-child.ts', import.meta.url));
const NAMES = [...SCENARIOS.map(({ name }) => name), MEMORY.name];

const HELP = `npm run bench -- poll [options]

The poller against loopback servers in another process, beside a latency floor and a bare loop.

  --scenario NAME  only this one: ${NAMES.join(', ')}
  --events N       events a run (default 20000; not of the memory scenario)
  --rounds N       interleaved runs, of which the median counts (default 5)
  --json           one JSON object a line and scenario instead of tables
  --help           this text

A target that is not reached is printed as such and is no failure: the exit code says whether the measuring worked.`;

export const pollBench: Bench = {
  name: 'poll',
  summary: 'throughput, CPU, calls and memory of the poller, against set latencies',
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        scenario: { type: 'string' },
        events: { type: 'string', default: '20000' },
        rounds: { type: 'string', default: '5' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return console.log(HELP);
    const { scenario: only, json } = values;
    if (only !== undefined && !NAMES.includes(only)) {
      throw new ConfigurationError('The command', [
        `--scenario must be one of ${NAMES.join(', ')}`,
      ]);
    }
    const events = wholeNumber('--events', values.events, 1, 1_000_000);
    const rounds = wholeNumber('--rounds', values.rounds, 1, 100);
    for (const scenario of SCENARIOS) {
      if (only !== undefined && only !== scenario.name) continue;
      const report = await measureScenario(scenario, events, rounds);
      console.log(json ? JSON.stringify(report) : `${scenarioText(report)}\n`);
    }
    if (only === undefined || only === MEMORY.name) {
      const report = await measureMemory(rounds);
      console.log(json ? JSON.stringify(report) : `${memoryText(report)}\n`);
    }
  },
};

async function measureScenario(scenario: Scenario, events: number, rounds: number) {
  const { pageSize, latencyMs } = scenario;
  const measured = await inChild({ kind: 'rounds', rounds, events, pageSize, latencyMs });
  const { peakRssBytes } = await inChild({ kind: 'memory', events, pageSize, latencyMs });
  return scenarioReport(scenario, events, measured.rounds, peakRssBytes);
}

async function measureMemory(rounds: number) {
  const { pageSize, latencyMs } = MEMORY;
  const peak = async (events: number) =>
    (await inChild({ kind: 'memory', events, pageSize, latencyMs })).peakRssBytes;
  const pairs: [number, number][] = [];
  for (let round = 0; round < rounds; round++) {
    pairs.push([await peak(MEMORY.fewEvents), await peak(MEMORY.manyEvents)]);
  }
  return memoryReport(MEMORY, pairs);
}

async function inChild(job: RoundsJob): Promise<RoundsResult>;
async function inChild(job: MemoryJob): Promise<MemoryResult>;
async function inChild(job: RoundsJob | MemoryJob): Promise<JobResult> {
  // As the function's process is: what Lambda starts it with counts here too.
  const env = { ...process.env, NODE_OPTIONS: POLL_NODE_OPTIONS };
  const child = fork(CHILD, [JSON.stringify(job)], { env });
  let result: JobResult | undefined;
  child.once('message', (message) => {
    result = message as JobResult;
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0 || result === undefined) {
    throw new Error(`The measuring process ended with ${code}; its message is above.`);
  }
  return result;
}
