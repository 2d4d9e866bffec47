// Calls functions where they run: in this process, or (worker-pool.ts) in one that can be killed.
import type { Log } from '../../lib/log.ts';
import type { ClockSetting, FastClock } from './clock.ts';
import { type Addresses, type Calls, type Observer, type Setting, wire } from './functions.ts';

export interface Invoker {
  /** @returns 'died' when the process did not live to answer */
  invoke<R extends keyof Calls>(
    role: R,
    given: Parameters<Calls[R]>,
    time: ClockSetting,
  ): Promise<Awaited<ReturnType<Calls[R]>> | 'died'>;
  close(): Promise<void>;
}

/** In this process, all on one clock. */
export class Here implements Invoker {
  readonly #wired: ReturnType<typeof wire>;

  /** @param logged gets every line at INFO and above */
  constructor(
    addresses: Addresses,
    setting: Setting,
    clock: FastClock,
    logged: string[],
    observer: Observer = {},
  ) {
    this.#wired = wire(addresses, setting, clock, logInto(logged), observer);
  }

  invoke<R extends keyof Calls>(
    role: R,
    given: Parameters<Calls[R]>,
  ): Promise<Awaited<ReturnType<Calls[R]>>> {
    const call = this.#wired.calls[role] as (
      ...given: Parameters<Calls[R]>
    ) => Promise<Awaited<ReturnType<Calls[R]>>>;
    return call(...given);
  }

  async close(): Promise<void> {
    await this.#wired.close();
  }
}

function logInto(lines: string[]): Log {
  const write =
    (level: string) =>
    (message: string, ...fields: Record<string, unknown>[]) => {
      lines.push(JSON.stringify({ level, message, ...Object.assign({}, ...fields) }));
    };
  return { debug() {}, info: write('info'), warn: write('warn'), error: write('error') };
}
