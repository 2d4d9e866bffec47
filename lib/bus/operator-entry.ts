// What people did to this deployment with its commands, as an event for the bus. Pure.
import type { Operator } from '../contract/operator.ts';
import { OPERATOR_SOURCE, type OperatorDetailType, SCHEMA_VERSION } from '../contract/sources.ts';
import type { BusEntry } from './publisher-port.ts';

/** @param at ISO 8601 UTC: when it was done */
export function operatorEntry(
  detailType: OperatorDetailType,
  at: string,
  data: Operator,
): BusEntry {
  const metadata = { schemaVersion: SCHEMA_VERSION, publishedAt: at };
  return {
    source: OPERATOR_SOURCE,
    detailType,
    time: Date.parse(at),
    detail: JSON.stringify({ metadata, data }),
  };
}
