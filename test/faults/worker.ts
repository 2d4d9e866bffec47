// A process that runs functions when it is told to, until somebody kills it. Bundled by worker-pool.ts.

import { flushCompileCache } from 'node:module';
import { silentLog } from '../../lib/log.ts';
import type { ClockSetting } from './clock.ts';
import { type Addresses, type Calls, type Setting, wire } from './functions.ts';

export interface Invocation {
  readonly id: number;
  readonly role: keyof Calls;
  readonly given: readonly unknown[];
  readonly addresses: Addresses;
  readonly setting: Setting;
  readonly time: ClockSetting;
}

export interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}

process.on('message', (invocation: Invocation) => {
  void answer(invocation).then((reply) => {
    process.send?.(reply);
    // Most are killed, and leave nothing by themselves.
    flushCompileCache();
  });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ id: 0 } satisfies Answer);

async function answer({ id, role, given, addresses, setting, time }: Invocation): Promise<Answer> {
  const { calls, close } = wire(addresses, setting, time, silentLog);
  try {
    const call = calls[role] as (...given: readonly unknown[]) => Promise<unknown>;
    return { id, value: await call(...given) };
  } catch (error) {
    return { id, error: String(error) };
  } finally {
    void close();
  }
}
