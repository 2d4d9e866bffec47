// Starts the servers in a process of their own and speaks with them.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Answer, Counts, Order, Setup } from './protocol.ts';

const CHILD = fileURLToPath(new URL('./servers-child.ts', import.meta.url));

export interface BenchServers {
  readonly url: string;
  /** Resolves when the pages are rendered and counting begins. */
  setup(setup: Setup): Promise<void>;
  /** What came since the last setup or report. */
  counts(): Promise<Counts>;
  close(): Promise<void>;
}

export async function startServers(): Promise<BenchServers> {
  // The servers are not what is measured: neither its profiler nor its heap is theirs.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const execArgv = process.execArgv.filter((arg) => !arg.includes('prof'));
  const child = fork(CHILD, { execArgv, env });
  const first = await next(child);
  if (!('ready' in first)) throw new Error('The servers did not begin by naming their port.');
  const ask = async (order: Order) => {
    const answer = next(child);
    child.send(order);
    return answer;
  };
  return {
    url: `http://127.0.0.1:${first.ready.port}`,
    async setup(setup) {
      await ask({ setup });
    },
    async counts() {
      const answer = await ask({ report: true });
      if (!('counts' in answer)) throw new Error('The servers did not answer with their counts.');
      return answer.counts;
    },
    async close() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

async function next(child: ChildProcess): Promise<Answer> {
  const ended = new AbortController();
  const exit = once(child, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`The servers ended with ${code}.`);
  });
  const message = once(child, 'message', { signal: ended.signal }).then(([said]) => said as Answer);
  try {
    return await Promise.race([message, exit]);
  } finally {
    ended.abort();
    exit.catch(() => {});
    message.catch(() => {});
  }
}
