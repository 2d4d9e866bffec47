// One run of the real poller over the whole log, wired as the poll function wires it.
import { AsanaClient } from '../../../lib/asana/client.ts';
import { fixedToken } from '../../../lib/asana/token.ts';
import { DEFAULT_MAX_EVENT_BYTES } from '../../../lib/bus/envelope.ts';
import { PutEventsPublisher } from '../../../lib/bus/put-events-publisher.ts';
import { DEFAULT_REDACT_PATHS, redactor } from '../../../lib/bus/redaction.ts';
import { systemClock as clock } from '../../../lib/clock.ts';
import { silentLog as log } from '../../../lib/log.ts';
import { DynamoCheckpointStore } from '../../../lib/poller/dynamo-checkpoint-store.ts';
import { Poller } from '../../../lib/poller/poll.ts';
import { VERSION } from '../../../lib/version.ts';
import { type BenchClients, BUS, TABLE, TOKEN } from './clients.ts';

const RUN_MS = 600_000;

export interface PollerRun {
  /** @throws when the run did not publish exactly this many events and catch up */
  run(events: number): Promise<void>;
  close(): Promise<void>;
}

export function pollerRun({ url, dynamo, eventBridge }: BenchClients): PollerRun {
  const asana = new AsanaClient({
    baseUrl: url,
    version: VERSION,
    token: fixedToken(TOKEN),
    clock,
    log,
  });
  const poller = new Poller(
    {
      asana,
      publisher: new PutEventsPublisher({ client: eventBridge, eventBusName: BUS, clock }),
      checkpoints: new DynamoCheckpointStore(dynamo, TABLE),
      quarantine: {
        put: () => Promise.reject(new Error('No event of the benchmark belongs in quarantine.')),
      },
      clock,
      log,
    },
    {
      startFrom: 'oldest',
      redact: redactor(DEFAULT_REDACT_PATHS),
      maxEventBytes: DEFAULT_MAX_EVENT_BYTES,
      skipUnreadable: false,
    },
  );
  let workspace = 1_200_000_000_000_000;
  return {
    async run(events) {
      // A workspace of its own each time: an empty checkpoint, nothing remembered.
      const budget = { deadline: clock.monotonic() + RUN_MS, leaseMs: RUN_MS + 5_000 };
      const { outcome, published, failure } = await poller.run(String(++workspace), budget);
      if (outcome === 'caught-up' && published === events) return;
      throw new Error(`The poller ended ${outcome} after ${published} of ${events} events.`, {
        cause: failure,
      });
    },
    close: () => asana.close(),
  };
}
