// An event that was repaired by hand, on its way from quarantine to the bus: checked, enveloped. Pure.
import { gidOf } from '../../asana/event.ts';
import { isJsonObject } from '../../asana/lossless-json.ts';
import { DEFAULT_MAX_EVENT_BYTES, envelope } from '../../bus/envelope.ts';
import type { BusEntry } from '../../bus/publisher-port.ts';
import { DEFAULT_REDACT_PATHS, redactor } from '../../bus/redaction.ts';
import { ConfigurationError } from '../../errors.ts';

export interface Repaired {
  readonly gid: string;
  readonly entry: BusEntry;
}

/**
 * @param quarantined what lies in quarantine: where it has a gid, the repaired one keeps it
 * @param liveFrom epoch milliseconds: events created before are history
 * @throws ConfigurationError with all that is wrong
 */
export function repairedEntry(
  repaired: unknown,
  quarantined: unknown,
  workspaceGid: string,
  liveFrom: number,
  publishedAt: number,
): Repaired {
  const problems: string[] = [];
  const event = isJsonObject(repaired) ? { ...repaired } : {};
  if (!isJsonObject(repaired)) problems.push('--file: it must hold one JSON object, the event');
  const gid = gidOf(event);
  const before = isJsonObject(quarantined) ? gidOf(quarantined) : undefined;
  if (gid === undefined) problems.push('--file: the event needs a gid, by which it is recognised');
  else if (before !== undefined && gid !== before) {
    problems.push(`--file: its gid is ${gid}, that of the event in quarantine ${before}; keep it`);
  }
  const redacted = redactor(DEFAULT_REDACT_PATHS)(event);
  const { entry, deliveredBytes } = envelope(event, redacted, {
    workspaceGid,
    liveFrom,
    publishedAt,
  });
  if (deliveredBytes > DEFAULT_MAX_EVENT_BYTES) {
    problems.push(
      `--file: on the bus it would take ${deliveredBytes} bytes; at most ${DEFAULT_MAX_EVENT_BYTES} reach every kind of target: take out more`,
    );
  }
  if (gid === undefined || problems.length > 0) {
    throw new ConfigurationError('The repaired event', problems);
  }
  return { gid, entry };
}
