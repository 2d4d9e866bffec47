// Waiting for a condition, with a bound: nothing in the end-to-end test goes on because time has passed.
import { setTimeout as sleep } from 'node:timers/promises';
import { AuditBusError } from '../../../lib/errors.ts';

export interface WaitOptions {
  readonly atMostSeconds: number;
  readonly everyMilliseconds?: number;
  /** What there is so far, for the message when it never comes to more. */
  readonly soFar?: () => unknown;
}

/**
 * Asks until the answer is neither undefined nor false. Errors of `probe` are not waited out.
 * @throws AuditBusError `e2e.timeout` naming what never came
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  { atMostSeconds, everyMilliseconds = 250, soFar }: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + atMostSeconds * 1000;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() >= deadline) {
      const state = soFar === undefined ? '' : `; so far: ${JSON.stringify(soFar())}`;
      throw new AuditBusError('e2e.timeout', `${what}: not within ${atMostSeconds} s${state}`);
    }
    await sleep(everyMilliseconds);
  }
}
