// The `detect-cost` benchmark: what detecting asks of queue and table for an event of the simulated workspace's daily life.
// Counts calls and capacity, which no machine's speed changes; how fast it is, is not measured here.
import { parseArgs } from 'node:util';
import { DynamoAlertStateStore } from '../../../lib/alerts/state/dynamo-store.ts';
import type { Publisher } from '../../../lib/bus/publisher-port.ts';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import { rulePattern } from '../../../lib/detections/definition/rule-pattern.ts';
import { type DetectRecord, detectBatch } from '../../../lib/detections/detect.ts';
import { DynamoDueNotes } from '../../../lib/detections/due/dynamo-due-notes.ts';
import { matchesEventPattern } from '../../../lib/detections/event-pattern.ts';
import { dailyLife } from '../../../lib/local/simulator/daily-life.ts';
import { silentLog } from '../../../lib/log.ts';
import { busEvent } from '../../support/bus-events.ts';
import { startDynalite } from '../../support/dynalite.ts';
import { manualClock } from '../../support/manual-clock.ts';
import type { Bench } from '../bench.ts';
import { wholeNumber } from '../whole-number.ts';

const HELP = `npm run bench -- detect-cost [options]

Sends daily life through the rules of all detections and what matches through detecting, ten messages at a time, over a
real table on loopback, and prints messages, read units and write units an event.

  --events N  events (default 400)
  --help      this text`;

const START = Date.parse('2026-10-05T09:00:00.000Z');

export const detectCostBench: Bench = {
  name: 'detect-cost',
  summary: 'messages and capacity that detecting takes for an event',
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        events: { type: 'string', default: '400' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return console.log(HELP);
    const events = wholeNumber('--events', values.events, 1, 1_000_000);
    const { messages, reads, writes } = await measure(events);
    const each = (count: number) => (count / events).toFixed(1);
    console.log(
      `${events} events: ${each(messages)} messages, ${each(reads)} read units and ${each(writes)} write units an event`,
    );
  },
};

async function measure(events: number) {
  const dynalite = await startDynalite();
  try {
    const table = { client: dynalite.client, tableName: await dynalite.createTable('state') };
    const used = { reads: 0, writes: 0 };
    table.client.middlewareStack.add(
      (next, { commandName }) =>
        async (args) => {
          Object.assign(args.input, { ReturnConsumedCapacity: 'TOTAL' });
          const result = await next(args);
          const { ConsumedCapacity } = result.output as { ConsumedCapacity?: unknown };
          const units = [ConsumedCapacity ?? []].flat() as Array<{ CapacityUnits: number }>;
          const kind = /^(Get|Query|BatchGet)/.test(commandName ?? '') ? 'reads' : 'writes';
          for (const { CapacityUnits } of units) used[kind] += CapacityUnits;
          return result;
        },
      { step: 'initialize' },
    );
    const clock = manualClock(START);
    const publisher: Publisher = {
      publish: async (entries) => ({ published: entries.map(() => true), poison: [], retries: 0 }),
    };
    const store = new DynamoAlertStateStore({ ...table, clock });
    const due = new DynamoDueNotes(table);
    const rest = { alertOnHistory: false, windowMs: 3_600_000, runbookBaseUrl: 'https://x.test/' };
    const deps = { catalogue: CATALOGUE, store, due, publisher, clock, log: silentLog, ...rest };
    const all = [...messagesOf(events)];
    for (let from = 0; from < all.length; from += 10) {
      await detectBatch(all.slice(from, from + 10), deps);
    }
    return { messages: all.length, ...used };
  } finally {
    await dynalite.close();
  }
}

/** What the rules of all detections make of daily life, one after the other. */
function* messagesOf(events: number): Iterable<DetectRecord> {
  const rules = CATALOGUE.map(
    (detection) => [detection.id, rulePattern(detection, { alertOnHistory: false })] as const,
  );
  let left = events;
  for (const data of dailyLife({ seed: 'cost', start: START, meanGapMs: 20_000 })) {
    if (left-- === 0) return;
    const event = busEvent(data);
    for (const [detectionId, pattern] of rules) {
      if (!matchesEventPattern(pattern, event)) continue;
      yield {
        messageId: `${data.gid} ${detectionId}`,
        body: JSON.stringify({ detectionId, event }),
      };
    }
  }
}
