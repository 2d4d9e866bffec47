// An HTTP/1.1 server that costs next to nothing a request: answers are ready buffers, sent after a set latency.
// Keep-alive with known lengths only; no chunked requests, no pipelining: what the measured clients do and no more.
import { createServer, type Server, type Socket } from 'node:net';

export interface Request {
  /** The request line and headers, as sent. */
  readonly head: string;
  readonly body: Buffer;
}

/** @returns the whole answer, head included */
export type Respond = (request: Request) => Buffer;

const HEAD_END = '\r\n\r\n';
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;

/** @param latency asked for each request: milliseconds between its last byte and the answer */
export function minimalServer(respond: Respond, latency: () => number): Server {
  return createServer({ noDelay: true }, (socket) => {
    let pending: Buffer | undefined;
    socket.on('data', (chunk) => {
      const bytes = pending === undefined ? chunk : Buffer.concat([pending, chunk]);
      const request = wholeRequest(bytes);
      pending = request === undefined ? bytes : undefined;
      if (request !== undefined) answer(socket, respond(request), latency());
    });
    // A client that is done cuts its connections.
    socket.on('error', () => socket.destroy());
  });
}

/** The answer as it goes over the wire. */
export function httpAnswer(status: number, type: string, body: string): Buffer {
  const bytes = Buffer.from(body);
  const head = `HTTP/1.1 ${status} -\r\ncontent-type: ${type}\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

function wholeRequest(bytes: Buffer): Request | undefined {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end);
  const length = Number(CONTENT_LENGTH.exec(head)?.[1] ?? 0);
  const from = end + HEAD_END.length;
  return bytes.length < from + length
    ? undefined
    : { head, body: bytes.subarray(from, from + length) };
}

function answer(socket: Socket, bytes: Buffer, afterMs: number): void {
  if (afterMs === 0) socket.write(bytes);
  else setTimeout(() => socket.write(bytes), afterMs);
}
