// `npm run test:faults`: every campaign over all its seeds, on all cores, then the deliberate breaks. See docs/faults.md.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { BREAKS, type Break } from './breaks.ts';
import type { Campaign } from './campaign.ts';
import { CAMPAIGNS, NOTICED_BY, SEEDS_FOR_A_BREAK } from './campaigns.ts';
import type { Done, Task } from './lane.ts';

const HELP = `Drives the real code through servers that misbehave, and counts what came out.

npm run test:faults -- [options]

  --only NAME     one campaign: ${CAMPAIGNS.map(({ name }) => name).join(', ')}, breaks
  --seed N        that one seed of the campaign: a replay
  --seeds N       at most so many seeds of each campaign
  --lanes N       processes at once (${availableParallelism()}, one a core; one more for kill and pollers, which wait)
  --help          this text
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seed: { type: 'string' },
    seeds: { type: 'string' },
    lanes: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const most = Number(values.seeds ?? Number.POSITIVE_INFINITY);
const chosen = CAMPAIGNS.filter(({ name }) => values.only === undefined || values.only === name);
if (chosen.length === 0 && values.only !== 'breaks') {
  process.stderr.write(`npm run test:faults: there is no campaign ${values.only}\n\n${HELP}`);
  process.exit(2);
}

/** All that a request leaves behind dies young: where there is room for it, most collections are saved. */
const LANE_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--min-semi-space-size=64',
  '--max-semi-space-size=64',
];

class Lane {
  readonly #child: ChildProcess = fork(fileURLToPath(new URL('lane.ts', import.meta.url)), {
    execArgv: LANE_FLAGS,
  });
  readonly #ready = once(this.#child, 'message');
  #settle: (done: Done) => void = () => {};
  #giveUp: (error: Error) => void = () => {};

  constructor() {
    void this.#ready.then(() => this.#child.on('message', (done: Done) => this.#settle(done)));
    this.#child.on('exit', () => this.#giveUp(new Error('a process of the harness ended')));
  }

  async run(task: Task): Promise<Done> {
    await this.#ready;
    return new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#giveUp = reject;
      this.#child.send(task);
    });
  }

  close(): void {
    this.#child.disconnect();
  }
}

const begun = performance.now();
let failed = 0;
for (const campaign of chosen) failed += await drive(campaign);
if (values.seed === undefined && (values.only === undefined || values.only === 'breaks')) {
  failed += await breaks();
}
const seconds = Math.round((performance.now() - begun) / 1000);
process.stdout.write(
  failed === 0 ? `All is well, in ${seconds} s.\n` : `${failed} failed, in ${seconds} s.\n`,
);
process.exitCode = failed === 0 ? 0 : 1;

/** @returns how many seeds failed */
async function drive(campaign: Campaign): Promise<number> {
  const since = performance.now();
  const only = values.seed === undefined ? undefined : Number(values.seed);
  const seeds =
    only === undefined
      ? Array.from({ length: Math.min(most, campaign.seeds) }, (_, index) => index + 1)
      : [only];
  const totals = new Map<string, number>();
  const add = (name: string, value: number) => totals.set(name, (totals.get(name) ?? 0) + value);
  let bad = 0;
  await onLanes(
    lanesFor(campaign),
    seeds.map((seed) => ({ campaign: campaign.name, seed })),
    ({ seed, verdict: { problems, injected, count } }) => {
      for (const [name, value] of Object.entries(injected)) add(`  ${name}`, value);
      if (count !== undefined) {
        add('events', count.logged);
        add('events doubled', count.doubled);
        add('alerts', count.alerts);
        for (const sink of ['slack', 'sns'] as const) {
          add('messages', count.messages[sink]);
          add('messages doubled', count.doubledMessages[sink]);
        }
      }
      if (problems.length === 0) return false;
      bad += 1;
      process.stdout.write(
        `${campaign.name} seed ${seed} FAILED; npm run test:faults -- --only ${campaign.name} --seed ${seed}\n${problems
          .slice(0, 5)
          .map((text) => `    ${text}\n`)
          .join('')}`,
      );
      return false;
    },
  );
  const seconds = ((performance.now() - since) / 1000).toFixed(0);
  process.stdout.write(
    `${campaign.name}: ${campaign.about}: seeds ${seeds[0]} to ${seeds.at(-1)}, ${bad} failed, ${seconds} s\n`,
  );
  for (const [name, value] of totals) process.stdout.write(`    ${name}: ${value}\n`);
  return bad;
}

/** @returns how many breaks nobody noticed */
async function breaks(): Promise<number> {
  let unnoticed = 0;
  for (const wrong of Object.keys(BREAKS) as Break[]) {
    const campaign = NOTICED_BY[wrong];
    const tasks = Array.from({ length: SEEDS_FOR_A_BREAK }, (_, index) => ({
      campaign: campaign.name,
      seed: index + 1,
      wrong,
    }));
    const noticed: Done[] = [];
    await onLanes(lanesFor(campaign), tasks, (done) => {
      const [problem] = done.verdict.problems;
      if (problem !== undefined && !problem.startsWith('the harness itself')) noticed.push(done);
      return noticed.length > 0;
    });
    const [first] = noticed;
    if (first === undefined) unnoticed += 1;
    const how =
      first === undefined
        ? 'NOT NOTICED'
        : `noticed by seed ${first.seed} of ${campaign.name}: ${first.verdict.problems[0]}`;
    process.stdout.write(`break ${wrong} (${BREAKS[wrong]}): ${how}\n`);
  }
  return unnoticed;
}

function lanesFor({ isElsewhere }: Campaign): number {
  return Number(values.lanes ?? availableParallelism() + (isElsewhere ? 1 : 0));
}

/**
 * Lanes of their own for each list of tasks: the DynamoDB in a lane keeps about a megabyte of each seed's dropped tables.
 * @param done answers true when no more is to be begun
 */
async function onLanes(
  atOnce: number,
  tasks: readonly Task[],
  done: (result: Done) => boolean,
): Promise<void> {
  const queue = [...tasks];
  await Promise.all(
    Array.from({ length: Math.min(atOnce, tasks.length) }, async () => {
      const lane = new Lane();
      for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
        if (done(await lane.run(task))) queue.length = 0;
      }
      lane.close();
    }),
  );
}
