// Two and five pollers at once, each a process, some paused (SIGSTOP) until long after their lease and woken (SIGCONT).
import { setTimeout as realTime } from 'node:timers/promises';
import { Random } from '../../../lib/local/simulator/random.ts';
import type { Campaign } from '../campaign.ts';
import type { Polled } from '../functions.ts';
import { inWorld } from '../in-world.ts';
import type { Ask } from '../servers/gate.ts';
import { type Worker, WorkerPool } from '../worker-pool.ts';
import type { WorldOptions } from '../world.ts';

let pool: WorkerPool | undefined;
const workers: Worker[] = [];

export const pollers: Campaign = {
  name: 'pollers',
  about: 'pollers at once, paused and woken',
  seeds: 100,
  fastSeeds: 3,
  isElsewhere: true,
  async run(seed, bench, wrong) {
    pool ??= new WorkerPool();
    const many = seed % 2 === 0 ? 2 : 5;
    while (workers.length < many) workers.push(pool.take());
    const mine = workers.slice(0, many);
    const random = new Random('pollers', seed);
    const options: WorldOptions = {
      campaign: 'pollers',
      seed,
      pageSize: random.int(5, 20),
      break: wrong,
    };
    return inWorld(bench, options, async (world, did) => {
      // 15 seconds of a lease are 150 milliseconds here.
      const remainingMs = random.int(8_000, 15_000);
      const pauses: Promise<void>[] = [];
      const pauseAt = new Set(Array.from({ length: random.int(1, 4) }, () => random.int(1, 25)));
      const waits = Array.from(
        { length: 5 },
        () => [20 * random.next(), random.int(50, 600)] as const,
      );
      let puts = 0;
      const pause = async (worker: Worker, [after, long]: readonly [number, number]) => {
        await realTime(after);
        worker.kill('SIGSTOP');
        await realTime(long);
        worker.kill('SIGCONT');
      };
      const decide = ({ server, path }: Ask) => {
        const worker = mine[Number(/^\/poller-(\d)/.exec(path)?.[1] ?? Number.NaN)];
        if (server === 'bus' && worker !== undefined && pauseAt.has(++puts)) {
          did('pauses');
          world.injected.deaths += 1;
          pauses.push(pause(worker, waits[pauses.length % waits.length] ?? [0, 100]));
        }
        return 'serve' as const;
      };
      const pollOnAndOn = async (worker: Worker, index: number) => {
        const addresses = { ...bench.addresses, bus: `${bench.addresses.bus}/poller-${index}` };
        for (let run = 0; run < 8; run++) {
          const polled = (await worker.invoke({
            role: 'poll',
            given: [remainingMs],
            addresses,
            setting: world.setting,
            time: world.clock.setting,
          })) as Polled;
          if (polled.code === 'lease.lost' || polled.code === 'poll.failed') {
            did('leases lost');
            world.injected.deaths += 1;
          }
          if (polled.outcome === 'held') await realTime(random.int(5, 60));
        }
      };
      try {
        world.misbehave(decide);
        world.happen(random.int(60, 200));
        await Promise.all(mine.map(pollOnAndOn));
        await Promise.all(pauses);
        world.clock.skip(60_000);
        world.route();
        return undefined;
      } finally {
        await Promise.all(pauses);
      }
    });
  },
  async close() {
    pool?.close();
    pool = undefined;
    workers.length = 0;
  },
};
