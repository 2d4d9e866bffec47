// Mutated answers of Asana: each ends as a clear error with nothing moved on, or with every entry on the bus or in
// quarantine. Twenty mutants a seed.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Random } from '../../../lib/local/simulator/random.ts';
import { createWorkspace } from '../../../lib/local/simulator/workspace.ts';
import { closeServer } from '../../support/dynalite.ts';
import type { Bench } from '../bench.ts';
import type { Campaign } from '../campaign.ts';
import type { FastClock } from '../clock.ts';
import { Here } from '../invoker.ts';
import { mutant } from '../mutants.ts';
import { World } from '../world.ts';

const MUTANTS_A_SEED = 20;
/** Wall time after which a run hangs: a hundred times what the slowest takes. */
const HANGS_MS = 120_000;
/** Virtual: half a minute by the wall, so that no slow machine runs out of it. */
const PLENTY_MS = 3_000_000;
const EMPTY = (offset: string) => JSON.stringify({ data: [], next_page: { offset } });

export const mutants: Campaign = {
  name: 'mutants',
  about: `mutated pages, ${MUTANTS_A_SEED} a seed`,
  seeds: 10_000 / MUTANTS_A_SEED,
  fastSeeds: 8,
  async run(seed, bench, wrong) {
    const random = new Random('mutants', seed);
    const world = await World.open(bench, {
      campaign: 'mutants',
      seed,
      pageSize: 10,
      break: wrong,
    });
    const page = realPage(random, world.clock);
    const injected: Record<string, number> = {};
    const problems: string[] = [];
    let served = page;
    const server = createServer((request, response) => {
      const offset = new URL(request.url ?? '', 'http://localhost').searchParams.get('offset');
      response.writeHead(200, { 'content-type': 'application/json; charset=UTF-8' });
      response.end(offset === null ? served : EMPTY(offset));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const asanaUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      for (let number = 0; number < MUTANTS_A_SEED; number++) {
        const { name, body } = mutant(page, random);
        served = body;
        const setting = {
          ...world.setting,
          asanaTimeout: HANGS_MS / 4,
          pageBudget: PLENTY_MS,
          asanaUrl,
          workspaceGid: `${seed}00${number}`,
        };
        const found = await judge(
          bench,
          new Here(bench.addresses, setting, world.clock, world.logged),
          body,
        );
        injected[found.outcome] = (injected[found.outcome] ?? 0) + 1;
        problems.push(...found.problems.map((text) => `${text} [mutant ${number}: ${name}]`));
      }
      return { problems, injected };
    } finally {
      await closeServer(server);
      await world.close();
    }
  },
};

function realPage(random: Random, clock: FastClock): Buffer {
  const log = createWorkspace({ seed: random.int(1, 1e9), clock, attacks: 'now and then' });
  const first = random.int(0, log.index.length - 20);
  const events = log.read(Array.from({ length: random.int(1, 8) }, (_, at) => first + at));
  const nextPage = { offset: 'an-offset', path: '/x', uri: 'https://app.asana.com/x' };
  return Buffer.from(`{"data":[${events.join(',')}],"next_page":${JSON.stringify(nextPage)}}`);
}

async function judge(bench: Bench, poller: Here, body: Buffer) {
  const { entries } = bench.bus;
  entries.length = 0;
  bench.aws.objects.clear();
  const hangs = new Promise<'hangs'>((resolve) => setTimeout(resolve, HANGS_MS, 'hangs').unref());
  const polled = await Promise.race([poller.invoke('poll', [PLENTY_MS]), hangs]);
  await poller.close();
  if (polled === 'hangs') return { outcome: 'hangs', problems: ['the run hangs'] };
  const problems: string[] = [];
  const given = reference(body);
  const events = entries.filter(({ Source }) => Source === 'asana.audit-log');
  if (given === undefined) {
    if (polled.code !== 'page.unreadable') {
      problems.push(`no page, and the run ended with ${polled.code ?? polled.outcome}`);
    }
    if (events.length > 0) problems.push('no page, and something of it is on the bus');
    return { outcome: 'refused', problems };
  }
  if (polled.outcome !== 'caught-up') {
    problems.push(`a page, and the run ended with ${polled.code ?? polled.outcome}`);
  }
  const onBus = new Set(
    events.map(({ Detail }) => String((JSON.parse(Detail) as { data: { gid: unknown } }).data.gid)),
  );
  const aside = [...bench.aws.objects.values()];
  const quarantined = new Set(aside.flatMap((text) => gidOf(JSON.parse(text)) ?? []));
  const named = given.flatMap((entry) => gidOf(entry) ?? []);
  const missing = named.filter((gid) => !onBus.has(gid) && !quarantined.has(gid));
  if (missing.length > 0) problems.push(`dropped: ${JSON.stringify(missing)}`);
  const nameless = new Set(
    given.filter((entry) => gidOf(entry) === undefined).map((entry) => JSON.stringify(entry)),
  );
  const asideNameless = aside.filter((text) => gidOf(JSON.parse(text)) === undefined);
  if (asideNameless.length < nameless.size) {
    problems.push(`${nameless.size} entries without a gid, ${asideNameless.length} in quarantine`);
  }
  return { outcome: nameless.size + quarantined.size > 0 ? 'set aside' : 'published', problems };
}

/** The entries as plain JSON.parse reads them; undefined where this is no page. */
function reference(body: Buffer): unknown[] | undefined {
  let page: unknown;
  try {
    page = JSON.parse(new TextDecoder().decode(body));
  } catch {
    return undefined;
  }
  if (typeof page !== 'object' || page === null || Array.isArray(page)) return undefined;
  const { data, next_page: next } = page as { data?: unknown; next_page?: unknown };
  if (!Array.isArray(data)) return undefined;
  if (next === undefined || next === null) return data;
  const offset = typeof next === 'object' ? (next as { offset?: unknown }).offset : undefined;
  return typeof offset === 'string' && offset !== '' && offset.length <= 8_192 ? data : undefined;
}

/** As digits where it is a number: the text on the bus has them all, a plain parser loses some. */
function gidOf(entry: unknown): string | undefined {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return undefined;
  const { gid } = entry as { gid?: unknown };
  if (typeof gid === 'number') return String(gid);
  return typeof gid === 'string' && gid !== '' && gid.length <= 256 ? gid : undefined;
}
