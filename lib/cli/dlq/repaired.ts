// An event that was repaired by hand, on its way from quarantine to the bus: checked, enveloped. Pure.
import { gidOf } from '../../asana/event.ts';
import { isJsonObject } from '../../asana/lossless-json.ts';
import { type EnvelopeContext, envelope } from '../../bus/envelope.ts';
import type { BusEntry } from '../../bus/publisher-port.ts';
import { redactor } from '../../bus/redaction.ts';
import { ConfigurationError } from '../../errors.ts';
import type { PollSettings } from '../target/target.ts';

export interface Repaired {
  readonly gid: string;
  readonly entry: BusEntry;
}

/**
 * @param quarantined what lies in quarantine: where it has a gid, the repaired one keeps it
 * @param settings what polling does to events: what it redacts is redacted here, whatever the quarantine or the file holds
 * @throws ConfigurationError with all that is wrong
 */
export function repairedEntry(
  repaired: unknown,
  quarantined: unknown,
  context: EnvelopeContext,
  { redactPaths, maxEventBytes }: Pick<PollSettings, 'redactPaths' | 'maxEventBytes'>,
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
  const redacted = redactor(redactPaths)(event);
  const { entry, deliveredBytes } = envelope(event, redacted, context);
  if (deliveredBytes > maxEventBytes) {
    problems.push(
      `--file: on the bus it would take ${deliveredBytes} bytes; at most ${maxEventBytes} are let onto it (maxEventBytes): take out more`,
    );
  }
  if (gid === undefined || problems.length > 0) {
    throw new ConfigurationError('The repaired event', problems);
  }
  return { gid, entry };
}
