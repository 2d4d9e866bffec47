// An event as it reaches the detections, with what each of them would have to find out of it: made once, looked at by many. Pure.
import { createdAtOf, gidOf } from '../asana/event.ts';
import type { BusEvent } from '../contract/bus-event.ts';
import { isOdd } from './definition/rule-matcher.ts';

export interface Arrival {
  readonly event: BusEvent;
  /** Undefined without a usable one. */
  readonly gid: string | undefined;
  /** Milliseconds since the epoch: `created_at`, without a readable one the envelope's time; NaN with neither. */
  readonly at: number;
  /** As `isOdd` of definition/rule-matcher.ts has it. */
  readonly isOdd: boolean;
}

export function arrivalOf(event: BusEvent): Arrival {
  const { data } = event.detail;
  const at = createdAtOf(data) ?? Date.parse(event.time);
  return { event, gid: gidOf(data), at, isOdd: isOdd(event) };
}
