// Each deliberate break of what the design rests on is noticed by the harness for faults.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, startBench } from './bench.ts';
import { BREAKS, type Break } from './breaks.ts';
import { NOTICED_BY, SEEDS_FOR_A_BREAK } from './campaigns.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(() => bench.close());

const LONG = 600_000;

describe('the harness notices when', () => {
  it.each(Object.entries(BREAKS).map(([wrong, what]) => [what, wrong as Break] as const))(
    '%s',
    async (_what, wrong) => {
      const { run } = NOTICED_BY[wrong];
      let noticed = false;
      for (let seed = 1; seed <= SEEDS_FOR_A_BREAK && !noticed; seed++) {
        noticed = (await run(seed, bench, wrong)).problems.length > 0;
      }
      expect(noticed).toBe(true);
    },
    LONG,
  );
});
