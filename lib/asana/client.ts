// The HTTP client of the audit log endpoint: one page a call, retried within the time the caller gives.
// It knows nothing of checkpoints or of what is done with the events.
import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { ASANA_API_URL } from './base-url.ts';
import { AsanaError, errorForStatus } from './errors.ts';
import { Agent, request } from './http-request.ts';
import { isJsonObject, parseLossless } from './lossless-json.ts';
import { ACCEPTED_ENCODINGS, readBody } from './response-body.ts';
import { parseRetryAfter } from './retry-after.ts';
import type { TokenSource } from './token.ts';

export interface PageRequest {
  readonly workspaceGid: string;
  /** Asana's opaque pagination token; with it `startAt` is not sent. */
  readonly offset?: string | undefined;
  /** ISO 8601, inclusive. Neither this nor an offset: the oldest event Asana still has. */
  readonly startAt?: string | undefined;
  /** ISO 8601, exclusive. */
  readonly endAt?: string | undefined;
  /** Omitted, Asana serves up to 1,000 events; 100 is the largest explicit value it documents. */
  readonly limit?: number | undefined;
}

export interface AuditLogPage {
  /** As Asana sent them, each supposed to be an AuditLogEvent, none checked. */
  readonly entries: readonly unknown[];
  /** Null while nothing has ever matched. */
  readonly nextOffset: string | null;
  readonly bytes: number;
}

export interface AsanaClientOptions {
  readonly baseUrl?: string;
  readonly version: string;
  readonly token: TokenSource;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<ClientLimits>;
  /** In [0, 1): the jitter. */
  readonly random?: () => number;
}

/** Milliseconds and bytes. */
export interface ClientLimits {
  readonly connectTimeout: number;
  readonly headersTimeout: number;
  /** Between two chunks of the body. */
  readonly bodyTimeout: number;
  /** For one request as a whole, so that a body that drips cannot hold a run. */
  readonly requestTimeout: number;
  readonly maxResponseBytes: number;
  readonly firstBackoff: number;
  readonly longestBackoff: number;
}

const DEFAULT_LIMITS: ClientLimits = {
  connectTimeout: 5_000,
  headersTimeout: 30_000,
  bodyTimeout: 15_000,
  requestTimeout: 60_000,
  maxResponseBytes: 32 * 1024 * 1024,
  firstBackoff: 500,
  longestBackoff: 20_000,
};

export class AsanaClient {
  readonly #baseUrl: string;
  readonly #userAgent: string;
  readonly #token: TokenSource;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: ClientLimits;
  readonly #random: () => number;
  readonly #agent: Agent;

