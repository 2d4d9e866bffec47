// The client against a server that answers by script: every row of the status table, and every way an answer can go bad.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AsanaClient, type ClientLimits } from '../../../lib/asana/client.ts';
import { AsanaError } from '../../../lib/asana/errors.ts';
import type { TokenSource } from '../../../lib/asana/token.ts';
import type { Log } from '../../../lib/log.ts';
import { closeServer } from '../../support/dynalite.ts';
import { skippingClock } from '../../support/skipping-clock.ts';

const TOKEN = '2/1201/9999:a-hush-hush-token';
const PAGE = {
  data: [{ gid: '1' }],
  next_page: { offset: 'next', path: '/x', uri: 'https://evil.example/' },
};
const JSON_TYPE = { 'content-type': 'application/json' };

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, { ...JSON_TYPE, ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
const page = json(200, PAGE);
const said = (message: string) => ({ errors: [{ message, help: 'read the docs' }] });

interface Options {
  readonly limits?: Partial<ClientLimits>;
  readonly token?: TokenSource;
  /** Milliseconds that fetchPage is given. @default a minute */
  readonly budget?: number;
}

/** Answers with these in turn; the last one goes on for ever. */
async function start(script: readonly Answer[], options: Options = {}) {
  const requests: { url: string; headers: IncomingMessage['headers']; socket: unknown }[] = [];
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? '', headers: request.headers, socket: request.socket });
    const answer = script[Math.min(requests.length, script.length) - 1];
    answer?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const lines: unknown[] = [];
  const write = (...line: unknown[]) => lines.push(line);
  const log: Log = { debug: write, info: write, warn: write, error: write };
  const clock = skippingClock();
  const asked = { current: 0, refresh: 0 };
  const token = options.token ?? {
    current: async () => {
      asked.current++;
      return TOKEN;
    },
    refresh: async () => {
      asked.refresh++;
      return TOKEN;
    },
  };
  const client = new AsanaClient({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/1.0/`,
    version: '1.2.3',
    token,
    clock,
    log,
    limits: { maxResponseBytes: 100_000, ...options.limits },
    random: () => 0.5,
  });
  onTestFinished(async () => {
    await client.close();
    await closeServer(server);
    expect(JSON.stringify(lines)).not.toContain('hush-hush');
  });
  const fetchPage = (
    request: { offset?: string; startAt?: string; endAt?: string; limit?: number } = {},
    signal?: AbortSignal,
  ) =>
    client.fetchPage(
      { workspaceGid: '12', ...request },
      clock.monotonic() + (options.budget ?? 60_000),
      signal,
    );
  const failure = async (request: Parameters<typeof fetchPage>[0] = {}): Promise<AsanaError> => {
    const error = await fetchPage(request).then(
      () => new Error('it answered'),
      (caught: unknown) => caught,
    );
    if (!(error instanceof AsanaError)) throw error;
    for (let each: unknown = error; each instanceof Error; each = each.cause) {
      expect(`${each.message} ${each.stack} ${JSON.stringify(each)}`).not.toContain('hush-hush');
    }
    return error;
  };
  return { requests, lines, clock, asked, fetchPage, failure };
}

describe('a request', () => {
  it('is what Asana documents, and connections are kept', async () => {
    const { requests, fetchPage } = await start([page]);
    await fetchPage();
    await fetchPage({
      startAt: '2026-10-05T12:00:00.000Z',
      endAt: '2026-10-06T12:00:00.000Z',
      limit: 100,
    });
    await fetchPage({ offset: 'a+b/c=&d', startAt: 'not sent' });
    const path = '/api/1.0/workspaces/12/audit_log_events';
    expect(requests.map(({ url }) => url)).toEqual([
      path,
      `${path}?start_at=2026-10-05T12%3A00%3A00.000Z&end_at=2026-10-06T12%3A00%3A00.000Z&limit=100`,
      `${path}?offset=a%2Bb%2Fc%3D%26d`,
    ]);
    expect(requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      accept: 'application/json',
      'user-agent': 'asana-audit-bus/1.2.3',
    });
    for (let count = 0; count < 10; count++) await fetchPage();
    // Two, since a connection may not be free yet when the next request goes out.
    expect(new Set(requests.map(({ socket }) => socket)).size).toBeLessThanOrEqual(2);
  });

  it('gives the entries, the offset and nothing else of next_page', async () => {
    const { fetchPage } = await start([page]);
    expect(await fetchPage()).toEqual({
      entries: PAGE.data,
      nextOffset: 'next',
      bytes: JSON.stringify(PAGE).length,
    });
  });

  it.for([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ] as const)('unpacks %s', async ([encoding, compress]) => {
    const { fetchPage } = await start([
      (_request, response) => {
        response.writeHead(200, { 'content-encoding': encoding });
        response.end(compress(JSON.stringify(PAGE)));
      },
    ]);
    expect((await fetchPage()).entries).toEqual(PAGE.data);
  });
});

describe('a refusal', () => {
  it.for([
    [400, 'offset: Your pagination token has expired.', { offset: 'o' }, 'asana.offset-expired'],
    [400, 'OFFSET: your PAGINATION TOKEN is Invalid', { offset: 'o' }, 'asana.offset-expired'],
    [400, 'offset: Your pagination token has expired.', {}, 'asana.bad-request'],
    [400, 'limit: Invalid value', { offset: 'o' }, 'asana.bad-request'],
    [401, 'Not Authorized', {}, 'asana.unauthorized'],
    [402, 'Payment Required', {}, 'asana.payment-required'],
    [403, 'Forbidden', {}, 'asana.forbidden'],
    [404, 'workspace: Unknown object', {}, 'asana.not-found'],
    [418, 'teapot', {}, 'asana.unexpected-status'],
    [204, '', {}, 'asana.unexpected-status'],
  ] as const)(
    '%d "%s" %j is %s, and is not asked again',
    async ([status, message, request, code]) => {
      const { requests, asked, failure } = await start([
        json(status, status === 204 ? '' : said(message)),
      ]);
      const error = await failure(request);
      expect([error.code, error.status, error.retryable]).toEqual([code, status, false]);
      if (message !== '') expect(error.message).toContain(message);
      expect(requests).toHaveLength(status === 401 ? 2 : 1);
      expect(asked).toEqual({ current: 1, refresh: status === 401 ? 1 : 0 });
    },
  );

  it('of a token that was just rotated: the new one is read and used', async () => {
    const seen: (string | undefined)[] = [];
    const { fetchPage } = await start(
      [
        (request, response) => {
          seen.push(request.headers.authorization);
          (request.headers.authorization === 'Bearer new'
            ? page
            : json(401, said('Not Authorized')))(request, response);
        },
      ],
      { token: { current: async () => 'old', refresh: async () => 'new' } },
    );
    expect((await fetchPage()).entries).toHaveLength(1);
    expect(seen).toEqual(['Bearer old', 'Bearer new']);
  });

  it('of a token that fits no header says so, and not what it is', async () => {
    const bad = 'hush-hush\nx: y';
    const { failure, requests } = await start([page], {
      token: { current: async () => bad, refresh: async () => bad },
    });
    expect((await failure()).code).toBe('asana.unauthorized');
    expect(requests).toEqual([]);
  });

  it('that quotes the token, or tries to write into a log, is made fit for one', async () => {
    const { failure } = await start([
      json(403, said(`no ${TOKEN} \u001b[31m\r\nfake line \u202e${'x'.repeat(5_000)}`)),
    ]);
    const { message } = await failure();
    expect(message).toContain('[token]');
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(message.length).toBeLessThan(600);
  });

  it('without a body Asana would send is told by its status', async () => {
    for (const body of [
      '<html>nginx</html>',
      '',
      '[]',
      '{"errors":"x"}',
      '{"errors":[null,{"message":7}]}',
    ]) {
      const { failure } = await start([json(404, body)]);
      expect((await failure()).code).toBe('asana.not-found');
    }
  });

  it('by redirect is not followed', async () => {
    const elsewhere = await start([page]);
    const { requests, failure } = await start([
      json(302, '', { location: 'http://127.0.0.1:9/elsewhere' }),
    ]);
    expect(await failure()).toMatchObject({ code: 'asana.unexpected-status', status: 302 });
    expect([requests.length, elsewhere.requests.length]).toEqual([1, 0]);
  });
});

describe('what passes', () => {
  it.for([500, 502, 503, 504])('%d is asked again with jittered, growing waits', async (status) => {
    const bad = json(status, '<html>Bad Gateway</html>');
    const { clock, requests, fetchPage } = await start([bad, bad, bad, page]);
    await fetchPage();
    expect(requests).toHaveLength(4);
    expect(clock.slept).toEqual([250, 500, 1_000]);
  });

  it('ends with the budget, and says what it was', async () => {
    const { clock, failure } = await start(
      [json(500, { errors: [{ message: 'Server Error', phrase: '6 sad squid' }] })],
      { budget: 10_000 },
    );
    const error = await failure();
    expect([error.code, error.status, error.retryable]).toEqual(['asana.server-error', 500, true]);
    expect(error.message).toContain('6 sad squid');
    const waited = clock.slept.reduce((sum, ms) => sum + ms, 0);
    expect(waited).toBeGreaterThan(4_000);
    expect(waited).toBeLessThan(10_000);
  });

  it.for([
    ['3', 3_000, 3_000],
    ['garbage', 250, 250],
    ['-1', 250, 250],
    ['0', 250, 250],
    [undefined, 250, 250],
  ] as const)('429 with Retry-After %j waits as asked', async ([header, from, to]) => {
    const headers = header === undefined ? {} : { 'retry-after': header };
    const { clock, fetchPage } = await start([json(429, said('rate limit'), headers), page]);
    await fetchPage();
    expect(clock.slept).toHaveLength(1);
    expect(clock.slept[0]).toBeGreaterThanOrEqual(from);
    expect(clock.slept[0]).toBeLessThanOrEqual(to);
  });

  it('429 with a date in Retry-After waits until then', async () => {
    const until = Math.ceil(Date.now() / 1_000) * 1_000 + 600_000;
    const headers = { 'retry-after': new Date(until).toUTCString() };
    const begun = Date.now();
    const { failure } = await start([json(429, said('rate limit'), headers)]);
    const { retryAfterMs = 0 } = await failure();
    expect(retryAfterMs).toBeLessThanOrEqual(until - begun);
    expect(retryAfterMs).toBeGreaterThanOrEqual(until - Date.now());
  });

  it('429 whose Retry-After outlasts the budget is not waited for', async () => {
    const { clock, requests, failure } = await start([
      json(429, said('rate limit'), { 'retry-after': '120' }),
    ]);
    expect(await failure()).toMatchObject({
      code: 'asana.rate-limited',
      retryAfterMs: 120_000,
      retryable: true,
    });
    expect([clock.slept, requests.length]).toEqual([[], 1]);
  });

  it('429 that asks for no wait at all makes no busy loop', async () => {
    const { requests, failure } = await start(
      [json(429, said('rate limit'), { 'retry-after': '0' })],
      { budget: 30_000 },
    );
    expect((await failure()).code).toBe('asana.rate-limited');
    expect(requests.length).toBeLessThan(12);
  });

  it.for([
    [
      'before an answer',
      (_request: IncomingMessage, response: ServerResponse) => response.socket?.resetAndDestroy(),
    ],
    [
      'in the middle of one',
      (_request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { ...JSON_TYPE, 'content-length': '5000' });
        response.write('{"data":[', () => response.socket?.resetAndDestroy());
      },
    ],
    [
      'in the middle of a packed one',
      (_request: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': '5000' });
        response.write(gzipSync(JSON.stringify(PAGE)).subarray(0, 20), () =>
          response.socket?.resetAndDestroy(),
        );
      },
    ],
  ] as const)('a connection that is reset %s', async ([, reset]) => {
    const { requests, fetchPage } = await start([reset, page]);
    expect((await fetchPage()).entries).toHaveLength(1);
    expect(requests).toHaveLength(2);
    const never = await start([reset], { budget: 3_000 });
    expect(await never.failure()).toMatchObject({ code: 'asana.network', retryable: true });
  });

  it('no answer, and a body that drips for ever, end by their time limits', async () => {
    const silent = await start([() => {}], { limits: { headersTimeout: 50 }, budget: 800 });
    expect(await silent.failure()).toMatchObject({ code: 'asana.timeout', retryable: true });
    const drip: Answer = (_request, response) => {
      response.writeHead(200, JSON_TYPE);
      const timer = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(timer));
    };
    const dripping = await start([drip], { limits: { requestTimeout: 150 }, budget: 800 });
    expect(await dripping.failure()).toMatchObject({
      code: 'asana.timeout',
      message: expect.stringMatching(/ \([A-Za-z_]+\)\.$/),
    });
    const stalled: Answer = (_request, response) => {
      response.writeHead(200, JSON_TYPE);
      response.write('{"data":');
    };
    const stopped = await start([stalled], { limits: { bodyTimeout: 100 }, budget: 3_000 });
    expect((await stopped.failure()).code).toBe('asana.timeout');
  });

  it('nobody listens', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await closeServer(server);
    const clock = skippingClock();
    const token: TokenSource = { current: async () => TOKEN, refresh: async () => TOKEN };
    const log: Log = { debug() {}, info() {}, warn() {}, error() {} };
    const client = new AsanaClient({
      baseUrl: `http://127.0.0.1:${port}`,
      version: '1',
      token,
      clock,
      log,
    });
    await expect(
      client.fetchPage({ workspaceGid: '1' }, clock.monotonic() + 5_000),
    ).rejects.toMatchObject({ code: 'asana.network' });
    await client.close();
  });

  it('asked to stop, it stops', async () => {
    const { fetchPage } = await start([() => {}]);
    const abort = new AbortController();
    const fetching = fetchPage({}, abort.signal);
    abort.abort();
    await expect(fetching).rejects.toBeInstanceOf(AsanaError);
  });
});

