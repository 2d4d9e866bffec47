// What can go wrong with a request to Asana, each with a code of its own. lib/asana/client.ts throws these and no others.
import { AuditBusError } from '../errors.ts';

export type AsanaErrorCode =
  | 'asana.offset-expired' // 400 that speaks of the pagination token: fall back to time
  | 'asana.bad-request' // any other 400: a real fault, the cursor stays
  | 'asana.unauthorized' // 401, also with the secret read afresh
  | 'asana.payment-required' // 402
  | 'asana.forbidden' // 403
  | 'asana.not-found' // 404
  | 'asana.rate-limited' // 429 whose Retry-After, or whose repetition, outlasts the budget
  | 'asana.server-error' // 5xx until the budget ended
  | 'asana.unexpected-status' // redirects and whatever else Asana does not document
  | 'asana.network' // no answer: refused, reset, unresolvable
  | 'asana.timeout' // no answer, or not all of it, in time
  | 'asana.response-too-large' // over the size cap
  | 'asana.not-json' // 200 whose body does not parse
  | 'asana.malformed-response'; // 200 whose JSON is no page

interface AsanaErrorOptions {
  readonly retryable?: boolean;
  readonly cause?: unknown;
  readonly status?: number;
  readonly retryAfterMs?: number | undefined;
}

/** `retryAfterMs` is what a 429 asked for; `status` the HTTP status where there was one. */
export class AsanaError extends AuditBusError {
  declare readonly code: AsanaErrorCode;
  readonly status: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: AsanaErrorCode, message: string, options: AsanaErrorOptions = {}) {
    super(code, message, options);
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** Refusals that no retry mends: a person has to act. Keyed by HTTP status, with what to do. */
const REFUSALS: Readonly<Record<number, { code: AsanaErrorCode; advice: string }>> = {
  400: {
    code: 'asana.bad-request',
    advice:
      'Asana refuses the request itself; check the workspace gid, the page limit and startFrom.',
  },
  401: {
    code: 'asana.unauthorized',
    advice:
      'The token is missing, revoked or expired; create a service account token with the "Audit logs" scope and set it as the secret.',
  },
  402: {
    code: 'asana.payment-required',
    advice:
      'The audit log needs Asana Enterprise+, Legacy Enterprise, or Enterprise with the Compliance Management add-on.',
  },
  403: {
    code: 'asana.forbidden',
    advice:
      'The token lacks the "Audit logs" scope, is not a service account\'s, or an IP allowlist refuses this address.',
  },
  404: {
    code: 'asana.not-found',
    advice:
      'No such workspace for this token; the gid is the "Domain ID" in Asana\'s admin console.',
  },
};

/** Codes of refusals that stay until a person acts. */
export const REFUSAL_CODES: ReadonlySet<string> = new Set(
  Object.values(REFUSALS).map((refusal) => refusal.code),
);
/** Refusals of the credential or of what it may do. */
export const CREDENTIAL_CODES: ReadonlySet<string> = new Set([
  'asana.unauthorized',
  'asana.payment-required',
  'asana.forbidden',
]);
/** Answers that cannot be read as a page: the smaller-page way may get past them. */
export const UNREADABLE_CODES: ReadonlySet<string> = new Set([
  'asana.response-too-large',
  'asana.not-json',
  'asana.malformed-response',
]);

/**
 * The error for a status that is not 200. `message` is Asana's own text, already made safe for a log; `sentOffset` says
 * whether the request carried an offset, without which no pagination token can have expired.
 */
export function errorForStatus(
  status: number,
  message: string,
  sentOffset: boolean,
  retryAfterMs: number | undefined,
): AsanaError {
  const said = message === '' ? '' : ` Asana said: ${message}`;
  if (status === 400 && sentOffset && isPaginationTokenMessage(message)) {
    return new AsanaError('asana.offset-expired', `The offset is no longer valid.${said}`, {
      status,
    });
  }
  if (status === 429) {
    return new AsanaError('asana.rate-limited', `Asana limits the rate of requests (429).${said}`, {
      status,
      retryable: true,
      retryAfterMs,
    });
  }
  if (status >= 500) {
    return new AsanaError('asana.server-error', `Asana answered ${status}.${said}`, {
      status,
      retryable: true,
      retryAfterMs,
    });
  }
  const refusal = REFUSALS[status];
  return refusal === undefined
    ? new AsanaError(
        'asana.unexpected-status',
        `Asana answered ${status}, which it does not document.${said}`,
        { status },
      )
    : new AsanaError(refusal.code, `Asana answered ${status}. ${refusal.advice}${said}`, {
        status,
      });
}

/** Wording seen from public clients; Asana documents none. */
function isPaginationTokenMessage(message: string): boolean {
  return /pagination token/i.test(message) && /expired|invalid/i.test(message);
}

/** What undici or the stream failed with, under a code of ours. Neither message nor cause ever holds a header. */
export function transportError(cause: unknown): AsanaError {
  const { name = '', code } = cause as { name?: string; code?: unknown };
  if (code === 'UND_ERR_INVALID_ARG') {
    // Without the cause: it is about the header that holds the token.
    return new AsanaError(
      'asana.unauthorized',
      'The token holds characters that no HTTP header can carry; set the secret to the bare token.',
    );
  }
  // A DOMException's code is a number that says nothing to anybody.
  const what = typeof code === 'string' && code !== '' ? code : name;
  const timedOut = name === 'TimeoutError' || what.endsWith('_TIMEOUT');
  return timedOut
    ? new AsanaError('asana.timeout', `Asana did not answer in time (${what}).`, {
        retryable: true,
        cause,
      })
    : new AsanaError('asana.network', `Asana could not be reached (${what}).`, {
        retryable: true,
        cause,
      });
}
