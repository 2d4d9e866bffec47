// Hostile text in every text of the events, through the whole path: inert in Slack, mail, terminal and logs.
import pc from 'picocolors';
import type { Alert } from '../../../lib/contract/alert.ts';
import { ALERT_SOURCE } from '../../../lib/contract/sources.ts';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import { alertBlock, closingLine, updateLine } from '../../../lib/local/show.ts';
import { Random } from '../../../lib/local/simulator/random.ts';
import type { Campaign } from '../campaign.ts';
import { count } from '../count.ts';
import {
  MARK,
  slackProblems,
  snsProblems,
  terminalProblems,
  withHostileTexts,
} from '../hostile.ts';
import { World } from '../world.ts';

type Example = Readonly<Record<string, unknown>>;

/** Events that some detection is made for, whatever else they hold. */
const EXAMPLES: readonly Example[] = CATALOGUE.flatMap(({ examples }) =>
  examples.alerts.flatMap((example) => (Array.isArray(example) ? example : [example])),
).map((example) => example as unknown as Example);

export const hostile: Campaign = {
  name: 'hostile',
  about: 'hostile text in every field',
  seeds: 100,
  fastSeeds: 6,
  async run(seed, bench, wrong) {
    const random = new Random('hostile', seed);
    const kind = random.pick(['webhook', 'bot'] as const);
    const world = await World.open(bench, {
      campaign: 'hostile',
      seed,
      pageSize: 50,
      slack: kind,
      break: wrong,
    });
    try {
      const now = world.clock.now();
      const events = Array.from({ length: 25 }, (_, number) => ({
        ...(withHostileTexts(random.pick(EXAMPLES), random) as Example),
        gid: String(5_000_000_000_000_000 + number),
        created_at: new Date(now - 60_000 + number * 1_000).toISOString(),
      }));
      world.simulator.log.append(...events);
      const problems = await world.settle();
      const { bench: servers } = world;
      const told = kind === 'bot' ? servers.slackApi.messages : servers.slack.messages;
      for (const { text, blocks } of told) {
        const given = typeof blocks === 'string' ? JSON.parse(blocks) : blocks;
        problems.push(...slackProblems({ text, blocks: given }));
      }
      for (const message of servers.aws.published) problems.push(...snsProblems(message));
      problems.push(...onTerminal(world));
      problems.push(
        ...world.logged
          .filter((line) => line.includes(MARK))
          .map((line) => `the log holds text from Asana: ${line.slice(0, 200)}`),
      );
      // What the detections make of events that somebody made up is not known beforehand.
      const counted = count(world);
      const { messages } = counted.count;
      return {
        problems: [...problems, ...counted.problems.filter((text) => !/^asana\./.test(text))],
        count: counted.count,
        injected: { events: events.length, 'messages looked at': messages.slack + messages.sns },
      };
    } finally {
      await world.close();
    }
  },
};

function onTerminal(world: World): string[] {
  const plain = pc.createColors(false);
  return world.bench.bus.entries
    .filter(({ Source }) => Source === ALERT_SOURCE)
    .flatMap(({ Detail }) => {
      const { data } = JSON.parse(Detail) as { data: Alert };
      const now = world.clock.now();
      return [alertBlock(data, plain), updateLine(data, now, plain), closingLine(data, now, plain)];
    })
    .flatMap(terminalProblems);
}
