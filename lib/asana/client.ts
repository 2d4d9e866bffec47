// The HTTP client of the audit log endpoint: one page a call, retried within the time the caller gives.
// It knows nothing of checkpoints or of what is done with the events.
import type { Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { parseRetryAfter } from '../retry-after.ts';
import { shownText } from '../text.ts';
import { ASANA_API_URL } from './base-url.ts';
import { AsanaError, errorForStatus, transportError } from './errors.ts';
import { Agent, request } from './http-request.ts';
import { isJsonObject } from './lossless-json.ts';
import { type PageContent, parsePage } from './page.ts';
import { ACCEPTED_ENCODINGS, readBody } from './response-body.ts';
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

export interface AuditLogPage extends PageContent {
  /** Of the answer's body, unpacked. */
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

const MAX_KNOWN_CHANGES = 100;
/** Characters of what Asana says that a log gets. */
const MAX_WORDS = 300;

export class AsanaClient {
  readonly #baseUrl: string;
  readonly #userAgent: string;
  readonly #token: TokenSource;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: ClientLimits;
  readonly #random: () => number;
  readonly #agent: Agent;
  /** Announcements that are in the log already: one comes with every answer. */
  readonly #changes = new Set<string>();

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
        const wait = this.#wait(error.retryAfterMs, attempt);
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

  /** As Asana asks; where it asks for next to nothing, the backoff, so that refusals never make a busy loop. */
  #wait(retryAfterMs: number | undefined, attempt: number): number {
    if (retryAfterMs !== undefined && retryAfterMs >= this.#limits.firstBackoff)
      return retryAfterMs;
    return Math.max(retryAfterMs ?? 0, this.#backoff(attempt));
  }

  /** Full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). */
  #backoff(attempt: number): number {
    const { firstBackoff, longestBackoff } = this.#limits;
    return this.#random() * Math.min(longestBackoff, firstBackoff * 2 ** attempt);
  }

  /** Asana announces deprecations in this header (https://developers.asana.com/docs/deprecations). */
  #reportChanges(header: string | string[] | undefined): void {
    if (header === undefined) return;
    const asanaChange = shownText(String(header), MAX_WORDS);
    if (this.#changes.has(asanaChange)) return;
    if (this.#changes.size < MAX_KNOWN_CHANGES) this.#changes.add(asanaChange);
    this.#log.warn('Asana announces a change of its API', { asanaChange });
  }
}

/** Asana's own words about an error, fit for a log: never the token, no control characters, not long. */
function safeMessage(text: string, token: string): string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // An HTML page of a load balancer: its status says enough.
    return '';
  }
  const errors = isJsonObject(body) && Array.isArray(body['errors']) ? body['errors'] : [];
  const words = errors
    .filter(isJsonObject)
    .flatMap((error) => [error['message'], error['phrase']])
    .filter((part) => typeof part === 'string' && part !== '');
  const said = words.join(' / ');
  return shownText(token === '' ? said : said.replaceAll(token, '[token]'), MAX_WORDS);
}
