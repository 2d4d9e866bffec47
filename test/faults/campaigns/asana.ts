// Every fault of the simulated Asana, alone and in random combination, through the whole path to the sinks.
import { FAULTS, type FaultName } from '../../../lib/local/simulator/fault-list.ts';
import { Random } from '../../../lib/local/simulator/random.ts';
import type { Campaign } from '../campaign.ts';
import { count } from '../count.ts';
import { A_RUN_MS, World } from '../world.ts';

const NAMES = Object.keys(FAULTS) as FaultName[];
/** Sizes that a page of the harness can have, and waits that its clock shortens. */
const SETTINGS: Partial<Record<FaultName, (random: Random) => string>> = {
  'padded-body': (random) => `:bytes=1100000:above=${random.int(0, 4)}`,
  'rate-limit': (random) =>
    `:retry-after=${random.pick([0, 1, 30, 600])}:date=${random.pick([true, false])}`,
  'connection-reset': (random) => `:at=${random.pick(['start', 'headers', 'body'])}`,
  'unparseable-page': (random) => `:at=${random.int(1, 30)}:above=${random.int(0, 3)}`,
  'slow-headers': (random) => `:ms=${random.int(100, 3_000)}`,
  'slow-body': (random) => `:ms=${random.int(100, 3_000)}`,
  'late-event': (random) => `:by=${random.int(1, 40)}`,
  'duplicate-across-pages': (random) => `:count=${random.int(1, 4)}`,
};

function faultsOf(seed: number, random: Random): FaultName[] {
  const alone = NAMES[seed - 1];
  if (alone !== undefined) return [alone];
  const names = new Set<FaultName>();
  for (let left = random.int(2, 5); left > 0; left--) names.add(random.pick(NAMES));
  // Events that Asana serves out of the order of their time, and no way on but the time: nobody could read such a log.
  if (names.has('late-event')) names.delete('null-next-page');
  return [...names];
}

/** For an event later than others no offset may be lost over and over within one page. */
const LOSES_OFFSETS: ReadonlySet<FaultName> = new Set([
  'expire-offsets',
  'invalid-offsets',
  'offset-once',
]);

export const asana: Campaign = {
  name: 'asana',
  about: 'faults of Asana alone and combined',
  seeds: 1_000,
  fastSeeds: 45,
  async run(seed, bench, wrong) {
    const random = new Random('asana', seed);
    const names = faultsOf(seed, random);
    const faults = names
      .map((name) => {
        const rate = random.weighted([
          [3, ''],
          [2, `:every=${random.int(1, 5)}`],
          [2, `:chance=${(0.1 + 0.6 * random.next()).toFixed(2)}`],
        ]);
        const once = names.includes('late-event') && LOSES_OFFSETS.has(name) ? ':times=1' : '';
        return `${name}${rate}${once}${SETTINGS[name]?.(random) ?? ''}`;
      })
      .join(',');
    const world = await World.open(bench, {
      campaign: 'asana',
      seed,
      pageSize: random.int(3, 20),
      faults,
      slack: random.pick(['webhook', 'bot']),
      // Waits for headers and body that never end are given up after this.
      setting: { asanaTimeout: 300, skipUnreadable: random.next() < 0.2 },
      break: wrong,
    });
    try {
      world.happen(random.int(10, 50));
      for (let run = random.int(1, 4); run > 0; run--) {
        await world.poll(random.pick([20_000, 60_000, A_RUN_MS]));
        world.clock.skip(random.int(0, 120_000));
        world.happen(random.int(0, 8));
        await world.work();
      }
      const problems = await world.settle();
      const changes = names.some((name) => FAULTS[name].kind === 'event');
      const counted = count(world, { changes });
      const { skipUnreadable } = world.setting;
      const stepped = skipUnreadable && names.includes('unparseable-page');
      return {
        problems: [
          ...problems,
          // Told to step over what cannot be read, the poller leaves it behind, and says so on the bus.
          ...counted.problems.filter((text) => !(stepped && text.startsWith('lost: '))),
        ].map((text) => `${text} [${faults}]`),
        count: counted.count,
        injected: { ...world.simulator.requests.byFault },
      };
    } finally {
      await world.close();
    }
  },
};
