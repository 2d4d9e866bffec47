// Runs detections that keep a state on examples of several events, as the run in one process does.
// Those of one event are match-detections.ts's.
import type { Alert } from '../../lib/contract/alert.ts';
import { CATALOGUE } from '../../lib/detections/catalogue/index.ts';
import {
  type Detection,
  type Example,
  eventsOf,
  type Lists,
  type StatefulDetection,
} from '../../lib/detections/define.ts';
import { Detector } from '../../lib/detections/detector.ts';
import { busEvent } from './bus-events.ts';

export const STATEFUL: readonly StatefulDetection[] = CATALOGUE.filter(
  (detection: Detection) => detection.kind !== 'match',
);

export interface RunOptions {
  readonly origin?: 'live' | 'backfill';
  /** Replace the defaults by name. */
  readonly lists?: Lists;
}

/** The alerts that open, once the feed has passed every window. */
export function openedBy(
  detections: Detection | readonly Detection[],
  example: Example,
  { origin = 'live', lists = {} }: RunOptions = {},
): Alert[] {
  const given = [detections].flat() as Detection[];
  const detector = new Detector(
    given.map((detection) => ({ ...detection, lists: { ...detection.lists, ...lists } })),
    {
      alertOnHistory: false,
      windowMs: 3_600_000,
      runbookBaseUrl: 'https://example.com/detections.md',
    },
  );
  const alerts = eventsOf(example).flatMap((event) =>
    detector.observe(busEvent(event, { origin })),
  );
  return [...alerts, ...detector.finish()].filter(({ revision }) => revision === 1);
}
