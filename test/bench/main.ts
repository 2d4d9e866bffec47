// `npm run bench`: lists the benchmarks, or runs one. Benchmarks measure; they are never part of a test.
import { ConfigurationError } from '../../lib/errors.ts';
import type { Bench } from './bench.ts';
import { coldStartBench } from './cold-start/bench.ts';
import { detectBench } from './detect/bench.ts';
import { detectCostBench } from './detect-cost/bench.ts';
import { pollBench } from './poll/bench.ts';

const BENCHES: readonly Bench[] = [pollBench, detectBench, detectCostBench, coldStartBench];

const USAGE = `npm run bench -- NAME [options]

${BENCHES.map(({ name, summary }) => `  ${name.padEnd(12)} ${summary}`).join('\n')}

npm run bench -- NAME --help shows a benchmark's options. docs/benchmarks.md says how the figures are made.`;

const [name, ...args] = process.argv.slice(2);
const bench = BENCHES.find((each) => each.name === name);
if (name === undefined || name === '--help') {
  console.log(USAGE);
} else if (bench === undefined) {
  console.error(`There is no benchmark called ${JSON.stringify(name)}.\n\n${USAGE}`);
  process.exitCode = 2;
} else {
  try {
    await bench.run(args);
  } catch (error) {
    if (!isUsageError(error)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}

function isUsageError(error: unknown): error is Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return error instanceof ConfigurationError || code.startsWith('ERR_PARSE_ARGS_');
}
