// The servers' process: Asana's endpoint, PutEvents and a table on one loopback port, told what to do by its parent.
import type { AddressInfo } from 'node:net';
import { renderedLog } from './audit-log.ts';
import { minimalServer, type Request } from './http.ts';
import type { Answer, Counts, Order } from './protocol.ts';
import { putEvents } from './put-events.ts';
import { Table } from './table.ts';

const NOTHING: Counts = { pages: 0, puts: 0, tableCalls: 0, eventsAccepted: 0 };

const table = new Table();
let log: (head: string) => Buffer = () => Buffer.alloc(0);
let rendered = '';
let latencyMs = 0;
let counts = { ...NOTHING };

function respond({ head, body }: Request): Buffer {
  if (head.startsWith('GET ')) {
    counts.pages++;
    return log(head);
  }
  const operation = /\r\nx-amz-target: *\w+\.(\w+)/i.exec(head)?.[1] ?? '';
  if (operation !== 'PutEvents') {
    counts.tableCalls++;
    return table.handle(operation, body);
  }
  const { answer, accepted } = putEvents(body);
  counts.puts++;
  counts.eventsAccepted += accepted;
  return answer;
}

function say(answer: Answer): void {
  process.send?.(answer);
}

process.on('message', (order: Order) => {
  if ('report' in order) {
    say({ counts });
    counts = { ...NOTHING };
    return;
  }
  const { events, pageSize } = order.setup;
  const wanted = `${events} in pages of ${pageSize}`;
  if (wanted !== rendered) log = renderedLog(events, pageSize);
  rendered = wanted;
  latencyMs = order.setup.latencyMs;
  counts = { ...NOTHING };
  say({ done: true });
});
// The measuring process ended, however it did: nobody is left to serve.
process.on('disconnect', () => process.exit(0));

const server = minimalServer(respond, () => latencyMs);
server.listen(0, '127.0.0.1', () =>
  say({ ready: { port: (server.address() as AddressInfo).port } }),
);
