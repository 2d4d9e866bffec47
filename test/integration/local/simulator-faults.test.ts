// Every fault as a client meets it: what the wire carries, and that the events behind it are all still to be had.
import { request } from 'undici';
import { afterEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../lib/clock.ts';
import { FAULTS } from '../../../lib/local/simulator/fault-list.ts';
import { assertValidAuditLogResponse } from '../../support/asana-schema.ts';
import { startCheckedSimulator } from '../../support/simulator.ts';
import { ask, listAll } from '../../support/simulator-client.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const events = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    gid: String(i),
    created_at: new Date(Date.UTC(2026, 0, 1, 0, i)).toISOString(),
    event_type: 'task_deleted',
    actor: { actor_type: 'user', gid: '7', name: 'Kim' },
    context: { on_behalf_of_user_id: 7 },
  }));
const gids = (count: number) => Array.from({ length: count }, (_, i) => String(i));

/** Stands still at noon and notes how long it was asked to sleep. */
function stoppedClock() {
  const slept: number[] = [];
  const clock: Clock = {
    now: () => Date.UTC(2026, 9, 5, 12),
    monotonic: () => 0,
    sleep: async (ms) => void slept.push(ms),
  };
  return { clock, slept };
}

async function start(
  faults: string,
  { count = 30, ...options }: { count?: number; clock?: Clock; latencyMs?: number } = {},
) {
  const simulator = await startCheckedSimulator({
    events: events(count),
    pageSize: 10,
    faults,
    ...options,
  });
  closers.push(() => simulator.close());
  return simulator;
}

describe('refusals', () => {
  it.each([
    ['unauthorized', 401],
    ['payment-required', 402],
    ['forbidden', 403],
    ['not-found', 404],
    ['bad-request', 400],
    ['server-error:every=1', 500],
    ['bad-gateway:every=1', 502],
    ['unavailable:every=1', 503],
    ['gateway-timeout:every=1', 504],
    ['redirect:every=1', 302],
  ])('%s answers %d, and then no more', async (fault, status) => {
    const simulator = await start(`${fault}:times=1`);
    expect((await ask(simulator)).status).toBe(status);
    expect((await ask(simulator)).status).toBe(200);
    expect(simulator.requests.byFault).toEqual({ [fault.split(':')[0] ?? '']: 1 });
  });

  it('rate-limit says when to come again, in seconds or by date', async () => {
    const simulator = await start('rate-limit:every=1:retry-after=7');
    expect((await ask(simulator)).headers.get('retry-after')).toBe('7');
    const { clock } = stoppedClock();
    const dated = await start('rate-limit:every=1:retry-after=3600:date=true', { clock });
    expect((await ask(dated)).headers.get('retry-after')).toBe('Mon, 05 Oct 2026 13:00:00 GMT');
  });

  it('server-error has a phrase, bad-gateway is HTML', async () => {
    const simulator = await start('server-error:every=1:times=1,bad-gateway:every=1');
    expect((await ask(simulator)).text).toContain('"phrase":"6 sad squid');
    const gateway = await ask(simulator);
    expect(gateway.headers.get('content-type')).toBe('text/html');
    expect(gateway.text).toContain('<h1>502 Bad Gateway</h1>');
  });

  it.each([
    ['expire-offsets', 'offset: Your pagination token has expired.'],
    ['invalid-offsets', 'offset: Your pagination token is invalid.'],
  ])('%s meets every fifth request that has an offset', async (fault, message) => {
    const simulator = await start(fault);
    const offset = (await ask(simulator)).nextPage?.offset ?? '';
    const answers = [];
    for (let i = 0; i < 5; i++) answers.push((await ask(simulator, { offset })).message);
    expect(answers).toEqual([undefined, undefined, undefined, undefined, message]);
    expect((await ask(simulator)).status).toBe(200);
  });
});

