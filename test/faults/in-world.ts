// What nearly every campaign does with a seed: open a world, drive it, let everything behave and come to its end, count.
// How it is driven is the campaign's.
import type { Bench } from './bench.ts';
import type { Verdict } from './campaign.ts';
import { count, type Expectation } from './count.ts';
import { World, type WorldOptions } from './world.ts';

/** What was injected, by its name: `did('throttled')`. */
export type Did = (what: string) => void;

/** @param drive answers with what is expected of the count; all of the default where nothing */
export async function inWorld(
  bench: Bench,
  options: WorldOptions,
  drive: (world: World, did: Did) => Promise<Expectation | undefined>,
): Promise<Verdict> {
  const injected: Record<string, number> = {};
  const world = await World.open(bench, options);
  try {
    const expected = await drive(world, (what) => {
      injected[what] = (injected[what] ?? 0) + 1;
    });
    const problems = await world.settle();
    const counted = count(world, expected);
    return { problems: [...problems, ...counted.problems], count: counted.count, injected };
  } finally {
    await world.close();
  }
}
