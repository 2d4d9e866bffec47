// The bodies of the simulator's answers, in the wording Asana documents or was seen to use.
// https://developers.asana.com/docs/errors (read in 2026)

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export const OFFSET_EXPIRED = 'offset: Your pagination token has expired.';
export const OFFSET_INVALID = 'offset: Your pagination token is invalid.';

const JSON_HEADERS = {
  'content-type': 'application/json; charset=UTF-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};
const HELP =
  'For more information on API status codes and how to handle them, read the docs on errors: https://developers.asana.com/docs/errors';

export function errorAnswer(
  status: number,
  message: string,
  headers: Record<string, string> = {},
): Answer {
  return jsonAnswer(status, { errors: [{ message, help: HELP }] }, headers);
}

/** A 500 and no other status carries a phrase, by which Asana's support finds the incident. */
export function serverErrorAnswer(message: string, phrase: string): Answer {
  return jsonAnswer(500, { errors: [{ message, phrase }] }, {});
}

function jsonAnswer(status: number, body: unknown, headers: Record<string, string>): Answer {
  return {
    status,
    headers: { ...JSON_HEADERS, ...headers },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/** `entries` are JSON texts and go in as they are; `nextPage` is JSON text too. */
export function pageAnswer(entries: readonly Buffer[], nextPage: string): Answer {
  const parts: Buffer[] = [Buffer.from('{"data":[')];
  const comma = Buffer.from(',');
  for (const [position, entry] of entries.entries()) {
    if (position > 0) parts.push(comma);
    parts.push(entry);
  }
  parts.push(Buffer.from(`],"next_page":${nextPage}}`));
  return { status: 200, headers: JSON_HEADERS, body: Buffer.concat(parts) };
}

/** `path` and `uri` repeat what was asked, as Asana's do; a careful client uses the offset alone. */
export function nextPageText(
  baseUrl: string,
  path: string,
  asked: URLSearchParams,
  offset: string,
): string {
  const query = new URLSearchParams(asked);
  query.set('offset', offset);
  const relative = `${path}?${query}`;
  return JSON.stringify({ offset, path: relative, uri: `${baseUrl}${relative}` });
}
