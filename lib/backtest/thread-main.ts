// The module that a thread of a backtest runs: its share of the detections over the whole history, which it reads itself.
// Says how it went in the words of thread.ts; the exit of the thread is the starter's.
import { parentPort, workerData } from 'node:worker_threads';
import { AuditBusError } from '../errors.ts';
import type { Sortable } from './external-sort.ts';
import { type Outcome, runSides } from './run.ts';
import { loadSide, partOf } from './side.ts';
import type { ThreadJob, ThreadWord } from './thread.ts';

/** Alerts in a message. */
const BATCH = 500;

const port = parentPort;
if (port !== null) {
  const say = (word: ThreadWord) => port.postMessage(word);
  try {
    const outcome = await run(workerData as ThreadJob);
    const words = wordsOf(outcome);
    port.on('message', () => say(words.next().value ?? { is: 'end' }));
    const sides = outcome.sides.map(({ failures, thresholds }) => ({ failures, thresholds }));
    say({ is: 'done', sides });
  } catch (error) {
    // An error's class does not come across; what a command says of it does.
    if (!(error instanceof AuditBusError)) throw error;
    say({ is: 'failed', code: error.code, message: error.message });
  }
}

async function run({ options, sides }: ThreadJob): Promise<Outcome> {
  const own = await Promise.all(
    sides.map(async ({ source, ids }) => partOf(await loadSide(source), ids)),
  );
  return runSides(options, own);
}

function* wordsOf({ sides }: Outcome): Generator<ThreadWord, undefined> {
  for (const [side, { alerts }] of sides.entries()) {
    let batch: Sortable[] = [];
    for (const entry of alerts.entries()) {
      batch.push(entry);
      if (batch.length < BATCH) continue;
      yield { is: 'alerts', side, alerts: batch };
      batch = [];
    }
    if (batch.length > 0) yield { is: 'alerts', side, alerts: batch };
  }
}
