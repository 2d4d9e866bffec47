// Stands before a loopback server and changes the bodies of its answers, or cuts the connection in their place: what an
// answer that was lost, or spoiled on its way, does to a client.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeServer } from './dynalite.ts';

export interface ProxiedRequest {
  /** `x-amz-target` of AWS's JSON protocols, or undefined. */
  readonly target: string | undefined;
  readonly body: string;
}

export interface SpoilingProxy {
  /** With the path of the server behind. */
  readonly url: string;
  readonly requests: ProxiedRequest[];
  close(): Promise<void>;
}

/** @param spoil what becomes of an answer's body; undefined: the connection is cut, the request having been served */
export async function startSpoilingProxy(
  behind: string,
  spoil: (body: string, request: ProxiedRequest, count: number) => string | undefined,
): Promise<SpoilingProxy> {
  const { origin, pathname } = new URL(behind);
  const requests: ProxiedRequest[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part as Buffer);
    const { host: _host, connection: _connection, ...headers } = incoming.headers;
    const body = Buffer.concat(parts);
    const request = {
      target: headers['x-amz-target'] as string | undefined,
      body: body.toString('utf8'),
    };
    requests.push(request);
    const count = requests.length;
    delete headers['content-length'];
    delete headers['accept-encoding'];
    const answer = await fetch(`${origin}${incoming.url}`, {
      method: incoming.method ?? 'GET',
      headers: headers as Record<string, string>,
      redirect: 'manual',
      ...(body.length > 0 ? { body } : {}),
    });
    const text = spoil(await answer.text(), request, count);
    if (text === undefined) {
      incoming.socket.destroy();
      return;
    }
    outgoing.writeHead(answer.status, {
      'content-type': answer.headers.get('content-type') ?? 'application/json',
    });
    outgoing.end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname.replace(/\/$/, '')}`,
    requests,
    close: () => closeServer(server),
  };
}