describe('broken answers', () => {
  it('truncated-json ends in the middle, though complete to HTTP', async () => {
    const simulator = await start('truncated-json:every=1');
    const { status, text, headers } = await ask(simulator);
    expect(status).toBe(200);
    expect(Number(headers.get('content-length'))).toBe(text.length);
    expect(text).toMatch(/^\{"data":\[/);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  it('not-json is a page for people, missing-data is JSON without events', async () => {
    const simulator = await start('not-json:every=1:times=1,missing-data:every=1');
    expect((await ask(simulator)).text).toContain('<!DOCTYPE html>');
    expect(JSON.parse((await ask(simulator)).text)).toEqual({ next_page: null });
  });

  it('unparseable-page spoils pages with a certain event, or only larger ones', async () => {
    const simulator = await start('unparseable-page:at=3');
    const parses = async (query: Record<string, string>) => {
      const { text } = await ask(simulator, query);
      try {
        return Array.isArray(JSON.parse(text).data);
      } catch {
        return false;
      }
    };
    expect(await parses({})).toBe(false);
    expect(await parses({ limit: '2' })).toBe(true);
    const { nextPage } = await ask(simulator, { limit: '2' });
    expect(await parses({ offset: nextPage?.offset ?? '', limit: '1' })).toBe(false);
    simulator.setFaults('unparseable-page:gid=12:above=4');
    expect(await parses({ start_at: '2026-01-01T00:10:00Z', limit: '5' })).toBe(false);
    expect(await parses({ start_at: '2026-01-01T00:10:00Z', limit: '4' })).toBe(true);
  });

  it('padded-body weighs what it is told, above so many events', async () => {
    const simulator = await start('padded-body:bytes=200000:above=5');
    const large = await ask(simulator);
    expect(large.text).toHaveLength(200_000);
    expect(large.data).toHaveLength(10);
    expect((await ask(simulator, { limit: '5' })).text.length).toBeLessThan(10_000);
  });

  it.each(['start', 'headers', 'body'])('connection-reset comes at the %s', async (at) => {
    const simulator = await start(`connection-reset:every=1:times=1:at=${at}`);
    await expect(ask(simulator)).rejects.toThrow(/fetch failed|terminated/);
    expect((await ask(simulator)).data).toHaveLength(10);
  });

  it('huge-header is more than a client takes', async () => {
    const simulator = await start('huge-header:every=1');
    await expect(ask(simulator)).rejects.toThrow('fetch failed');
  });

  it('endless-body goes on until the client has had enough', async () => {
    const simulator = await start('endless-body:every=1');
    const url = `${simulator.url}/workspaces/${simulator.workspaceGid}/audit_log_events`;
    const { body } = await request(url, { headers: { authorization: 'Bearer x' } });
    let bytes = 0;
    for await (const chunk of body) {
      bytes += (chunk as Buffer).length;
      if (bytes > 5_000_000) break;
    }
    expect(bytes).toBeGreaterThan(5_000_000);
  });

  it.each([
    ['slow-headers', [40]],
    ['slow-body', Array.from({ length: 20 }, () => 2)],
  ])('%s takes its time and is whole in the end', async (fault, pauses) => {
    const { clock, slept } = stoppedClock();
    const simulator = await start(`${fault}:every=1:ms=40`, { clock, latencyMs: 7 });
    expect((await ask(simulator)).data).toHaveLength(10);
    expect(slept).toEqual([7, ...pauses]);
  });

  it('a slow answer does not hold up the end', async () => {
    const simulator = await startCheckedSimulator({ faults: 'slow-headers:every=1:ms=600000' });
    const answered = expect(ask(simulator)).rejects.toThrow('fetch failed');
    await expect.poll(() => simulator.requests.total).toBe(1);
    await simulator.close();
    await answered;
  });
});

describe('the feed', () => {
  it.each([
    ['page-of-1000', 1000],
    ['page-of-100', 100],
  ])('%s heeds no limit', async (fault, size) => {
    const simulator = await start(fault, { count: 1100 });
    expect((await ask(simulator, { limit: '7' })).data).toHaveLength(size);
  });

  it('duplicate-across-pages repeats the end of the page before, and ends', async () => {
    const simulator = await start('duplicate-across-pages:every=1:count=3');
    const { gids: served } = await listAll(simulator);
    expect(served.slice(0, 14).map(Number)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 7, 8, 9, 10]);
    expect(new Set(served).size).toBe(30);
    expect(served.length).toBe(39);
    expect((await listAll(simulator, { limit: '1' })).gids).toEqual(gids(30));
  });

  it('late-event brings each n-th later than its time, and all of them once', async () => {
    const simulator = await start('late-event:every=10:by=4');
    const { gids: served } = await listAll(simulator);
    expect(served.slice(8, 15)).toEqual(['8', '10', '11', '12', '13', '9', '14']);
    expect(served.toSorted((a, b) => Number(a) - Number(b))).toEqual(gids(30));
    const since = await listAll(simulator, { start_at: '2026-01-01T00:09:00Z' });
    expect(new Set(since.gids)).toEqual(new Set(gids(30).slice(9)));
  });

  it('offset-once answers an offset once', async () => {
    const simulator = await start('offset-once');
    const offset = (await ask(simulator)).nextPage?.offset ?? '';
    const next = await ask(simulator, { offset });
    expect(next.data).toHaveLength(10);
    expect((await ask(simulator, { offset })).message).toContain('has expired');
    expect((await ask(simulator, { offset: next.nextPage?.offset ?? '' })).status).toBe(200);
  });

  it('null-next-page, stuck-offset and foreign-next-page lead astray', async () => {
    const simulator = await start('null-next-page:every=1');
    expect(await ask(simulator)).toMatchObject({ nextPage: null, status: 200 });
    simulator.setFaults('stuck-offset:every=1:times=1');
    const first = await ask(simulator);
    const stuck = await ask(simulator, { offset: first.nextPage?.offset ?? '' });
    const same = await ask(simulator, { offset: stuck.nextPage?.offset ?? '' });
    expect(same.data).toEqual(stuck.data);
    simulator.setFaults('foreign-next-page');
    const foreign = (await ask(simulator)).nextPage;
    expect(foreign?.uri).toMatch(/^http:\/\/127\.0\.0\.1:9\/not-asana\//);
    expect((await ask(simulator, { offset: foreign?.offset ?? '' })).data).toHaveLength(10);
  });

  it('gzip and deprecation show in the headers', async () => {
    const simulator = await start('gzip,deprecation');
    const answer = await ask(simulator);
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(answer.headers.get('asana-change')).toContain('affected=true');
    expect(answer.data).toHaveLength(10);
  });
});

describe('events', () => {
  const page = async (faults: string) =>
    JSON.parse((await ask(await start(faults))).text).data as Record<string, never>[];

  it('oversize-event, unknown-type, missing-actor-fields and deep-nesting change the chosen ones', async () => {
    const [, large] = await page('oversize-event:every=2:bytes=5000');
    expect(large).toMatchObject({ gid: '1', padding: 'x'.repeat(5000) });
    const [known, unknown] = await page('unknown-type:every=2');
    expect([known?.['event_type'], unknown?.['event_type']]).toEqual([
      'task_deleted',
      'asana_invented_this_yesterday',
    ]);
    const [first] = await page('missing-actor-fields:every=1');
    expect(first?.['actor']).toEqual({ actor_type: 'user' });
    const [deep] = await page('deep-nesting:every=1:depth=3');
    expect(deep).toMatchObject({ gid: '0', nested: [[[]]] });
  });

  it('non-object-entries and entry-without-gid stand among good ones', async () => {
    const mixed = await page('non-object-entries:every=2');
    expect(mixed.filter((entry) => typeof entry !== 'object' || Array.isArray(entry))).toEqual([
      'a stray text',
      42,
      ['a', 'list'],
      true,
    ]);
    expect(mixed.filter((entry) => entry?.['gid'] !== undefined)).toHaveLength(10);
    const [zeroth, without, one] = await page('entry-without-gid:every=2');
    expect(zeroth).toMatchObject({ gid: '0' });
    expect(without).not.toHaveProperty('gid');
    expect(one).toMatchObject({ ...without, gid: '1' });
  });

  it('wrong-types go through their forms', async () => {
    const wrong = await page('wrong-types:every=1');
    expect(wrong.slice(0, 5).map((event) => event['created_at'])).toEqual([
      'the day before yesterday',
      1_700_000_000,
      null,
      undefined,
      'the day before yesterday',
    ]);
    expect(() => assertValidAuditLogResponse({ data: wrong, next_page: null })).toThrow('/actor');
  });
});

it('a client that asks again gets every event past every fault that passes', async () => {
  const passing = Object.entries(FAULTS).filter(
    ([name, { kind, every }]) => kind === 'request' && every > 1 && name !== 'endless-body',
  );
  const quick = passing.map(([name]) => (name.startsWith('slow') ? `${name}:ms=20` : name));
  const simulator = await start(quick.join(','));
  const seen: unknown[] = [];
  let offset: string | undefined;
  for (let tries = 0; tries < 2000; tries++) {
    const answer = await ask(simulator, offset ? { offset } : {}).catch(() => undefined);
    if (answer?.status !== 200 || answer.nextPage === null) continue;
    if (answer.data.length === 0) break;
    seen.push(...answer.data.map(({ gid }) => gid));
    offset = answer.nextPage.offset;
  }
  expect(seen).toEqual(gids(30));
});

it('the checking of answers finds what does not fit', async () => {
  const simulator = await startCheckedSimulator({ events: [{ gid: 1, actor: null }] });
  await ask(simulator);
  await expect(simulator.close()).rejects.toThrow('/data/0/gid must be string');
});
