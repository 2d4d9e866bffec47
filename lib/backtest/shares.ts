// Divides detections among threads so that each has about as much to do. What a detection costs is judged by the beginning
// of the history: how many events it looks at, and how many of them it puts into a group. Decides nothing about alerts.
import type { BusEvent } from '../contract/bus-event.ts';
import { Watch } from '../detections/watch.ts';
import type { HistoryOptions } from './history.ts';
import { readEventLine } from './history-event.ts';
import { readLines } from './lines.ts';
import type { Side } from './side.ts';

const SAMPLE_EVENTS = 2_000;
/** What an event costs that is looked at, and what one in a group does besides: by the engines' own measure, about. */
const LOOK_COST = 1;
const PLACED_COST = 6;

/** The events that a history begins with. @throws AuditBusError `history.invalid` */
export async function sampleOf({ files, workspaceGid }: HistoryOptions): Promise<BusEvent[]> {
  const events: BusEvent[] = [];
  for (const file of files) {
    for await (const lines of readLines(file)) {
      for (const line of lines) {
        const content = readEventLine(line ?? '', workspaceGid, 0);
        if (typeof content === 'object' && 'event' in content) events.push(content.event);
        if (events.length >= SAMPLE_EVENTS) return events;
      }
    }
  }
  return events;
}

/** By share, the ids of a side's detections: each detection in one of them. */
export function sharesOf(side: Side, sample: readonly BusEvent[], shares: number): Set<string>[] {
  const { windowMs, runbookBaseUrl } = side;
  const weighed = side.catalogue
    .map((detection) => {
      const watch = new Watch(detection, { alertOnHistory: true, windowMs, runbookBaseUrl });
      return { id: detection.id, cost: costOf(watch, sample) };
    })
    .sort((a, b) => b.cost - a.cost);
  const parts = Array.from({ length: shares }, () => ({ cost: 0, ids: new Set<string>() }));
  for (const { id, cost } of weighed) {
    const least = parts.reduce((one, other) => (other.cost < one.cost ? other : one));
    least.ids.add(id);
    least.cost += cost;
  }
  return parts.map(({ ids }) => ids);
}

function costOf(watch: Watch, sample: readonly BusEvent[]): number {
  let cost = 0;
  let opened = false;
  for (const event of sample) {
    const typed = watch.ofType(event['detail-type']);
    if (typed === undefined) continue;
    cost += LOOK_COST / 10;
    // As long as nothing has opened a group, other events are not even looked at.
    if (!opened && !typed.opens) continue;
    cost += LOOK_COST;
    for (const placed of placedIn(typed.see, event)) {
      opened ||= watch.opens(placed);
      if (opened) cost += PLACED_COST;
    }
  }
  return cost;
}

/** What fails here fails again in the run, where it is told. */
function placedIn(see: Watch['see'], event: BusEvent): ReturnType<Watch['see']> {
  try {
    return see(event);
  } catch {
    return [];
  }
}
