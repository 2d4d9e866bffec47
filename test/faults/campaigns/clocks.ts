// Pollers whose clocks are hours wrong, or jump, beside one whose clock is right: leases are stolen, nothing is lost.
import { Random } from '../../../lib/local/simulator/random.ts';
import type { Campaign } from '../campaign.ts';
import { FastClock } from '../clock.ts';
import { inWorld } from '../in-world.ts';
import { Here } from '../invoker.ts';
import type { WorldOptions } from '../world.ts';

const HOUR = 3_600_000;

export const clocks: Campaign = {
  name: 'clocks',
  about: 'clocks hours wrong, or jumping',
  seeds: 150,
  fastSeeds: 8,
  async run(seed, bench, wrong) {
    const random = new Random('clocks', seed);
    const options: WorldOptions = {
      campaign: 'clocks',
      seed,
      pageSize: random.int(3, 12),
      break: wrong,
    };
    return inWorld(bench, options, async (world, did) => {
      const clocksOfAll = [0, 1, 2].map((index) => {
        const skew = index === 0 ? 0 : random.pick([-1, 1]) * random.int(1, 12) * HOUR;
        return new FastClock({ ...world.clock.setting, skew });
      });
      const givenBack = new Set([0]);
      const late = new Set<number>();
      let newestReader = 0;
      const observer = {
        taken: (version: number) => {
          if (givenBack.has(version - 1)) return;
          did('leases stolen');
          world.injected.thefts += 1;
        },
        given: (version: number) => givenBack.add(version),
        reads: (version: number) => {
          newestReader = Math.max(newestReader, version);
        },
        // Ten seconds are a tenth of one here, in which a machine may do nothing at all: too late counts as dead.
        remembered: (version: number) => {
          if (version >= newestReader || late.has(version)) return;
          late.add(version);
          did('handed over late');
          world.injected.deaths += 1;
        },
      };
      const pollers = clocksOfAll.map(
        (clock) => new Here(bench.addresses, world.setting, clock, world.logged, observer),
      );
      try {
        // Without fencing, more than all thefts together may double.
        world.happen(wrong === 'no-fencing' ? 500 : random.int(40, 100));
        for (let tick = random.int(2, 5); tick > 0; tick--) {
          const runs = pollers.map(async (poller, index) => {
            const clock = clocksOfAll[index];
            const jump = random.next() < 0.3 ? random.int(-6, 6) * HOUR : 0;
            const jumping = setTimeout(() => clock?.setSkew(jump), random.int(0, 20));
            if (jump !== 0) did('jumps');
            await world.clock.sleep(random.int(0, 1_000));
            await poller.invoke('poll', [random.pick([20_000, 60_000])]);
            clearTimeout(jumping);
          });
          await Promise.all(runs);
          world.happen(random.int(0, 10));
        }
        world.route();
        return undefined;
      } finally {
        await Promise.all(pollers.map((poller) => poller.close()));
      }
    });
  },
};
