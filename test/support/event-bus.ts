// Stands in for EventBridge's PutEvents on loopback: records what it accepted and answers by script.
// Applies no rules; the local run's bus does that.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { closeServer } from './dynalite.ts';

export interface PutEntry {
  readonly Source: string;
  readonly DetailType: string;
  /** JSON text, as it was sent. */
  readonly Detail: string;
  readonly EventBusName?: string;
  /** Epoch seconds, as the wire has it. */
  readonly Time?: number;
}

/** What to do with one PutEvents request; undefined accepts every entry. */
export type PutScript =
  /** Fail these entries (by index) with these codes, accept the others. */
  | { readonly failed: Readonly<Record<number, string>> }
  /** Refuse the whole request: `{ status: 400, code: 'ThrottlingException' }`. */
  | { readonly status: number; readonly code: string; readonly message?: string }
  /** Accept all entries, then cut the connection: an answer that was lost. */
  | 'accept-then-reset'
  /** Accept all entries, then never answer. */
  | 'accept-then-hang'
  /** Cut the connection without having accepted anything. */
  | 'reset'
  | undefined;

export interface TestEventBus {
  readonly server: Server;
  readonly url: string;
  /** Accepted entries, in order of acceptance. */
  readonly entries: PutEntry[];
  /** Entries of every request that came, accepted or not. */
  readonly requests: PutEntry[][];
  close(): Promise<void>;
}

export interface TestEventBusOptions {
  /** Asked for each request; `request` counts from 1. */
  onPut?: (entries: readonly PutEntry[], request: number) => PutScript | Promise<PutScript>;
}

export async function startEventBus(options: TestEventBusOptions = {}): Promise<TestEventBus> {
  const entries: PutEntry[] = [];
  const requests: PutEntry[][] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = JSON.parse(Buffer.concat(parts).toString('utf8')) as { Entries: PutEntry[] };
    const answer = (status: number, content: object) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(content));
    };
    if (request.headers['x-amz-target'] !== 'AWSEvents.PutEvents') {
      answer(400, { __type: 'UnknownOperationException', message: 'Only PutEvents is here.' });
      return;
    }
    requests.push(body.Entries);
    const script = await options.onPut?.(body.Entries, requests.length);
    if (script === 'reset') {
      request.socket.destroy();
    } else if (script === 'accept-then-reset' || script === 'accept-then-hang') {
      entries.push(...body.Entries);
      if (script === 'accept-then-reset') request.socket.destroy();
    } else if (script !== undefined && 'status' in script) {
      answer(script.status, { __type: script.code, message: script.message ?? 'scripted' });
    } else {
      const failed = script?.failed ?? {};
      const results = body.Entries.map((entry, index) => {
        const code = failed[index];
        if (code !== undefined) return { ErrorCode: code, ErrorMessage: 'scripted' };
        entries.push(entry);
        return { EventId: `event-${entries.length}` };
      });
      answer(200, { FailedEntryCount: Object.keys(failed).length, Entries: results });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    entries,
    requests,
    close: () => closeServer(server),
  };
}