  constructor(options: AsanaClientOptions) {
    this.#baseUrl = (options.baseUrl ?? ASANA_API_URL).replace(/\/+$/, '');
    this.#userAgent = `asana-audit-bus/${options.version}`;
    this.#token = options.token;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#random = options.random ?? Math.random;
    this.#agent = new Agent({
      connect: { timeout: this.#limits.connectTimeout },
      headersTimeout: this.#limits.headersTimeout,
      bodyTimeout: this.#limits.bodyTimeout,
      keepAliveTimeout: 30_000,
    });
  }

  /**
   * One page. Passing failures (429, 5xx, network, timeouts) are retried with full jitter, or after Retry-After, as
   * long as the wait ends before `deadline` (on the clock's monotonic scale). Redirects are never followed.
   * @throws AsanaError
   */
  async fetchPage(
    page: PageRequest,
    deadline: number,
    signal?: AbortSignal,
  ): Promise<AuditLogPage> {
    let token = await this.#token.current();
    let tokenRefreshed = false;
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#request(page, token, deadline, signal);
      } catch (error) {
        if (!(error instanceof AsanaError) || signal?.aborted) throw error;
        if (error.code === 'asana.unauthorized' && !tokenRefreshed) {
          tokenRefreshed = true;
          token = await this.#token.refresh();
          continue;
        }
        if (!error.retryable) throw error;
        const wait = error.retryAfterMs ?? this.#backoff(attempt);
        if (this.#clock.monotonic() + wait >= deadline) throw error;
        this.#log.debug('Asana did not answer with a page, asking again', {
          code: error.code,
          waitMs: Math.round(wait),
        });
        await this.#clock.sleep(wait, signal);
      }
    }
  }

  /** Closes the kept connections. A Lambda function never does; the local run and tests do. */
  async close(): Promise<void> {
    await this.#agent.close();
  }

  async #request(
    page: PageRequest,
    token: string,
    deadline: number,
    signal: AbortSignal | undefined,
  ): Promise<AuditLogPage> {
    const left = Math.max(
      1,
      Math.min(this.#limits.requestTimeout, deadline - this.#clock.monotonic()),
    );
    const timeout = AbortSignal.timeout(Math.ceil(left));
    try {
      const response = await request(this.#agent, this.#url(page), {
        headers: {
          authorization: `Bearer ${token}`,
          accept: 'application/json',
          'accept-encoding': ACCEPTED_ENCODINGS,
          'user-agent': this.#userAgent,
        },
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      return await this.#read(response, token, page.offset !== undefined);
    } catch (error) {
      if (error instanceof AsanaError) throw error;
      throw transportError(error);
    }
  }

  async #read(
    response: Dispatcher.ResponseData,
    token: string,
    sentOffset: boolean,
  ): Promise<AuditLogPage> {
    this.#reportChanges(response.headers['asana-change']);
    const { text, bytes } = await readBody(
      response.body,
      response.headers['content-encoding'],
      this.#limits.maxResponseBytes,
    );
    if (response.statusCode !== 200) {
      const message = safeMessage(text, token);
      const retryAfter = parseRetryAfter(response.headers['retry-after'], this.#clock.now());
      throw errorForStatus(response.statusCode, message, sentOffset, retryAfter);
    }
    return { ...parsePage(text), bytes };
  }

  #url(page: PageRequest): URL {
    const url = new URL(
      `${this.#baseUrl}/workspaces/${encodeURIComponent(page.workspaceGid)}/audit_log_events`,
    );
    if (page.offset !== undefined) url.searchParams.set('offset', page.offset);
    else if (page.startAt !== undefined) url.searchParams.set('start_at', page.startAt);
    if (page.endAt !== undefined) url.searchParams.set('end_at', page.endAt);
    if (page.limit !== undefined) url.searchParams.set('limit', String(page.limit));
    return url;
  }

  /** Full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). */
  #backoff(attempt: number): number {
    const { firstBackoff, longestBackoff } = this.#limits;
    return this.#random() * Math.min(longestBackoff, firstBackoff * 2 ** attempt);
  }

  /** Asana announces deprecations in this header (https://developers.asana.com/docs/deprecations). */
  #reportChanges(header: string | string[] | undefined): void {
    if (header !== undefined) {
      this.#log.warn('Asana announces a change of its API', { asanaChange: clean(String(header)) });
    }
  }
}

/** @throws AsanaError when the text is no page. The text itself stays out of the message: it is personal data. */
export function parsePage(text: string): Omit<AuditLogPage, 'bytes'> {
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
  if (typeof offset === 'string' && offset !== '') return offset;
  throw new AsanaError(
    'asana.malformed-response',
    'Asana answered 200 with a `next_page` that has no `offset` text.',
  );
}

/** Asana's own words about an error, fit for a log: never the token, no control characters, not long. */
function safeMessage(text: string, token: string): string {
  try {
    const body: unknown = JSON.parse(text);
    const errors = isJsonObject(body) && Array.isArray(body['errors']) ? body['errors'] : [];
    const first: unknown = errors[0];
    if (!isJsonObject(first)) return '';
    const words = [first['message'], first['phrase']].filter((part) => typeof part === 'string');
    return clean(words.join(' / ').replaceAll(token, '[token]'));
  } catch {
    // An HTML page of a load balancer: its status says enough.
    return '';
  }
}

function clean(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 300);
}

function transportError(cause: unknown): AsanaError {
  const { name = '', code = '' } = cause as { name?: string; code?: string };
  if (code === 'UND_ERR_INVALID_ARG') {
    // Without the cause: it is about the header that holds the token.
    return new AsanaError(
      'asana.unauthorized',
      'The token holds characters that no HTTP header can carry; set the secret to the bare token.',
    );
  }
  const timedOut = name === 'TimeoutError' || code.endsWith('_TIMEOUT');
  return timedOut
    ? new AsanaError('asana.timeout', `Asana did not answer in time (${code || name}).`, {
        retryable: true,
        cause,
      })
    : new AsanaError('asana.network', `Asana could not be reached (${code || name}).`, {
        retryable: true,
        cause,
      });
}
