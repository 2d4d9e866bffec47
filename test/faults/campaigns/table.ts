// DynamoDB that throttles, fails, cuts connections, and does what was asked without the answer's coming.
import { Random } from '../../../lib/local/simulator/random.ts';
import type { Campaign } from '../campaign.ts';
import { type Did, inWorld } from '../in-world.ts';
import { awsError, type Fate } from '../servers/gate.ts';
import { A_RUN_MS, type WorldOptions } from '../world.ts';

export const table: Campaign = {
  name: 'table',
  about: 'faults of DynamoDB',
  seeds: 200,
  fastSeeds: 15,
  async run(seed, bench, wrong) {
    const random = new Random('table', seed);
    const chance = random.pick([0.02, 0.1, 0.3, 0.6]);
    // Every try of a call, or single tries that the SDK's next one mends.
    const lasting = random.next() < 0.3;
    const options: WorldOptions = {
      campaign: 'table',
      seed,
      pageSize: random.int(5, 60),
      slack: random.pick(['webhook', 'bot']),
      break: wrong,
    };
    let streak: Fate = 'serve';
    let left = 0;
    const decide = (did: Did): Fate => {
      if (left > 0) {
        left -= 1;
        return streak;
      }
      if (random.next() >= chance) return 'serve';
      const what = random.pick(['throttled', 'failed', 'cut', 'lose', 'lose'] as const);
      did(what);
      streak =
        what === 'throttled'
          ? awsError(
              400,
              random.pick(['ThrottlingException', 'ProvisionedThroughputExceededException']),
            )
          : what === 'failed'
            ? awsError(random.pick([500, 503]), 'InternalServerError')
            : what;
      left = lasting ? random.int(0, 3) : 0;
      return streak;
    };
    return inWorld(bench, options, async (world, did) => {
      world.misbehave(({ server }) => (server === 'dynamodb' ? decide(did) : 'serve'));
      world.happen(random.int(15, 80));
      for (let run = random.int(1, 5); run > 0; run--) {
        await world.poll(random.pick([30_000, A_RUN_MS]));
        world.clock.skip(random.int(0, 300_000));
        world.happen(random.int(0, 10));
        await world.work();
        await world.work();
        await world.call('sweep', 60_000).catch(() => {});
      }
      return undefined;
    });
  },
};
