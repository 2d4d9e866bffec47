// The process is killed (SIGKILL) at a random instant of any of its work, and a new one goes on once the lease is over.
import { Random } from '../../../lib/local/simulator/random.ts';
import type { Campaign } from '../campaign.ts';
import { count } from '../count.ts';
import type { Calls } from '../functions.ts';
import type { Ask, Fate } from '../servers/gate.ts';
import { There, WorkerPool } from '../worker-pool.ts';
import { World } from '../world.ts';

type Role = keyof Calls;
/** Before it is done, after it is done and before its answer, or with the answer on its way. */
type Instant = 'before' | 'done' | 'answered';

let pool: WorkerPool | undefined;

export const kill: Campaign = {
  name: 'kill',
  about: 'SIGKILL at a random instant',
  seeds: 500,
  fastSeeds: 8,
  isElsewhere: true,
  async run(seed, bench, wrong) {
    pool ??= new WorkerPool();
    const workers = pool;
    const worker = pool.take();
    const random = new Random('kill', seed);
    const role = random.weighted<Role>([
      [6, 'poll'],
      [3, 'detect'],
      [2, 'notify-slack'],
      [2, 'notify-sns'],
      [1, 'sweep'],
    ]);
    const instant = random.pick<Instant>(['before', 'done', 'answered']);
    // By requests, so that a seed dies the same death again; by time now and then, for what lies between requests.
    const byTime = random.next() < 0.25;
    const request = random.int(1, role === 'poll' ? 30 : 12);
    const milliseconds = 30 * random.next();
    let current: Role | undefined;
    let seen = 0;
    let killed = 0;
    let taken = 0;
    const die = () => {
      if (killed > 0) return;
      killed += 1;
      worker.kill();
    };
    const isTurn = () => !byTime && current === role && killed === 0 && ++seen === request;
    const world = await World.open(bench, {
      campaign: 'kill',
      seed,
      pageSize: random.int(3, 40),
      slack: random.pick(['webhook', 'bot']),
      onResponse: () => {
        if (isTurn()) die();
      },
      break: wrong,
    });
    const decide = ({ server, action }: Ask): Fate => {
      const isSink = server === 'slack' ? action !== 'chat.update' : action === 'Publish';
      if (isSink && current === role) taken += 1;
      if (!isTurn()) return 'serve';
      if (instant === 'answered') {
        bench.gate.answered = die;
        return 'serve';
      }
      die();
      if (instant === 'before' && isSink) taken -= 1;
      return instant === 'before' ? 'cut' : 'serve';
    };
    const there = new There(workers, bench.addresses, world.setting, worker);
    // The process that is to die does what it is to die of; what came before and comes after is this one's, which knows
    // nothing of it but what the servers know.
    world.onCall = async (now, here, elsewhere) => {
      if (now !== role || killed > 0) return here();
      current = now;
      await worker.ready;
      const timer = byTime ? setTimeout(die, milliseconds) : undefined;
      try {
        return await elsewhere(there);
      } finally {
        clearTimeout(timer);
        current = undefined;
      }
    };
    world.misbehave(decide);
    try {
      world.happen(random.int(15, 80));
      if ((await world.poll()) === 'died') {
        world.injected.deaths += 1;
        world.clock.skip(300_000);
      }
      for (let turn = 0; turn < 4; turn++) await world.work();
      await world.call('sweep', 60_000);
      world.happen(random.int(0, 10));
      if ((await world.poll()) === 'died') {
        world.injected.deaths += 1;
        world.clock.skip(300_000);
      }
      if (role === 'notify-slack' && taken > 0) world.injected.unconfirmed.slack += killed;
      if (role === 'notify-sns' && taken > 0) world.injected.unconfirmed.sns += killed;
      const problems = await world.settle();
      const counted = count(world);
      return {
        problems: [...problems, ...counted.problems].map(
          (text) =>
            `${text} [${role} ${instant} ${byTime ? `${milliseconds.toFixed(1)} ms` : request}]`,
        ),
        count: counted.count,
        injected: { [`killed in ${role}`]: killed, 'not reached': 1 - killed },
      };
    } finally {
      worker.kill();
      await world.close();
    }
  },
  async close() {
    pool?.close();
    pool = undefined;
  },
};
