// The `cold-start` benchmark: what loading each function's bundle adds to a Node process that loads an empty file.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundleFunction } from '../../../cdk/constructs/function-bundle.ts';
import { ENVIRONMENT } from '../../../lib/contract/environment.ts';
import type { Bench } from '../bench.ts';
import { median } from '../median.ts';
import { wholeNumber } from '../whole-number.ts';

const FUNCTIONS = fileURLToPath(new URL('../../../functions/', import.meta.url));

const HELP = `npm run bench -- cold-start [options]

Starts a Node process for each function's bundle and one for an empty file, in turn, and compares how long they took.

  --rounds N  processes for each, of which the median counts (default 21)
  --json      one JSON object a line and function instead of a table
  --help      this text`;

interface ColdStartReport {
  readonly bench: 'cold-start';
  readonly function: string;
  readonly rounds: number;
  readonly bytes: number;
  /** Milliseconds over those of an empty file. */
  readonly loadMs: number;
}

export const coldStartBench: Bench = {
  name: 'cold-start',
  summary: "how long each function's bundle takes to load",
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: '21' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return console.log(HELP);
    const rounds = wholeNumber('--rounds', values.rounds, 1, 1_000);
    const folder = mkdtempSync(join(tmpdir(), 'bench-cold-start-'));
    try {
      const reports = measure(folder, rounds);
      if (values.json) for (const report of reports) console.log(JSON.stringify(report));
      else console.log(table(reports));
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

function measure(folder: string, rounds: number): ColdStartReport[] {
  const names = readdirSync(FUNCTIONS).filter((name) => name.endsWith('.ts'));
  const bundles = names.map((name) => {
    const { code } = bundleFunction(join(FUNCTIONS, name));
    const file = join(folder, name.replace(/\.ts$/, '.mjs'));
    writeFileSync(file, code);
    return { name, file, bytes: Buffer.byteLength(code), times: [] as number[] };
  });
  const empty = join(folder, 'empty.mjs');
  writeFileSync(empty, '');
  for (let round = 0; round < rounds; round++) {
    // The difference within a round: whatever slows the machine meanwhile is in both.
    const nothing = processTime(empty);
    for (const { file, times } of bundles) times.push(processTime(file) - nothing);
  }
  return bundles.map(({ name, bytes, times }) => ({
    bench: 'cold-start',
    function: name.replace(/\.ts$/, ''),
    rounds,
    bytes,
    loadMs: Math.round(median(times) * 10) / 10,
  }));
}

/** @returns milliseconds from the start of a process that loads this module to its end */
function processTime(file: string): number {
  const begun = performance.now();
  const { status, stderr } = spawnSync(process.execPath, [file], { env: environment() });
  if (status !== 0) throw new Error(`The bundle ${file} does not load:\n${stderr}`);
  return performance.now() - begun;
}

/** What the functions cannot start without; all else has a default. */
function environment(): NodeJS.ProcessEnv {
  return {
    AWS_REGION: 'eu-west-1',
    [ENVIRONMENT.eventBusName]: 'bench',
    [ENVIRONMENT.checkpointTableName]: 'bench',
    [ENVIRONMENT.quarantineBucketName]: 'bench',
    [ENVIRONMENT.stateTableName]: 'bench',
    [ENVIRONMENT.slackWebhookSecretArn]:
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:bench',
    [ENVIRONMENT.alertTopicArn]: 'arn:aws:sns:eu-west-1:123456789012:bench',
    [ENVIRONMENT.workspaceGids]: '1200000000000001',
    [ENVIRONMENT.queueUrl]: 'https://sqs.eu-west-1.amazonaws.com/123456789012/bench',
    [ENVIRONMENT.deadLetterQueueUrl]: 'https://sqs.eu-west-1.amazonaws.com/123456789012/bench-dead',
  };
}

function table(reports: readonly ColdStartReport[]): string {
  const rows = reports.map(
    (report) =>
      `  ${report.function.padEnd(16)}${`${report.loadMs.toFixed(1)} ms`.padStart(12)}${`${report.bytes} bytes`.padStart(18)}`,
  );
  return `Loading a bundle, over an empty file (median of ${reports[0]?.rounds ?? 0})\n${rows.join('\n')}`;
}
