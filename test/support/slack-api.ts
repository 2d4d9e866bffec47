// Stands in for Slack's Web API on loopback: chat.postMessage and chat.update over the messages it holds, answers by script.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeServer } from './dynalite.ts';

/** One answer instead of Slack's own; `lose` does what was asked and then cuts the connection. */
export type SlackApiScript =
  | { readonly error: string }
  | { readonly status: number; readonly retryAfter?: string; readonly body?: string }
  | 'lose'
  | 'hang';

export interface SlackApiMessage {
  readonly channel: string;
  readonly ts: string;
  readonly threadTs: string | undefined;
  text: string;
  blocks: string;
  edits: number;
}

export interface SlackApiStandIn {
  readonly server: Server;
  /** The API's address, as `SLACK_API_URL` takes it. */
  readonly url: string;
  readonly token: string;
  readonly messages: SlackApiMessage[];
  /** Methods called, in order. */
  readonly calls: string[];
  answer(...script: SlackApiScript[]): void;
  close(): Promise<void>;
}

export async function startSlackApi(token = 'xoxb-stand-in'): Promise<SlackApiStandIn> {
  const script: SlackApiScript[] = [];
  const messages: SlackApiMessage[] = [];
  const calls: string[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const given = new URLSearchParams(Buffer.concat(parts).toString('utf8'));
    const method = (request.url ?? '').replace('/api/', '');
    calls.push(method);
    const next = script.shift();
    if (next === 'hang') return;
    if (next !== undefined && next !== 'lose' && 'status' in next) {
      const headers = next.retryAfter === undefined ? {} : { 'retry-after': next.retryAfter };
      response.writeHead(next.status, headers).end(next.body ?? '');
      return;
    }
    const isOurs = request.headers.authorization === `Bearer ${token}`;
    const refusal =
      next !== undefined && next !== 'lose' ? next : isOurs ? undefined : { error: 'invalid_auth' };
    const answer = refusal === undefined ? handle(method, given) : { ok: false, ...refusal };
    if (next === 'lose') {
      request.socket.destroy();
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });

  function handle(method: string, given: URLSearchParams): object {
    const channel = given.get('channel') ?? '';
    const content = { text: given.get('text') ?? '', blocks: given.get('blocks') ?? '' };
    if (method === 'chat.postMessage') {
      const ts = `1791190800.${String(messages.length + 1).padStart(6, '0')}`;
      const threadTs = given.get('thread_ts') ?? undefined;
      messages.push({ channel, ts, threadTs, ...content, edits: 0 });
      return { ok: true, channel, ts };
    }
    const message = messages.find((one) => one.ts === given.get('ts') && one.channel === channel);
    if (method !== 'chat.update') return { ok: false, error: 'unknown_method' };
    if (message === undefined) return { ok: false, error: 'message_not_found' };
    Object.assign(message, content, { edits: message.edits + 1 });
    return { ok: true, channel, ts: message.ts };
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/`,
    token,
    messages,
    calls,
    answer: (...more) => script.push(...more),
    close: () => closeServer(server),
  };
}
