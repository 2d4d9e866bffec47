// PutEvents with its answers rendered before the first request: counts what it takes, reads nothing of it.
import { MAX_ENTRIES_PER_REQUEST } from '../../../lib/bus/chunker.ts';
import { httpAnswer } from './http.ts';

const AMZ_JSON = 'application/x-amz-json-1.1';
/** A quote inside a JSON string is escaped, so this stands in a request once for each entry and nowhere else. */
const ENTRY_MARK = Buffer.from('"DetailType":"');

const ANSWERS = Array.from({ length: MAX_ENTRIES_PER_REQUEST + 1 }, (_, count) => {
  const entries = Array.from({ length: count }, (__, index) => ({
    EventId: `11710aed-b79e-4468-a20b-bb3c0c3b486${index}`.slice(0, 36),
  }));
  return httpAnswer(200, AMZ_JSON, JSON.stringify({ Entries: entries, FailedEntryCount: 0 }));
});
const REFUSED = httpAnswer(400, AMZ_JSON, '{"__type":"ValidationException"}');

/** @returns the answer, and how many entries it accepts */
export function putEvents(body: Buffer): { readonly answer: Buffer; readonly accepted: number } {
  let count = 0;
  for (let at = body.indexOf(ENTRY_MARK); at >= 0; at = body.indexOf(ENTRY_MARK, at + 1)) count++;
  const answer = count === 0 ? undefined : ANSWERS[count];
  return answer === undefined ? { answer: REFUSED, accepted: 0 } : { answer, accepted: count };
}
