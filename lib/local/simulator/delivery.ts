// Sends an answer, or spoils the sending of it: faults of the body, the connection and the pace.
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Clock } from '../../clock.ts';
import type { Answer } from './answers.ts';
import { type Fault, numberOf } from './faults.ts';

const LOGIN_PAGE =
  '<!DOCTYPE html><html><head><title>Log in - Asana</title></head><body>Log in to your account.</body></html>';
const PIECES = 20;

/** What a fault makes of an answer before it is sent; the others only change how it is sent. */
export function spoiled(answer: Answer, fault: Fault | undefined): Answer {
  if (answer.status !== 200) return answer;
  switch (fault?.name) {
    case 'truncated-json':
      return { ...answer, body: answer.body.subarray(0, Math.floor(answer.body.length / 2)) };
    case 'not-json':
      return {
        status: 200,
        headers: { 'content-type': 'text/html; charset=utf-8' },
        body: Buffer.from(LOGIN_PAGE),
      };
    case 'missing-data':
      return { ...answer, body: Buffer.from('{"next_page":null}') };
    case 'huge-header':
      return {
        ...answer,
        headers: { ...answer.headers, 'x-padding': 'x'.repeat(numberOf(fault, 'bytes')) },
      };
    default:
      return answer;
  }
}

export function compressed(answer: Answer, acceptEncoding: string | undefined): Answer {
  if (!/\bgzip\b/.test(acceptEncoding ?? '')) return answer;
  return {
    ...answer,
    headers: { ...answer.headers, 'content-encoding': 'gzip' },
    body: gzipSync(answer.body),
  };
}

/** Resolves when the answer is sent, or the client or the signal has ended it. */
export async function deliver(
  response: ServerResponse,
  answer: Answer,
  fault: Fault | undefined,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const headers = { ...answer.headers, 'content-length': String(answer.body.length) };
  switch (fault?.name) {
    case 'connection-reset':
      return reset(response, { ...answer, headers }, String(fault.parameters['at']));
    case 'slow-headers':
      await clock.sleep(numberOf(fault, 'ms'), signal);
      break;
    case 'slow-body':
      response.writeHead(answer.status, headers);
      return drip(response, answer.body, numberOf(fault, 'ms') / PIECES, clock, signal);
    case 'endless-body':
      response.writeHead(answer.status, answer.headers);
      return pour(response, clock, signal);
  }
  if (response.destroyed || signal.aborted) return;
  response.writeHead(answer.status, headers);
  response.end(answer.body);
}

async function drip(
  response: ServerResponse,
  body: Buffer,
  pause: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  const size = Math.max(1, Math.ceil(body.length / PIECES));
  for (let from = 0; from < body.length; from += size) {
    if (response.destroyed || signal.aborted) return;
    response.write(body.subarray(from, from + size));
    await clock.sleep(pause, signal);
  }
  response.end();
}

/** As fast as the client takes it, with a breath in between. */
async function pour(response: ServerResponse, clock: Clock, signal: AbortSignal): Promise<void> {
  const spaces = Buffer.alloc(64 * 1024, ' ');
  while (!response.destroyed && !signal.aborted) {
    if (response.writableNeedDrain) await clock.sleep(5, signal);
    else response.write(spaces);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function reset(response: ServerResponse, answer: Answer, at: string): void {
  const socket: Socket | null = response.socket;
  if (socket === null) return;
  if (at === 'start') {
    socket.resetAndDestroy();
    return;
  }
  const head = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const half = at === 'body' ? answer.body.subarray(0, answer.body.length / 2) : Buffer.alloc(0);
  const ending = at === 'body' ? '\r\n' : '';
  const start = Buffer.from(`HTTP/1.1 ${answer.status} OK\r\n${head.join('')}${ending}`);
  socket.write(Buffer.concat([start, half]), () => socket.resetAndDestroy());
}
