// Stands in a server's own way: refuses, cuts or loses what comes, as it is told for each request. No hop, no copy: the
// server behind handles what is let through.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

/** A request as a plan sees it. */
export interface Ask {
  /** `dynamodb`, `slack`, ... */
  readonly server: string;
  /** What was asked: `UpdateItem`, `Publish`, `/services/...` */
  readonly action: string;
  readonly path: string;
}

export type Fate =
  | 'serve'
  /** The connection is cut and nothing was done. */
  | 'cut'
  /** It is done, and the answer lost: the connection is cut. */
  | 'lose'
  /** It is done, and no answer comes until the client gives up. */
  | 'hang'
  /** Refused: a status with a body. */
  | {
      readonly status: number;
      readonly body: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

export interface Gate {
  /** Asked for each request. */
  decide: (ask: Ask) => Fate;
  /** Told when the answer of a request that was served has left. */
  answered: (ask: Ask) => void;
  /** Told when a request was served and its answer is being lost. */
  lost: (ask: Ask) => void;
  /** Told when a client did not wait for the answer of a request that was let through. */
  abandoned: (ask: Ask) => void;
}

export function openGate(): Gate {
  return { decide: () => 'serve', answered: () => {}, lost: () => {}, abandoned: () => {} };
}

export function guard(
  server: Server,
  name: string,
  gate: Gate,
  actionOf: (request: IncomingMessage) => string,
): void {
  const behind = server.listeners('request') as Array<
    (request: IncomingMessage, response: ServerResponse) => void
  >;
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const ask = { server: name, action: actionOf(request), path: request.url ?? '' };
    const fate = gate.decide(ask);
    if (fate === 'cut') {
      request.socket.destroy();
      return;
    }
    if (typeof fate === 'object') {
      request.resume();
      request.on('end', () => response.writeHead(fate.status, fate.headers).end(fate.body));
      return;
    }
    if (fate === 'serve') {
      response.on('finish', () => gate.answered(ask));
      response.on('close', () => {
        if (!response.writableFinished) gate.abandoned(ask);
      });
    }
    if (fate !== 'serve') withoutAnswer(request, response, fate, () => gate.lost(ask));
    for (const listener of behind) listener.call(server, request, response);
  });
}

function withoutAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  fate: 'lose' | 'hang',
  lost: () => void,
): void {
  response.write = () => true;
  response.end = () => {
    lost();
    if (fate === 'lose') request.socket.destroy();
    return response;
  };
}

/** The operation of AWS's JSON protocols, else the method and path. */
export function actionOf(request: IncomingMessage): string {
  const target = request.headers['x-amz-target'];
  return typeof target === 'string'
    ? target.slice(target.lastIndexOf('.') + 1)
    : `${request.method} ${request.url}`;
}

/** AWS's JSON protocols' way of refusing. */
export function awsError(status: number, code: string): Fate {
  return {
    status,
    body: JSON.stringify({ __type: code, message: 'injected' }),
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': code },
  };
}
