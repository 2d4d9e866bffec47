// How commands speak to a run besides DynamoDB and PutEvents: its bus as a stream, and a word that queues hold something.
// The run's side is bus.ts.
import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { AuditBusError } from '../errors.ts';

export const TAIL_PATH = '/tail';
export const LOOK_AGAIN_PATH = '/look-again';

/** Makes the run's workers look into their queues. A run that has ended meanwhile looks when it starts. */
export async function lookAgain(busEndpoint: string): Promise<void> {
  await fetch(`${busEndpoint}${LOOK_AGAIN_PATH}`, { method: 'POST' }).catch(() => {});
}

/**
 * Every event that the bus takes from now on, each as a rule's target receives it: JSON on one line. Ends with the run, or
 * with the signal.
 * @throws AuditBusError `local.no-run`
 */
export async function* tailRun(busEndpoint: string, signal: AbortSignal): AsyncIterable<string> {
  const response = await new Promise<NodeJS.ReadableStream | undefined>((resolve, reject) => {
    request(`${busEndpoint}${TAIL_PATH}`, { signal })
      .on('response', (answer) =>
        answer.statusCode === 200
          ? resolve(answer)
          : reject(noRun(`answered ${answer.statusCode}; it may be of an older version`)),
      )
      .on('error', (error) =>
        signal.aborted ? resolve(undefined) : reject(noRun(`cannot be reached: ${error.message}`)),
      )
      .end();
  });
  if (response === undefined) return;
  const lines = createInterface({ input: response });
  try {
    yield* lines;
  } catch (error) {
    // Cut off: by the signal, or because the run was killed.
    if (!signal.aborted && (error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  }
}

function noRun(words: string): AuditBusError {
  return new AuditBusError('local.no-run', `The run's bus ${words}.`);
}
