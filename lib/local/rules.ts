// The rules of the local bus: the very patterns the deployed bus has, each with the queue it feeds.
import type { BusEvent } from '../contract/bus-event.ts';
import type { Detection } from '../detections/define.ts';
import { rulePattern } from '../detections/definition/rule-pattern.ts';
import { compileEventPattern } from '../detections/event-pattern.ts';
import type { LocalRule } from './bus.ts';

export const DETECT_QUEUE = 'detect';

/** The queue of the sink with this name. */
export function sinkQueue(sink: string): string {
  return `notify-${sink}`;
}

/** A rule per detection, all into one queue, each message naming its detection as the deployed input transformer does. */
export function detectionRules(
  catalogue: readonly Detection[],
  options: { readonly alertOnHistory: boolean },
): LocalRule[] {
  return catalogue.map((detection) => ({
    name: detection.id,
    matches: matcher(rulePattern(detection, options)),
    message: ({ text }) => ({
      queue: DETECT_QUEUE,
      body: `{"detectionId":${JSON.stringify(detection.id)},"event":${text}}`,
    }),
  }));
}

/** What a sink is given, into the sink's own queue. */
export function sinkRule(queue: string, pattern: object): LocalRule {
  return {
    name: queue,
    matches: matcher(pattern),
    message: ({ text }) => ({ queue, body: text }),
  };
}

function matcher(pattern: object): (event: BusEvent<unknown>) => boolean {
  return compileEventPattern(pattern);
}
