// The ways to take the steps of a sequence, numbered: engines, sightings and patterns have to number them alike.
// Apart from define.ts because the check of a definition, which that one calls, needs it.
import type { SequenceDetection, Way } from '../define.ts';

/** In the order of the steps, each step's own way first. */
export function waysOf({
  steps,
}: Pick<SequenceDetection, 'steps'>): Array<Way & { readonly step: number }> {
  return steps.flatMap(({ name: _, or = [], ...first }, step) =>
    [first, ...or].map((way) => ({ ...way, step })),
  );
}
