// Stands in for a Slack incoming webhook on loopback: keeps the messages it took and answers by script.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeServer } from './dynalite.ts';

/** One answer: a status with headers, a connection that stays silent, or one that is cut after the message was taken. */
type SlackScript =
  | { readonly status: number; readonly body?: string; readonly retryAfter?: string }
  | 'hang'
  | 'take-then-reset';

interface SlackRequest {
  readonly path: string;
  readonly contentType: string | undefined;
  readonly body: string;
}

export interface SlackStandIn {
  readonly server: Server;
  /** The webhook's address. */
  readonly url: string;
  /** Every request that came. */
  readonly requests: SlackRequest[];
  /** Messages that were answered 200, or taken before the connection was cut. */
  readonly messages: Array<Record<string, unknown>>;
  /** Answers for the next requests, in order; after the last one everything is answered 200 again. */
  answer(...script: SlackScript[]): void;
  close(): Promise<void>;
}

export async function startSlack(): Promise<SlackStandIn> {
  const script: SlackScript[] = [];
  const requests: SlackRequest[] = [];
  const messages: Array<Record<string, unknown>> = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString('utf8');
    requests.push({ path: request.url ?? '', contentType: request.headers['content-type'], body });
    const next = script.shift() ?? { status: 200, body: 'ok' };
    if (next === 'hang') return;
    if (next === 'take-then-reset') {
      messages.push(JSON.parse(body));
      request.socket.destroy();
      return;
    }
    if (next.status === 200) messages.push(JSON.parse(body));
    response.writeHead(next.status, {
      'content-type': 'text/html',
      ...(next.retryAfter === undefined ? {} : { 'retry-after': next.retryAfter }),
    });
    response.end(next.body ?? '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T000/B000/secret`,
    requests,
    messages,
    answer: (...more) => script.push(...more),
    close: () => closeServer(server),
  };
}
