// The part of the harness for faults that fits into `npm test`: the first seeds of each campaign, and each deliberate
// break until it is noticed. The whole is `npm run test:faults`.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, startBench } from './bench.ts';
import { BREAKS, type Break } from './breaks.ts';
import { CAMPAIGNS, NOTICED_BY, SEEDS_FOR_A_BREAK } from './campaigns.ts';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench();
});
afterAll(async () => {
  await Promise.all(CAMPAIGNS.map((campaign) => campaign.close?.()));
  await bench.close();
});

const LONG = 600_000;

describe('nothing is lost, nothing comes twice beyond what is stated', () => {
  it.each(CAMPAIGNS.map((campaign) => [campaign.about, campaign] as const))(
    '%s',
    async (_about, { name, fastSeeds, run }) => {
      const failed: string[] = [];
      for (let seed = 1; seed <= fastSeeds; seed++) {
        const { problems } = await run(seed, bench);
        failed.push(...problems.map((text) => `${name} seed ${seed}: ${text}`));
      }
      expect(failed).toEqual([]);
    },
    LONG,
  );
});

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
