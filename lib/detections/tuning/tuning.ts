// The detections as configuration has them: each definition with its overrides. Pure.
// Whether the overrides are sound is overrides.ts's; here they are taken to be.
import type { Detection } from '../define.ts';
import type { Override, Overrides } from './overrides.ts';

/**
 * The effective detections, in the catalogue's order: those that are off are left out, and what an override does not
 * name is as defined. Same input, same output; the catalogue's own definitions stay as they are.
 */
export function tuned(catalogue: readonly Detection[], overrides: Overrides): Detection[] {
  return catalogue
    .map((detection) =>
      Object.hasOwn(overrides, detection.id)
        ? overridden(detection, overrides[detection.id] ?? {})
        : detection,
    )
    .filter(({ status }) => status !== 'off');
}

/** Ids of what `tuned` leaves out: their messages still in a queue are nobody's any more. */
export function switchedOff(
  catalogue: readonly Detection[],
  effective: readonly Detection[],
): ReadonlySet<string> {
  const on = new Set(effective.map(({ id }) => id));
  return new Set(catalogue.map(({ id }) => id).filter((id) => !on.has(id)));
}

function overridden(detection: Detection, { lists, severity, ...plain }: Override): Detection {
  const { severityOf, ...rest } = detection;
  return Object.freeze({
    ...rest,
    ...plain,
    ...(severity === undefined
      ? severityOf === undefined
        ? {}
        : { severityOf }
      : // One severity whatever the event, as it was asked for.
        { severity }),
    ...(lists === undefined ? {} : { lists: { ...detection.lists, ...lists } }),
  }) as Detection;
}
