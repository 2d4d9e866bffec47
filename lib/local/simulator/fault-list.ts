// Every fault the simulator knows, as data: name, meaning, when it comes, what can be set. docs/simulator.md describes them.
// The effects are in refusals.ts, delivery.ts, entry-faults.ts and page-maker.ts.

export interface FaultDefinition {
  /**
   * `request`: replaces or spoils one answer; when several are due, the first listed comes and the others wait.
   * `feed`: changes how pages are cut, linked or sent; all listed ones apply together.
   * `event`: changes certain events, the same ones in every answer; all listed ones apply together.
   */
  readonly kind: 'request' | 'feed' | 'event';
  /** Comes with each n-th request, page or event unless `every` says otherwise. */
  readonly every: number;
  /** Further parameters with their defaults, whose type they keep. */
  readonly parameters?: Readonly<Record<string, number | string | boolean>>;
  /** The answer does not fit Asana's schema, or is no answer at all. */
  readonly breaksSchema?: true;
  readonly summary: string;
}

const fault = (definition: FaultDefinition): FaultDefinition => definition;

export const FAULTS = {
  unauthorized: fault({ kind: 'request', every: 1, summary: '401 Not Authorized' }),
  'payment-required': fault({ kind: 'request', every: 1, summary: '402, the plan is too low' }),
  forbidden: fault({ kind: 'request', every: 1, summary: '403, the token lacks the scope' }),
  'not-found': fault({ kind: 'request', every: 1, summary: '404, the workspace is not visible' }),
  'bad-request': fault({ kind: 'request', every: 1, summary: '400 that is not about the offset' }),
  'rate-limit': fault({
    kind: 'request',
    every: 3,
    parameters: { 'retry-after': 1, date: false },
    summary: '429 with Retry-After in seconds, or as an HTTP date with date=true',
  }),
  'server-error': fault({ kind: 'request', every: 3, summary: '500 with a phrase' }),
  'bad-gateway': fault({
    kind: 'request',
    every: 3,
    breaksSchema: true,
    summary: '502 with an HTML body',
  }),
  unavailable: fault({ kind: 'request', every: 3, summary: '503' }),
  'gateway-timeout': fault({ kind: 'request', every: 3, summary: '504' }),
  redirect: fault({
    kind: 'request',
    every: 3,
    parameters: { to: '/elsewhere' },
    breaksSchema: true,
    summary: '302 to another address',
  }),
  'expire-offsets': fault({
    kind: 'request',
    every: 5,
    summary: 'a request with an offset is told that it has expired',
  }),
  'invalid-offsets': fault({
    kind: 'request',
    every: 5,
    summary: 'a request with an offset is told that it is invalid',
  }),
  'slow-headers': fault({
    kind: 'request',
    every: 3,
    parameters: { ms: 2000 },
    summary: 'nothing is sent for some time',
  }),
  'slow-body': fault({
    kind: 'request',
    every: 3,
    parameters: { ms: 2000 },
    summary: 'the body drips in twenty pieces over some time',
  }),
  'connection-reset': fault({
    kind: 'request',
    every: 3,
    parameters: { at: 'start' },
    breaksSchema: true,
    summary: 'the connection is reset: at=start, at=headers or at=body (half of it sent)',
  }),
  'endless-body': fault({
    kind: 'request',
    every: 3,
    breaksSchema: true,
    summary: 'a body of white space that never ends',
  }),
  'huge-header': fault({
    kind: 'request',
    every: 3,
    parameters: { bytes: 100_000 },
    breaksSchema: true,
    summary: 'a response header of that many bytes',
  }),
  'truncated-json': fault({
    kind: 'request',
    every: 3,
    breaksSchema: true,
    summary: 'the first half of the body, with a content-length that agrees',
  }),
  'not-json': fault({
    kind: 'request',
    every: 3,
    breaksSchema: true,
    summary: '200 with an HTML page',
  }),
  'missing-data': fault({
    kind: 'request',
    every: 3,
    breaksSchema: true,
    summary: '200 with JSON that has no data',
  }),
  'null-next-page': fault({
    kind: 'feed',
    every: 3,
    summary: 'next_page is null although events have matched',
  }),
  'padded-body': fault({
    kind: 'feed',
    every: 1,
    parameters: { bytes: 67_108_864, above: 0 },
    summary: 'pages of more than `above` events are padded with white space to `bytes`',
  }),
  'page-of-1000': fault({ kind: 'feed', every: 1, summary: '1,000 events a page, whatever limit' }),
  'page-of-100': fault({ kind: 'feed', every: 1, summary: '100 events a page, whatever limit' }),
  'duplicate-across-pages': fault({
    kind: 'feed',
    every: 2,
    parameters: { count: 2 },
    summary: 'a page begins with the last events of the one before',
  }),
  'late-event': fault({
    kind: 'feed',
    every: 10,
    parameters: { by: 25 },
    summary: 'each n-th event is served that many places later than its time says',
  }),
  'offset-once': fault({
    kind: 'feed',
    every: 1,
    summary: 'an offset answers one request; after that it has expired',
  }),
  'stuck-offset': fault({
    kind: 'feed',
    every: 4,
    summary: 'next_page leads to the page it stands on',
  }),
  'foreign-next-page': fault({
    kind: 'feed',
    every: 1,
    summary: 'next_page.path and .uri lead to another host',
  }),
  'unparseable-page': fault({
    kind: 'feed',
    every: 1,
    parameters: { at: 3, gid: '', above: 0 },
    breaksSchema: true,
    summary: 'pages that hold the `at`-th event (or the one with `gid`) never parse',
  }),
  gzip: fault({ kind: 'feed', every: 1, summary: 'answers are compressed when the client can' }),
  deprecation: fault({ kind: 'feed', every: 1, summary: 'an Asana-Change header' }),
  'oversize-event': fault({
    kind: 'event',
    every: 7,
    parameters: { bytes: 300_000 },
    summary: 'an event carries a field `padding` of that many characters',
  }),
  'unknown-type': fault({
    kind: 'event',
    every: 7,
    summary: 'an event has an event_type nobody knows',
  }),
  'missing-actor-fields': fault({
    kind: 'event',
    every: 7,
    summary: 'an actor is left with nothing but its type',
  }),
  'non-object-entries': fault({
    kind: 'event',
    every: 7,
    breaksSchema: true,
    summary: 'a text, number, list, null or boolean stands before an event',
  }),
  'entry-without-gid': fault({
    kind: 'event',
    every: 7,
    summary: 'a copy of an event without its gid stands before it',
  }),
  'wrong-types': fault({
    kind: 'event',
    every: 7,
    breaksSchema: true,
    summary: 'created_at is unreadable, a number, null or absent by turns, the actor a text',
  }),
  'deep-nesting': fault({
    kind: 'event',
    every: 7,
    parameters: { depth: 5000 },
    summary: 'an event carries a field `nested` of lists in lists',
  }),
} as const;

export type FaultName = keyof typeof FAULTS;

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(FAULTS, name);
}
