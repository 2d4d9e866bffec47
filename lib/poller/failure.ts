// What a failed run comes to: an error with a code of ours, and the report of those that a person has to act on.
import { CREDENTIAL_CODES, REFUSAL_CODES } from '../asana/errors.ts';
import { OPERATIONAL_DETAIL_TYPES, type OperationalDetailType } from '../contract/sources.ts';
import { AuditBusError } from '../errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { EventUnreadableError } from './page-reader.ts';

type Report = readonly [OperationalDetailType, { code: string; message: string }];

/** What other teams hear of a failure, or undefined where it is ours alone to see to. */
export function reportOf(failure: AuditBusError, checkpoint: Checkpoint): Report | undefined {
  const data = { code: failure.code, message: failure.message };
  if (CREDENTIAL_CODES.has(failure.code))
    return [OPERATIONAL_DETAIL_TYPES.credentialRejected, data];
  if (REFUSAL_CODES.has(failure.code)) return [OPERATIONAL_DETAIL_TYPES.requestRefused, data];
  if (failure instanceof EventUnreadableError) {
    const position = { after: checkpoint.lastCreatedAt, ...failure.cursor };
    return [OPERATIONAL_DETAIL_TYPES.possibleGap, { ...data, ...position }];
  }
  return undefined;
}

/** What the SDK or anything else threw, under a code of ours. */
export function asFailure(error: unknown): AuditBusError {
  if (error instanceof AuditBusError) return error;
  const name = error instanceof Error ? error.name : 'Error';
  return new AuditBusError('poll.failed', `The run ended with ${name}.`, {
    retryable: true,
    cause: error,
  });
}
