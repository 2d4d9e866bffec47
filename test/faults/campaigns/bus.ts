// PutEvents that throttles, fails, takes and does not say so, refuses single entries of each kind, cuts the connection.
import { Random } from '../../../lib/local/simulator/random.ts';
import type { PutEntry, PutScript } from '../../support/event-bus.ts';
import type { Campaign } from '../campaign.ts';
import { type Did, inWorld } from '../in-world.ts';
import { A_RUN_MS, HANGS_MS, type WorldOptions } from '../world.ts';

const PASSING = ['ThrottlingException', 'InternalFailure', 'InternalException', 'SomethingNew'];
const POISON = ['MalformedDetail', 'InvalidArgument', 'EntryTooLarge'];
const DENIED = ['AccessDeniedException', 'ResourceNotFoundException'];

export const bus: Campaign = {
  name: 'bus',
  about: 'faults of PutEvents',
  seeds: 200,
  fastSeeds: 15,
  async run(seed, bench, wrong) {
    const random = new Random('bus', seed);
    const hangs = random.next() < 0.1;
    const poisons = random.next() < 0.3;
    const denies = random.next() < 0.2;
    const chance = 0.1 + 0.6 * random.next();
    const options: WorldOptions = {
      campaign: 'bus',
      seed,
      pageSize: random.int(5, 60),
      slack: random.pick(['webhook', 'bot']),
      setting: { timeout: hangs ? HANGS_MS : 20_000 },
      break: wrong,
    };
    /** What is refused for itself is refused each time it comes. */
    const poisoned = (entry: PutEntry) =>
      poisons &&
      entry.Source === 'asana.audit-log' &&
      !entry.Detail.includes('"quarantine"') &&
      entry.Detail.length % 5 === seed % 5;
    const script = (entries: readonly PutEntry[], did: Did): PutScript => {
      const failed: Record<number, string> = {};
      entries.forEach((entry, index) => {
        if (poisoned(entry)) failed[index] = POISON[entry.Detail.length % 3] ?? '';
        else if (random.next() < chance / 3) failed[index] = random.pick(PASSING);
      });
      if (random.next() >= chance) {
        if (Object.keys(failed).length > 0) did('entries refused');
        return { failed };
      }
      const fault = random.weighted<string>([
        [3, 'throttled'],
        [2, 'failed'],
        [2, 'reset'],
        [2, 'accept-then-reset'],
        [hangs ? 0.2 : 0, 'accept-then-hang'],
        [poisons ? 2 : 0, 'invalid'],
        [denies ? 1 : 0, 'denied'],
      ]);
      did(fault);
      if (fault === 'throttled') return { status: 400, code: 'ThrottlingException' };
      if (fault === 'failed') return { status: random.pick([500, 503]), code: 'InternalFailure' };
      if (fault === 'denied') return { status: 400, code: random.pick(DENIED) };
      if (fault === 'invalid') {
        return entries.some(poisoned) ? { status: 400, code: 'ValidationException' } : undefined;
      }
      // Nothing that is refused for itself is ever taken.
      if (entries.some(poisoned)) return { failed };
      return fault as 'reset' | 'accept-then-reset' | 'accept-then-hang';
    };
    return inWorld(bench, options, async (world, did) => {
      world.misbehave(
        () => 'serve',
        (entries) => script(entries, did),
      );
      world.happen(random.int(15, 80));
      for (let run = random.int(1, 4); run > 0; run--) {
        await world.poll(random.pick([30_000, A_RUN_MS]));
        world.clock.skip(random.int(0, 120_000));
        world.happen(random.int(0, 10));
        await world.work();
      }
      return undefined;
    });
  },
};
