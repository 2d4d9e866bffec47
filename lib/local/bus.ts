// The local bus: a loopback HTTP server that speaks EventBridge's PutEvents (AWS JSON 1.1) to the real SDK client.
// Takes events, commits them to the queues of the rules they match, tells observers. Which rules there are: rules.ts.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isJsonObject } from '../asana/lossless-json.ts';
import type { Clock } from '../clock.ts';
import type { BusEvent } from '../contract/bus-event.ts';
import { describeError } from '../errors.ts';
import {
  type AcceptedEvent,
  judgeEntry,
  MAX_REQUEST_BYTES,
  type RequestEntry,
  requestProblem,
} from './bus-entry.ts';
import { listenOnLoopback } from './loopback.ts';
import type { QueueMessage } from './queue.ts';
import { LOOK_AGAIN_PATH, TAIL_PATH } from './run-client.ts';

/** A rule of the local bus: what it matches and the message it puts on which queue. */
export interface LocalRule {
  readonly name: string;
  matches(event: BusEvent<unknown>): boolean;
  message(event: AcceptedEvent): QueueMessage;
}

export interface LocalBusOptions {
  readonly busName: string;
  readonly rules: readonly LocalRule[];
  readonly clock: Clock;
  /** Commits all messages or throws. */
  send(messages: readonly QueueMessage[]): void;
  /** Called with a request's accepted events before they are committed; the answer waits for it. */
  observe?(events: readonly AcceptedEvent[]): Promise<void>;
  /** A command has put something into a queue behind the run's back. */
  lookAgain?(): void;
}

export interface LocalBus {
  /** `http://127.0.0.1:<port>`, for the SDK client's `endpoint`. */
  readonly endpoint: string;
  /** Answers what is under way, then closes. */
  close(): Promise<void>;
}

/** JSON escapes make an entry's text up to six times as long on the wire as it counts. */
const MAX_BODY_BYTES = 6 * MAX_REQUEST_BYTES + 65_536;
const CONTENT_TYPE = 'application/x-amz-json-1.1';
/** A tail that is so far behind is cut off: what it has not read is memory of this run. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024;

/** Listens on a free loopback port. A request is answered 200 only when its events are committed and observed. */
export async function startLocalBus(options: LocalBusOptions): Promise<LocalBus> {
  const tails = new Set<ServerResponse>();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    if (answerCommand(options, tails, request, response)) return;
    answer(options, tails, request, response).catch((error: unknown) => {
      // The commit or the output failed: nothing was taken, and the publisher sends it again. With no reader left it
      // need not try: permission denied is what ends a publisher's efforts at once.
      const code = (error as { code?: unknown }).code;
      const [status, type] =
        code === 'local.output-closed'
          ? [400, 'AccessDeniedException']
          : [500, 'InternalException'];
      reply(response, status, { __type: type, message: describeError(error) });
    });
  });
  await listenOnLoopback(server);
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const tail of tails) tail.end();
        server.closeIdleConnections();
      }),
  };
}

/** @returns whether it was one of lib/local/run-client.ts's requests */
function answerCommand(
  options: LocalBusOptions,
  tails: Set<ServerResponse>,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { method, url, headers } = request;
  const isTail = method === 'GET' && url === TAIL_PATH;
  if (!isTail && !(method === 'POST' && url === LOOK_AGAIN_PATH)) return false;
  request.resume();
  // By address only, and from no page of a browser: a name that was made to point here must not read the log.
  if (!headers.host?.startsWith('127.0.0.1:') || headers.origin !== undefined) {
    response.writeHead(403).end();
  } else if (isTail) {
    tails.add(response);
    response.on('close', () => tails.delete(response));
    response.writeHead(200, { 'content-type': 'application/x-ndjson' }).flushHeaders();
  } else {
    options.lookAgain?.();
    response.writeHead(204).end();
  }
  return true;
}

function show(tails: ReadonlySet<ServerResponse>, events: readonly AcceptedEvent[]): void {
  for (const tail of tails) {
    if (tail.writableLength > MAX_UNREAD_BYTES) tail.destroy();
    else for (const { text } of events) tail.write(`${text}\n`);
  }
}

async function answer(
  options: LocalBusOptions,
  tails: ReadonlySet<ServerResponse>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST' || request.headers['x-amz-target'] !== 'AWSEvents.PutEvents') {
    request.resume();
    return reply(response, 400, {
      __type: 'UnknownOperationException',
      message: 'This bus answers PutEvents only.',
    });
  }
  const entries = parseEntries(await readBody(request));
  if (entries === undefined) {
    return reply(response, 400, {
      __type: 'SerializationException',
      message: 'The body holds no list of entries.',
    });
  }
  const problem = requestProblem(entries);
  if (problem !== undefined) {
    return reply(response, 400, { __type: 'ValidationException', message: problem });
  }
  const stray = entries.find(
    ({ EventBusName: name = 'default' }) =>
      name !== options.busName && !String(name).endsWith(`event-bus/${options.busName}`),
  );
  if (stray !== undefined) {
    return reply(response, 400, {
      __type: 'ResourceNotFoundException',
      message: `Event bus ${String(stray.EventBusName ?? 'default')} does not exist.`,
    });
  }

  const now = options.clock.now();
  const verdicts = entries.map((entry) => judgeEntry(entry, now));
  const accepted = verdicts.flatMap((verdict) => (verdict.accepted ? [verdict.event] : []));
  const messages = accepted.flatMap((event) =>
    options.rules.filter((rule) => rule.matches(event.event)).map((rule) => rule.message(event)),
  );
  await options.observe?.(accepted);
  options.send(messages);
  show(tails, accepted);
  reply(response, 200, {
    FailedEntryCount: verdicts.length - accepted.length,
    Entries: verdicts.map((verdict) =>
      verdict.accepted
        ? { EventId: verdict.event.event.id }
        : { ErrorCode: verdict.code, ErrorMessage: verdict.message },
    ),
  });
}

function parseEntries(body: string | undefined): RequestEntry[] | undefined {
  try {
    const parsed: unknown = JSON.parse(body ?? '');
    const entries = isJsonObject(parsed) ? parsed['Entries'] : undefined;
    return Array.isArray(entries) && entries.every(isJsonObject) ? entries : undefined;
  } catch {
    return undefined; // SerializationException is the answer to whatever does not parse
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return bytes > MAX_BODY_BYTES ? undefined : Buffer.concat(chunks).toString('utf8');
}

function reply(response: ServerResponse, status: number, body: Record<string, unknown>): void {
  if (response.headersSent || response.destroyed) return;
  const headers: Record<string, string> = { 'content-type': CONTENT_TYPE };
  if (typeof body['__type'] === 'string') headers['x-amzn-errortype'] = body['__type'];
  response.writeHead(status, headers).end(JSON.stringify(body));
}
