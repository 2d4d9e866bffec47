// Lambda's time running out: runs that are given anything from nothing to just enough, at each step of their work.
import { Random } from '../../../lib/local/simulator/random.ts';
import type { Campaign } from '../campaign.ts';
import { inWorld } from '../in-world.ts';
import type { WorldOptions } from '../world.ts';

export const time: Campaign = {
  name: 'time',
  about: 'remaining time down to 0',
  seeds: 120,
  fastSeeds: 8,
  async run(seed, bench, wrong) {
    const random = new Random('time', seed);
    const options: WorldOptions = {
      campaign: 'time',
      seed,
      pageSize: random.int(2, 20),
      setting: { pollIntervalSeconds: random.pick([60, 60, 10, 20]) },
      break: wrong,
    };
    return inWorld(bench, options, async (world, did) => {
      world.happen(random.int(20, 80));
      for (let run = 0; run < 8; run++) {
        const remaining = random.weighted([
          [1, 0],
          [2, random.int(1, 100)],
          [3, random.int(100, 5_000)],
          [4, random.int(5_000, 20_000)],
        ]);
        const polled = await world.poll(remaining);
        did(polled === 'died' ? polled : (polled.code ?? polled.outcome));
        world.clock.skip(random.int(0, 30_000));
        await world.work();
        await world.call('sweep', random.int(0, 20_000));
      }
      return undefined;
    });
  },
};
