// What Slack's refusals mean, of webhooks and of the Web API alike: try again, when, or never. Pure.
// https://docs.slack.dev/reference/methods/chat.postMessage#errors (November 2026)
import { parseRetryAfter } from '../../retry-after.ts';

export type Refusal =
  | { readonly outcome: 'retry'; readonly reason: string; readonly afterSeconds?: number }
  | { readonly outcome: 'refused'; readonly reason: string };

const PERMANENT_STATUS: ReadonlySet<number> = new Set([400, 403, 404, 410]);
/** Errors of the Web API that pass by themselves; every other one needs a person. */
const PASSING_ERRORS: ReadonlySet<string> = new Set([
  'fatal_error',
  'internal_error',
  'request_timeout',
  'service_unavailable',
  'team_added_to_org',
  'message_limit_exceeded',
]);
const RATE_LIMITED: ReadonlySet<string> = new Set(['ratelimited', 'rate_limited']);
/** Slack asks for at least this when it names no time. */
const DEFAULT_RETRY_AFTER_SECONDS = 30;

/** Of an answer that is not 2xx. `body` is what it said. */
export function judgeStatus(
  status: number,
  retryAfter: string | null,
  body: string,
  now: number,
): Refusal {
  if (status === 429) return rateLimited(retryAfterSeconds(retryAfter, now));
  const word = wordIn(body);
  const reason = `slack.${status}${word === undefined ? '' : ` ${word}`}`;
  return PERMANENT_STATUS.has(status)
    ? { outcome: 'refused', reason }
    : { outcome: 'retry', reason };
}

/** Of a 200 of the Web API that says `ok: false`. */
export function judgeError(error: string): Refusal {
  const word = wordIn(error);
  // A page of a proxy, say: no answer of Slack's.
  if (word === undefined) return { outcome: 'retry', reason: 'slack.unintelligible' };
  if (RATE_LIMITED.has(word)) return rateLimited(DEFAULT_RETRY_AFTER_SECONDS);
  const reason = `slack.${word}`;
  return PASSING_ERRORS.has(word) ? { outcome: 'retry', reason } : { outcome: 'refused', reason };
}

export function rateLimited(afterSeconds: number): Refusal {
  return { outcome: 'retry', reason: 'slack.429', afterSeconds };
}

export function unreachable(isTimeout: boolean): Refusal {
  return { outcome: 'retry', reason: isTimeout ? 'slack.timeout' : 'slack.unreachable' };
}

/** Slack explains itself in one word such as invalid_blocks or no_service; anything longer is not Slack's. */
function wordIn(text: string): string | undefined {
  return /^[a-z_]{1,60}$/.exec(text.trim())?.[0];
}

/** Whole seconds, also where Slack names none. */
export function retryAfterSeconds(header: string | null, now: number): number {
  const wait = parseRetryAfter(header ?? undefined, now);
  return wait === undefined ? DEFAULT_RETRY_AFTER_SECONDS : Math.ceil(wait / 1_000);
}
