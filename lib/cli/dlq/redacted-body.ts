// The body of a dead letter as it may go back: an event that was put aside before something more was to be redacted still
// holds it, and would take it to the bus, itself or in the alert it raises. Pure.
import { isJsonObject, stringifyLossless } from '../../asana/lossless-json.ts';
import { redactor } from '../../bus/redaction.ts';
import { AUDIT_LOG_SOURCE } from '../../contract/sources.ts';
import { objectIn } from './letter.ts';

/** Whether the body is an audit log event as a rule's target gets one, or holds one as detect gets it. */
export function holdsAuditLogEvent(body: string): boolean {
  return eventIn(objectIn(body)) !== undefined;
}

/** @returns the body itself where nothing of it is to be redacted that is not so already */
export function redactedBody(body: string, redactPaths: readonly string[]): string {
  const outer = objectIn(body);
  const detail = eventIn(outer)?.['detail'];
  if (!isJsonObject(detail) || !isJsonObject(detail['data'])) return body;
  const metadata = isJsonObject(detail['metadata']) ? detail['metadata'] : {};
  const before = Array.isArray(metadata['redacted']) ? metadata['redacted'] : [];
  const found = redactor(redactPaths)(detail['data']);
  if (found.every((path) => before.includes(path))) return body;
  detail['metadata'] = { ...metadata, redacted: [...new Set([...before, ...found])] };
  return stringifyLossless(outer);
}

function eventIn(outer: Record<string, unknown>): Record<string, unknown> | undefined {
  const event = isJsonObject(outer['event']) ? outer['event'] : outer;
  return event['source'] === AUDIT_LOG_SOURCE ? event : undefined;
}
