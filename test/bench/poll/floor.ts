// The latency floor: how long the log takes if only the network did, from the latencies of single bare calls.
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { MAX_ENTRIES_PER_REQUEST } from '../../../lib/bus/chunker.ts';
import { median } from '../median.ts';
import type { BareLoop } from './bare-loop.ts';
import { type BenchClients, TABLE } from './clients.ts';

/** Requests that the floor counts in flight, fewer than the publisher has. */
const FLOOR_IN_FLIGHT = 10;
const CALLS = 9;

/** Milliseconds of one call, nothing else under way. */
export interface Latencies {
  readonly write: number;
  readonly page: number;
  readonly put: number;
}

export async function measureLatencies(clients: BenchClients, bare: BareLoop): Promise<Latencies> {
  const ten = (await bare.firstEvents()).slice(0, MAX_ENTRIES_PER_REQUEST);
  return {
    write: await medianTime(() => bareWrite(clients)),
    page: await medianTime(() => bare.fetchText(undefined)),
    put: await medianTime(() => bare.put(ten)),
  };
}

/** Lease write + first page + pages x max(page, ceil(chunks / 10) x put) + last save, in milliseconds. */
export function latencyFloor(
  { write, page, put }: Latencies,
  events: number,
  pageSize: number,
): number {
  const chunks = Math.ceil(pageSize / MAX_ENTRIES_PER_REQUEST);
  const publish = Math.ceil(chunks / FLOOR_IN_FLIGHT) * put;
  return write + page + Math.ceil(events / pageSize) * Math.max(page, publish) + write;
}

async function bareWrite({ dynamo }: BenchClients): Promise<void> {
  await dynamo.send(
    new UpdateItemCommand({
      TableName: TABLE,
      Key: { pk: { S: 'floor' }, sk: { S: 'checkpoint' } },
      UpdateExpression: 'SET leaseUntil = :until',
      ExpressionAttributeValues: { ':until': { N: '1' } },
    }),
  );
}

async function medianTime(call: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < CALLS; index++) {
    const begun = performance.now();
    await call();
    times.push(performance.now() - begun);
  }
  return median(times);
}
