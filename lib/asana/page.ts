// Reads the text of a 200 answer as a page of the audit log. Whether an entry is an event is not asked here.
import { AsanaError } from './errors.ts';
import { isJsonObject, parseLossless } from './lossless-json.ts';

/** Far above the kilobyte Asana's offsets have, and within what a URL and a DynamoDB item take. */
const MAX_OFFSET_CHARACTERS = 8_192;

export interface PageContent {
  /** As Asana sent them, each supposed to be an AuditLogEvent, none checked. */
  readonly entries: readonly unknown[];
  /** Null while nothing has ever matched. */
  readonly nextOffset: string | null;
}

/** @throws AsanaError when the text is no page. The text itself stays out of the message: it is personal data. */
export function parsePage(text: string): PageContent {
  let body: unknown;
  try {
    body = parseLossless(text);
  } catch (cause) {
    // The parser's own message quotes the text, so it is not kept as the cause.
    const kind = cause instanceof Error ? cause.name : 'error';
    throw new AsanaError(
      'asana.not-json',
      `Asana answered 200 with ${text.length} characters that are no JSON (${kind}).`,
    );
  }
  const data = isJsonObject(body) ? body['data'] : undefined;
  if (!isJsonObject(body) || !Array.isArray(data)) {
    throw new AsanaError(
      'asana.malformed-response',
      'Asana answered 200 with JSON that has no `data` array.',
    );
  }
  return { entries: data, nextOffset: nextOffsetOf(body['next_page']) };
}

/** Only the offset is ever used: `path` and `uri` could lead anywhere. */
function nextOffsetOf(nextPage: unknown): string | null {
  if (nextPage === null || nextPage === undefined) return null;
  const offset = isJsonObject(nextPage) ? nextPage['offset'] : undefined;
  const usable =
    typeof offset === 'string' && offset !== '' && offset.length <= MAX_OFFSET_CHARACTERS;
  if (usable) return offset;
  throw new AsanaError(
    'asana.malformed-response',
    `Asana answered 200 with a \`next_page\` that has no \`offset\` text of 1 to ${MAX_OFFSET_CHARACTERS} characters.`,
  );
}
