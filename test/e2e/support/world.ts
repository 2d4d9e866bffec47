// All that the end-to-end test starts, in the order it needs it, and how it all ends again.
// What is checked is in deploy.test.ts.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { MemoryEventLog } from '../../../lib/local/simulator/event-log.ts';
import { type CheckedSimulator, startCheckedSimulator } from '../../support/simulator.ts';
import { type SlackStandIn, startSlack } from '../../support/slack.ts';
import { type Clients, createClients } from './clients.ts';
import { Deployment } from './deployment.ts';
import { isolatedEnvironment, refuseForeignEndpoints } from './environment.ts';
import { runProgram } from './guarded-process.ts';
import { installMiniStack, startMiniStack } from './ministack.ts';
import { CACHE, createRunFolder, PROJECT } from './run-folder.ts';

export const TOKEN = 'a-service-account-token';
/**
 * Asana's answers come at a pace: 25 events a second, so that all are published before the next tick. The emulator, one
 * process that matches each event against every rule itself, takes longer than a request may last when the poller hands it
 * hundreds at once, and what is then sent again arrives twice.
 */
export const PAGE_SIZE = 50;
const ANSWER_MILLISECONDS = 2_000;

interface World {
  readonly endpoint: string;
  readonly clients: Clients;
  readonly deployment: Deployment;
  /** `npm run` of one of the project's commands, against the emulator. @returns what it printed */
  npmRun(script: string, ...args: string[]): Promise<string>;
  readonly simulator: CheckedSimulator<MemoryEventLog>;
  readonly slack: SlackStandIn;
  /** Offsets the simulated Asana gave out, oldest first. */
  readonly offsets: string[];
  /** Queries it was asked, oldest first. */
  readonly queries: URLSearchParams[];
}

export interface Scene {
  readonly world: World;
  /** Stops everything. @param failed keeps the logs and says where they are */
  end(failed: boolean): Promise<void>;
}

/** @throws AuditBusError; what had been started by then has been stopped */
export async function openScene(): Promise<Scene> {
  refuseForeignEndpoints(process.env);
  const folder = createRunFolder();
  const endings: Array<() => Promise<void> | void> = [];
  const end = async (failed: boolean): Promise<void> => {
    const problems: unknown[] = [];
    for (const ending of endings.reverse()) {
      try {
        await ending();
      } catch (error) {
        problems.push(error);
      }
    }
    const keepLogs = failed || problems.length > 0;
    if (keepLogs) {
      progress(`What happened is in ${relative(PROJECT, folder.path)} (until the next run)`);
      progress(troubleIn(readQuietly(folder.log('ministack'))));
    }
    folder.remove({ keepLogs });
    if (problems.length > 0) throw new AggregateError(problems, 'Not everything ended well');
  };
  try {
    const began = performance.now();
    progress('Getting the emulator ready; the first time it is downloaded');
    const emulator = await installMiniStack(CACHE, folder.log('pip'));
    const { endpoint, stop } = await startMiniStack({
      ...folder,
      ...emulator,
      logFile: folder.log('ministack'),
    });
    endings.push(stop);
    const offsets: string[] = [];
    const queries: URLSearchParams[] = [];
    const simulator = await startCheckedSimulator({
      token: TOKEN,
      pageSize: PAGE_SIZE,
      latencyMs: ANSWER_MILLISECONDS,
      onResponse({ query, status, body }) {
        queries.push(query);
        const page = status === 200 ? JSON.parse(body.toString('utf8')) : {};
        if (typeof page.next_page?.offset === 'string') offsets.push(page.next_page.offset);
      },
    });
    endings.push(() => simulator.close());
    const slack = await startSlack();
    endings.push(() => slack.close());
    const clients = createClients(endpoint);
    endings.push(() => clients.destroy());
    progress(
      `MiniStack ${emulator.version} on ${endpoint}, Asana on ${simulator.url}, Slack on ${new URL(slack.url).origin} ` +
        `after ${seconds(began)}`,
    );
    const env = isolatedEnvironment(process.env, { endpoint, ...folder });
    const deployment = new Deployment(env, folder);
    let commands = 0;
    const npmRun = (script: string, ...args: string[]) =>
      runProgram('npm', ['run', '--silent', script, '--', ...args], {
        env,
        cwd: PROJECT,
        logFile: folder.log(`npm-${commands++}-${script}`),
      });
    const world = { endpoint, clients, deployment, npmRun, simulator, slack, offsets, queries };
    return { world, end };
  } catch (error) {
    await end(true);
    throw error;
  }
}

/** A line for the person who waits. */
export function progress(line: string): void {
  process.stdout.write(`  ${line}\n`);
}

export function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

function readQuietly(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It never came to a log: then there is nothing to show of it.
    return '';
  }
}

/** What an emulator's log says of trouble, the last of it. */
function troubleIn(log: string): string {
  const lines = log
    .split('\n')
    .filter((line) => /WARN|ERROR|Traceback|"level":"(WARN|ERROR)"/.test(line));
  return lines.slice(-30).join('\n  ');
}
