// The part of the harness for faults that fits into `npm test`: the first seeds of each campaign. The whole is
// `npm run test:faults`; that the harness can fail at all is breaks.test.ts's.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Bench, startBench } from './bench.ts';
import { CAMPAIGNS } from './campaigns.ts';

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
