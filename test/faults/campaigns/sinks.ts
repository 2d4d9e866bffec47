// Slack, SNS and SQS that refuse for a time or for good, fail, and take messages without saying so.
import { Random } from '../../../lib/local/simulator/random.ts';
import type { Campaign } from '../campaign.ts';
import { type Did, inWorld } from '../in-world.ts';
import { snsError } from '../servers/aws.ts';
import { type Ask, awsError, type Fate } from '../servers/gate.ts';
import { HANGS_MS, type WorldOptions } from '../world.ts';

type Fault = 'rate' | 'failed' | 'cut' | 'lose' | 'hang' | 'permanent';

export const sinks: Campaign = {
  name: 'sinks',
  about: 'faults of Slack, SNS, SQS and Secrets Manager',
  seeds: 200,
  fastSeeds: 15,
  async run(seed, bench, wrong) {
    const random = new Random('sinks', seed);
    const hangs = random.next() < 0.06;
    const storm = random.next() < 0.1;
    const permanent = random.next() < 0.2;
    const chance = 0.1 + 0.6 * random.next();
    const options: WorldOptions = {
      campaign: 'sinks',
      seed,
      pageSize: 100,
      slack: random.pick(['webhook', 'bot']),
      setting: { timeout: hangs ? HANGS_MS : 20_000, newAlertsPerMinute: storm ? 2 : 1_000 },
      break: wrong,
    };
    const decide = ({ server, action }: Ask, did: Did): Fate => {
      if (server === 'secrets' && random.next() < chance / 3) {
        return awsError(500, 'InternalServiceError');
      }
      const isSink = server === 'slack' || action === 'Publish';
      if (!isSink || random.next() >= chance) return 'serve';
      const fault = random.weighted<Fault>([
        [3, 'rate'],
        [3, 'failed'],
        [1, 'cut'],
        [3, 'lose'],
        [hangs ? 0.3 : 0, 'hang'],
        [permanent ? 1 : 0, 'permanent'],
      ]);
      did(fault);
      return fateOf(fault, action, random);
    };
    return inWorld(bench, options, async (world, did) => {
      world.happen(random.int(20, 60));
      await world.poll();
      world.misbehave((ask) => decide(ask, did));
      for (let turn = random.int(3, 12); turn > 0; turn--) {
        if (!(await world.work())) world.clock.skip(random.int(1_000, 200_000));
      }
      return { rollUps: storm, exactMessages: !storm };
    });
  },
};

function fateOf(fault: Fault, action: string, random: Random): Fate {
  if (fault === 'lose' || fault === 'hang' || fault === 'cut') return fault;
  if (action === 'Publish') {
    if (fault === 'rate') return snsError(400, 'Throttled');
    if (fault === 'failed') return snsError(500, 'InternalError');
    return snsError(400, random.pick(['InvalidParameter', 'NotFound', 'AuthorizationError']));
  }
  if (fault === 'rate') {
    const after = random.pick(['1', '30', '120', new Date(Date.now() + 60_000).toUTCString()]);
    return { status: 429, body: '', headers: { 'retry-after': after } };
  }
  if (fault === 'failed') return { status: random.pick([500, 502, 503]), body: 'rollup_error' };
  if (action === 'webhook') {
    return { status: random.pick([400, 403, 404, 410]), body: 'no_service' };
  }
  return {
    status: 200,
    body: JSON.stringify({ ok: false, error: random.pick(['channel_not_found', 'is_archived']) }),
    headers: { 'content-type': 'application/json' },
  };
}
