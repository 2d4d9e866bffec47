// Posts and edits messages with a bot's token over Slack's own Web API client, and says what Slack's answers mean.
// The client retries nothing by itself: the queue is the retry, so that a wait blocks no other message.
// https://docs.slack.dev/tools/node-slack-sdk/web-api (8.2, November 2026)
import {
  LogLevel,
  WebAPIHTTPError,
  WebAPIPlatformError,
  WebAPIRateLimitedError,
  WebClient,
} from '@slack/web-api';
import type { Clock } from '../../clock.ts';
import {
  judgeError,
  judgeStatus,
  type Refusal,
  rateLimited,
  retryAfterSeconds,
  unreachable,
} from './answer.ts';
import type { SlackMessage } from './message.ts';

/** Where a message is: what editing it takes. */
export interface PostedMessage {
  readonly channel: string;
  readonly ts: string;
}

export type SlackAnswer = { readonly outcome: 'taken'; readonly message: PostedMessage } | Refusal;

export interface SlackApi {
  /** @param threadTs the message whose thread it goes to */
  post(channel: string, message: SlackMessage, threadTs?: string): Promise<SlackAnswer>;
  update(posted: PostedMessage, message: SlackMessage): Promise<SlackAnswer>;
}

/** Slack's address; a stand-in's in tests. */
export const SLACK_API_URL = 'https://slack.com/api/';

interface Options {
  readonly token: string;
  /** Ends in a slash. */
  readonly apiUrl: string;
  readonly clock: Clock;
  /** Milliseconds for one request. */
  readonly timeoutMs: number;
}

export class SlackWebApi implements SlackApi {
  readonly #client: WebClient;

  constructor({ token, apiUrl, clock, timeoutMs }: Options) {
    this.#client = new WebClient(token, {
      slackApiUrl: apiUrl,
      allowAbsoluteUrls: false,
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      timeout: timeoutMs,
      logger: SILENT,
      fetch: async (url, init) => withSeconds(await fetch(url, init), clock.now()),
    });
  }

  post(channel: string, message: SlackMessage, threadTs?: string): Promise<SlackAnswer> {
    const { mrkdwn, ...rest } = message;
    return answerOf(
      this.#client.apiCall('chat.postMessage', {
        ...rest,
        mrkdwn,
        channel,
        ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
      }),
    );
  }

  update({ channel, ts }: PostedMessage, message: SlackMessage): Promise<SlackAnswer> {
    const { text, blocks } = message;
    // Left to itself, an edit would make links and mentions of what a first post leaves alone.
    return answerOf(
      this.#client.apiCall('chat.update', { channel, ts, text, blocks, parse: 'none' }),
    );
  }
}

async function answerOf(call: Promise<object>): Promise<SlackAnswer> {
  try {
    const { channel, ts } = (await call) as { channel?: unknown; ts?: unknown };
    if (typeof channel === 'string' && typeof ts === 'string') {
      return { outcome: 'taken', message: { channel, ts } };
    }
    return { outcome: 'retry', reason: 'slack.unintelligible' };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error instanceof WebAPIRateLimitedError) return rateLimited(error.retryAfter);
    if (error instanceof WebAPIPlatformError) return judgeError(String(error.data.error));
    if (error instanceof WebAPIHTTPError) {
      return judgeStatus(error.statusCode, null, String(error.body ?? ''), 0);
    }
    return unreachable(isTimeout(error));
  }
}

/** The client wraps what fetch threw. */
function isTimeout(error: Error): boolean {
  for (let e: unknown = error; e instanceof Error; ) {
    if (e.name === 'TimeoutError') return true;
    e = e.cause ?? (e as { original?: unknown }).original;
  }
  return false;
}

/** The client reads Retry-After in seconds only, and has no name for a 429 without it. */
function withSeconds(response: Response, now: number): Response {
  if (response.status !== 429) return response;
  const headers = new Headers(response.headers);
  headers.set('retry-after', String(retryAfterSeconds(headers.get('retry-after'), now)));
  return new Response(response.body, { status: 429, headers });
}

/** Its log lines can quote what was sent. */
const SILENT = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  setLevel() {},
  setName() {},
  getLevel: () => LogLevel.ERROR,
};
