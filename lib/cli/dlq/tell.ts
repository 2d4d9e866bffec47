// Puts on the bus what a person did with dead letters or the quarantine: who, what, why.
import { operatorEntry } from '../../bus/operator-entry.ts';
import type { BusEntry } from '../../bus/publisher-port.ts';
import type { Operator } from '../../contract/operator.ts';
import type { OperatorDetailType } from '../../contract/sources.ts';
import { AuditBusError } from '../../errors.ts';
import { cleanText } from '../../text.ts';
import type { Target } from '../target/target.ts';

/** @throws AuditBusError `dlq.not-told` */
export async function tell(
  { publisher }: Pick<Target, 'publisher'>,
  type: OperatorDetailType,
  data: Operator,
  now: number,
  before: readonly BusEntry[] = [],
): Promise<void> {
  const entry = operatorEntry(type, new Date(now).toISOString(), data);
  const { published, failure, poison } = await publisher.publish([...before, entry]);
  if (published.every(Boolean)) return;
  const why = failure ?? poison[0];
  throw new AuditBusError(
    'dlq.not-told',
    `The bus did not take the event (${why?.code ?? 'unknown'}: ${cleanText(why?.message ?? '')}), so nothing was removed.`,
  );
}
