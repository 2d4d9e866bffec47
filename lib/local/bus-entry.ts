// Judges PutEvents entries as EventBridge does and frames those it takes, as a rule's target receives them.
// Pure: no server, no queue. The detail's text passes untouched, so that every number keeps its digits.
import { randomUUID } from 'node:crypto';
import { isJsonObject, parseLossless } from '../asana/lossless-json.ts';
import type { BusEvent } from '../contract/bus-event.ts';
import { MAX_DETAIL_TYPE_CHARACTERS } from '../contract/sources.ts';

/** EventBridge's limits (PutEvents in its API reference and its quotas page; the size since January 2026). */
const MAX_ENTRIES = 10;
export const MAX_REQUEST_BYTES = 1_048_576;
/** What `Time` counts as in an entry's size, whatever its text ("Calculating PutEvents event entry size"). */
const TIME_BYTES = 14;

/** The account and region in the frame of every local event. */
const LOCAL_ACCOUNT = '000000000000';
export const LOCAL_REGION = 'us-east-1';
export const LOCAL_BUS_NAME = 'asana-audit-log';

export interface RequestEntry {
  readonly Source?: unknown;
  readonly DetailType?: unknown;
  readonly Detail?: unknown;
  /** Seconds since the epoch, as the SDK writes a timestamp in JSON 1.1. */
  readonly Time?: unknown;
  readonly Resources?: unknown;
  readonly EventBusName?: unknown;
}

export type EntryVerdict =
  | { readonly accepted: true; readonly event: AcceptedEvent }
  | { readonly accepted: false; readonly code: string; readonly message: string };

export interface AcceptedEvent {
  /** The frame parsed without loss of digits, for rules to match. */
  readonly event: BusEvent<unknown>;
  /** The frame as one line of JSON, the detail's own text spliced in. */
  readonly text: string;
  /** The detail's own text, on one line. */
  readonly detailText: string;
}

/** Bytes an entry counts for against MAX_REQUEST_BYTES. */
export function entryBytes(entry: RequestEntry): number {
  let bytes = entry.Time === undefined ? 0 : TIME_BYTES;
  for (const text of [entry.Source, entry.DetailType, entry.Detail]) {
    if (typeof text === 'string') bytes += Buffer.byteLength(text);
  }
  for (const resource of resourcesOf(entry)) bytes += Buffer.byteLength(resource);
  return bytes;
}

/** What is wrong with the request as a whole, or undefined: EventBridge refuses such a request with all its entries. */
export function requestProblem(entries: readonly RequestEntry[]): string | undefined {
  if (entries.length === 0) {
    return "1 validation error detected: Value '[]' at 'entries' failed to satisfy constraint: Member must have length greater than or equal to 1";
  }
  if (entries.length > MAX_ENTRIES) {
    return `1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length less than or equal to ${MAX_ENTRIES}`;
  }
  const bytes = entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
  if (bytes > MAX_REQUEST_BYTES) {
    return 'Total size of the entries in the request is over the limit.';
  }
  return undefined;
}

/** Takes an entry and gives it an id and a frame, or says with EventBridge's code why it cannot. `now` in milliseconds. */
export function judgeEntry(entry: RequestEntry, now: number, newId = randomUUID): EntryVerdict {
  const { Source: source, DetailType: detailType, Detail: detailText } = entry;
  if (typeof source !== 'string' || source === '') return missing('Source');
  if (typeof detailType !== 'string' || detailType === '') return missing('DetailType');
  if (typeof detailText !== 'string' || detailText === '') return missing('Detail');
  if (source.startsWith('aws.')) {
    return refused('NotAuthorizedForSourceException', 'Not authorized for the source.');
  }
  if (detailType.length > MAX_DETAIL_TYPE_CHARACTERS) {
    return refused(
      'InvalidArgument',
      'Parameter DetailType is not valid. Reason: it is longer than 128 characters.',
    );
  }
  const time = wholeSeconds(entry.Time, now);
  if (time === undefined) {
    return refused('InvalidArgument', 'Parameter Time is not valid. Reason: it is no timestamp.');
  }
  const detail = parseObject(detailText);
  if (detail === undefined) return refused('MalformedDetail', 'Detail is malformed.');
  const frame = {
    version: '0' as const,
    id: newId(),
    'detail-type': detailType,
    source,
    account: LOCAL_ACCOUNT,
    time,
    region: LOCAL_REGION,
    resources: resourcesOf(entry),
  };
  const line = oneLine(detailText);
  return {
    accepted: true,
    event: {
      event: { ...frame, detail: detail as unknown as BusEvent<unknown>['detail'] },
      text: `${JSON.stringify(frame).slice(0, -1)},"detail":${line}}`,
      detailText: line,
    },
  };
}

/**
 * Valid JSON on one line whoever splits it: line breaks between tokens become spaces, and those that stand raw inside
 * strings (U+0085, U+2028, U+2029: legal in JSON, line ends to many a reader) their escapes.
 */
export function oneLine(json: string): string {
  return json
    .replace(/[\r\n]/g, ' ')
    .replace(
      /[\u0085\u2028\u2029]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value = parseLossless(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined; // MalformedDetail is the answer to whatever does not parse
  }
}

function wholeSeconds(time: unknown, now: number): string | undefined {
  const milliseconds = time === undefined || time === null ? now : Number(time) * 1000;
  const date = new Date(Math.floor(milliseconds / 1000) * 1000);
  if (Number.isNaN(date.getTime())) return undefined;
  return date.toISOString().replace('.000Z', 'Z');
}

function resourcesOf(entry: RequestEntry): string[] {
  return Array.isArray(entry.Resources)
    ? entry.Resources.filter((resource): resource is string => typeof resource === 'string')
    : [];
}

function missing(parameter: string): EntryVerdict {
  return refused(
    'InvalidArgument',
    `Parameter ${parameter} is not valid. Reason: ${parameter} is a required argument.`,
  );
}

function refused(code: string, message: string): EntryVerdict {
  return { accepted: false, code, message };
}
