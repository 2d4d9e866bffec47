// What matching events came with (addresses, apps, resources): which of it an alert has not seen before. Pure.
// Bounded, since all of it is chosen by whoever acts: five values of a field, each cut.
import type { ContextValue } from '../../contract/alert.ts';
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import { asText, field } from '../../detections/reading/fields.ts';
import { shownText } from '../../text.ts';

const MAX_VALUES_OF_A_FIELD = 5;
const MAX_TEXT = 120;

/** Paths whose values make a context; `label` is where a name for people stands. */
const FIELDS: ReadonlyArray<{
  readonly path: readonly string[];
  readonly label?: readonly string[];
}> = [
  { path: ['context', 'client_ip_address'] },
  { path: ['context', 'user_agent'] },
  { path: ['context', 'oauth_app_name'] },
  { path: ['resource', 'gid'], label: ['resource', 'name'] },
  { path: ['actor', 'gid'], label: ['actor', 'name'] },
];

/** The values an event has; absent and empty ones are left out. */
export function contextOf(event: AuditLogEvent): ContextValue[] {
  return FIELDS.flatMap(({ path, label }) => {
    const value = shownText(asText(field(event, ...path)) ?? '', MAX_TEXT);
    if (value === '') return [];
    const name = shownText((label && asText(field(event, ...label))) ?? '', MAX_TEXT);
    return [{ field: path.join('.'), value, ...(name === '' ? {} : { label: name }) }];
  });
}

/** Those of `values` that `seen` lacks, as far as there is room: past that nothing counts as new. */
export function freshContext(
  seen: readonly ContextValue[],
  values: readonly ContextValue[],
): ContextValue[] {
  return values.filter((value) => {
    const known = seen.filter((each) => each.field === value.field);
    return (
      known.length < MAX_VALUES_OF_A_FIELD && known.every((each) => each.value !== value.value)
    );
  });
}