describe('an answer that is no page', () => {
  it.for([
    ['an HTML page', '<!DOCTYPE html><title>Log in</title>', 'asana.not-json'],
    ['half a page', JSON.stringify(PAGE).slice(0, 12), 'asana.not-json'],
    ['nothing', '', 'asana.not-json'],
    ['no data', '{"next_page":null}', 'asana.malformed-response'],
    ['an error in a 200', said('oops'), 'asana.malformed-response'],
    ['a next_page without offset', { data: [], next_page: {} }, 'asana.malformed-response'],
    ['one too many bytes', { data: ['x'.repeat(100_000)] }, 'asana.response-too-large'],
  ] as const)('%s', async ([, body, code]) => {
    const { requests, failure } = await start([json(200, body)]);
    expect(await failure()).toMatchObject({ code, retryable: false });
    expect(requests).toHaveLength(1);
  });

  it('a small body that unpacks to a huge one', async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '));
    expect(bomb.length).toBeLessThan(60_000);
    const { failure } = await start([
      (_request, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' });
        response.end(bomb);
      },
    ]);
    expect((await failure()).code).toBe('asana.response-too-large');
  });

  it('a body without end', async () => {
    const endless: Answer = (_request, response) => {
      response.writeHead(200, JSON_TYPE);
      const more = () => {
        while (!response.destroyed && response.write(' '.repeat(20_000)));
      };
      response.on('drain', more);
      more();
    };
    const { failure, fetchPage } = await start([endless, page]);
    expect((await failure()).code).toBe('asana.response-too-large');
    expect((await fetchPage()).entries).toHaveLength(1);
  });

  it('what does not unpack, or is packed in a way nobody asked for', async () => {
    for (const encoding of ['gzip', 'deflate', 'br', 'zstd', 'constructor']) {
      const { failure } = await start([
        json(200, 'garbage, not packed at all', { 'content-encoding': encoding }),
      ]);
      expect(await failure()).toMatchObject({ code: 'asana.not-json', retryable: false });
    }
  });
});

it('an announced change of the API is logged once, in one line', async () => {
  const { lines, fetchPage } = await start([
    json(200, PAGE, { 'asana-change': 'name=x;info=https://forum.asana.com' }),
  ]);
  for (let count = 0; count < 3; count++) await fetchPage();
  expect(lines).toHaveLength(1);
  expect(JSON.stringify(lines)).toContain('name=x;info=https://forum.asana.com');
});
