// A process of the harness: does the seeds it is handed, one after another, against servers of its own.
import { startBench } from './bench.ts';
import type { Break } from './breaks.ts';
import type { Verdict } from './campaign.ts';
import { CAMPAIGNS } from './campaigns.ts';

export interface Task {
  readonly campaign: string;
  readonly seed: number;
  readonly wrong?: Break | undefined;
}

export interface Done extends Task {
  readonly verdict: Verdict;
}

const bench = await startBench();

process.on('message', (task: Task) => {
  void run(task).then((verdict) => process.send?.({ ...task, verdict } satisfies Done));
});
process.on('disconnect', async () => {
  await Promise.all(CAMPAIGNS.map((campaign) => campaign.close?.()));
  process.exit(0);
});
process.send?.('ready');

async function run({ campaign: name, seed, wrong }: Task): Promise<Verdict> {
  try {
    const campaign = CAMPAIGNS.find((each) => each.name === name);
    if (campaign === undefined) throw new Error(`there is no campaign ${name}`);
    return await campaign.run(seed, bench, wrong);
  } catch (error) {
    return { problems: [`the harness itself: ${(error as Error).stack}`], injected: {} };
  }
}
