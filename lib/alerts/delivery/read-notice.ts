// Reads what a message of a notifier's queue says of an alert. Pure.
// The rule has checked all this; a message sent by hand or by an outdated rule has not.
import { parseLossless } from '../../asana/lossless-json.ts';
import { alertDetailSchema } from '../../contract/alert.ts';
import { ALERT_DETAIL_TYPES, ALERT_SOURCE } from '../../contract/sources.ts';
import type { Notice } from './sink-port.ts';

const KINDS: ReadonlyMap<unknown, Notice['kind']> = new Map([
  [ALERT_DETAIL_TYPES.opened, 'opened'],
  [ALERT_DETAIL_TYPES.updated, 'updated'],
  [ALERT_DETAIL_TYPES.closed, 'closed'],
]);

/** `not for sinks`: staged, suppressed, from a replay, or no alert. */
export function readNotice(body: string): Notice | 'not for sinks' | 'malformed' {
  let event: Record<string, unknown>;
  try {
    event = parseLossless(body) as Record<string, unknown>;
  } catch {
    return 'malformed';
  }
  if (typeof event !== 'object' || event === null) return 'malformed';
  const kind = KINDS.get(event['detail-type']);
  if (event['source'] !== ALERT_SOURCE || kind === undefined) return 'not for sinks';
  if (event['replay-name'] !== undefined) return 'not for sinks';
  const detail = alertDetailSchema.safeParse(event['detail']);
  if (!detail.success) return 'malformed';
  const alert = detail.data.data;
  return alert.status === 'active' ? { kind, alert } : 'not for sinks';
}
