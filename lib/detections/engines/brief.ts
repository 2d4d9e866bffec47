// What is kept of an event that may yet open an alert: what the alert would say of it, within bounds that an item can bear.
// Pure, and cheap for events that carry much: nothing of them is written out to be measured.
import { isJsonObject } from '../../asana/lossless-json.ts';
import type { AuditLogEvent } from '../../contract/bus-event.ts';
import { beginningOf } from '../../text.ts';
import { asText } from '../reading/fields.ts';

const PARTS = ['actor', 'resource', 'context', 'details'] as const;
/** Of all parts together, lists and objects counted. Asana's events have some fifteen. */
const MAX_VALUES = 40;
const MAX_NAME = 40;
const MAX_TEXT = 200;
/** Longer texts are documents, such as an identity provider's assertion: nobody reads the beginning of one. */
const MAX_READABLE = 2_000;
const MAX_TYPE = 128;

interface Budget {
  left: number;
}

/** Type, time, and of each part the first fields that hold short texts, alone or in a list or an object. */
export function briefOf(event: AuditLogEvent): AuditLogEvent {
  const brief: Record<string, unknown> = {};
  for (const name of ['event_type', 'created_at'] as const) {
    const text = asText(event[name]);
    if (text !== undefined) brief[name] = beginningOf(text, MAX_TYPE);
  }
  const budget = { left: MAX_VALUES };
  for (const part of PARTS) {
    const given: unknown = event[part];
    if (isJsonObject(given)) brief[part] = briefObject(given, budget, 1);
  }
  return brief as AuditLogEvent;
}

function briefObject(given: object, budget: Budget, depth: number): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (budget.left <= 0) break;
    const short = name.length > MAX_NAME ? undefined : briefValue(value, budget, depth);
    if (short !== undefined) kept[name] = short;
  }
  return kept;
}

function briefValue(value: unknown, budget: Budget, depth: number): unknown {
  if (typeof value === 'object' && value !== null) budget.left -= 1;
  if (depth > 0 && Array.isArray(value)) {
    return value
      .slice(0, Math.max(0, budget.left))
      .flatMap((each) => briefValue(each, budget, 0) ?? []);
  }
  if (depth > 0 && isJsonObject(value)) return briefObject(value, budget, 0);
  const text = asText(value);
  if (text === undefined && value !== null && typeof value !== 'boolean') return undefined;
  if (text !== undefined && text.length > MAX_READABLE) return undefined;
  budget.left -= 1;
  return text === undefined ? value : beginningOf(text, MAX_TEXT);
}
