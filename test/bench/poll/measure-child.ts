// A measuring process: does one job, given as JSON in its argument, against servers in a process of their own.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type BenchServers, startServers } from '../servers/start.ts';
import { BareLoop } from './bare-loop.ts';
import { benchClients } from './clients.ts';
import { latencyFloor, measureLatencies } from './floor.ts';
import type { Job, JobResult, MemoryJob, Round, RoundsJob, RunFigures } from './job.ts';
import { pollerRun } from './poller-run.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const servers = await startServers();
try {
  const job = JSON.parse(process.argv[2] ?? '') as Job;
  const result: JobResult =
    job.kind === 'memory' ? await measureMemory(job) : await measureRounds(job);
  // Started by hand, as for a profile, it has nobody to tell.
  if (process.send === undefined) console.log(JSON.stringify(result, null, 2));
  else await new Promise((sent) => process.send?.(result, sent));
} finally {
  await servers.close();
  if (process.connected) process.disconnect();
}

async function measureMemory(job: MemoryJob): Promise<JobResult> {
  await servers.setup(job);
  const poller = pollerRun(benchClients(servers.url));
  await poller.run(job.events);
  await poller.close();
  // Of this process from its start on, in kilobytes.
  return { peakRssBytes: process.resourceUsage().maxRSS * 1024 };
}

async function measureRounds(job: RoundsJob): Promise<JobResult> {
  const clients = benchClients(servers.url);
  const poller = pollerRun(clients);
  const bare = new BareLoop(clients);
  const runPoller = () => poller.run(job.events);
  const runBare = async () => {
    const sent = await bare.run();
    if (sent !== job.events) throw new Error(`The bare loop sent ${sent} of ${job.events} events.`);
  };
  // Code is compiled and connections are open for both before anything counts.
  await servers.setup({ ...job, latencyMs: 0 });
  await runPoller();
  await runBare();

  const rounds: Round[] = [];
  for (let index = 0; index < job.rounds; index++) {
    await servers.setup(job);
    const latencies = await measureLatencies(clients, bare);
    const floorMs = latencyFloor(latencies, job.events, job.pageSize);
    // Each goes first in turn, so that a slow stretch of the machine does not always meet the same one.
    if (index % 2 === 0) {
      const ofPoller = await measured(servers, job.events, runPoller);
      const ofBare = await measured(servers, job.events, runBare);
      rounds.push({ latencies, floorMs, poller: ofPoller, bare: ofBare });
    } else {
      const ofBare = await measured(servers, job.events, runBare);
      const ofPoller = await measured(servers, job.events, runPoller);
      rounds.push({ latencies, floorMs, poller: ofPoller, bare: ofBare });
    }
  }
  await Promise.all([poller.close(), bare.close()]);
  return { rounds };
}

async function measured(
  { counts }: BenchServers,
  events: number,
  run: () => Promise<void>,
): Promise<RunFigures> {
  collectGarbage();
  await counts();
  const cpu = process.cpuUsage();
  const begun = performance.now();
  await run();
  const ms = performance.now() - begun;
  const { user, system } = process.cpuUsage(cpu);
  const { pages, puts, tableCalls, eventsAccepted } = await counts();
  if (eventsAccepted !== events) {
    throw new Error(`The bus took ${eventsAccepted} events where the log holds ${events}.`);
  }
  return { ms, cpuMs: (user + system) / 1000, calls: pages + puts + tableCalls };
}
