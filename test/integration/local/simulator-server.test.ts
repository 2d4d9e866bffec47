// The simulator over HTTP, held against what Asana documents for the endpoint. Every answer is checked by its schema.
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { EventFile } from '../../../lib/local/simulator/event-file.ts';
import { MemoryEventLog } from '../../../lib/local/simulator/event-log.ts';
import { startCheckedSimulator } from '../../support/simulator.ts';
import { ask, listAll } from '../../support/simulator-client.ts';

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const start = (async (options: Parameters<typeof startCheckedSimulator>[0]) => {
  const simulator = await startCheckedSimulator(options);
  closers.push(() => simulator.close());
  return simulator;
}) as typeof startCheckedSimulator;

const minute = (value: number) => new Date(Date.UTC(2026, 0, 1, 0, value)).toISOString();
const events = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({
    gid: String(from + i),
    created_at: minute(from + i),
    event_type: i % 2 === 0 ? 'task_deleted' : 'user_invited',
    actor: { actor_type: 'user', gid: String(i % 3) },
    resource: { resource_type: 'task', gid: `r${i % 4}` },
  }));
const gids = (count: number, from = 0) => Array.from({ length: count }, (_, i) => String(from + i));

describe('offsets', () => {
  it('lead through all pages, change on empty ones too, and find what comes later', async () => {
    const simulator = await start({ events: events(25), pageSize: 10 });
    const all = await listAll(simulator);
    expect(all.gids).toEqual(gids(25));
    expect(all.pages).toBe(4);
    const empty = await ask(simulator, { offset: all.offset ?? '' });
    expect(empty.data).toEqual([]);
    expect(empty.nextPage?.offset).not.toBe(all.offset);
    simulator.log.append(events(1, -500)[0], events(1, 500)[0]);
    const next = await ask(simulator, { offset: empty.nextPage?.offset ?? '' });
    expect(next.data.map(({ gid }) => gid)).toEqual(['-500', '500']);
    const again = await ask(simulator, { offset: all.offset ?? '' });
    expect(again.data.map(({ gid }) => gid)).toEqual(['-500', '500']);
  });

  it('look like tokens, and next_page repeats the question', async () => {
    const simulator = await start({ events: events(3) });
    const { nextPage } = await ask(simulator, { limit: '2', event_type: 'task_deleted' });
    expect(nextPage?.offset).toMatch(/^eyJ[\w-]+\.[\w-]{200,}\.[\w-]{43}$/);
    expect(nextPage?.path).toBe(
      `/workspaces/${simulator.workspaceGid}/audit_log_events?limit=2&event_type=task_deleted&offset=${nextPage?.offset}`,
    );
    expect(nextPage?.uri).toBe(`${simulator.url}${nextPage?.path}`);
  });

  it('expire after their life, and by hand', async () => {
    let now = Date.UTC(2026, 5, 1);
    const clock = { now: () => now, monotonic: () => now, sleep: async () => {} };
    const simulator = await start({ events: events(3), offsetLifetimeMs: 60_000, clock });
    const { nextPage } = await ask(simulator, { limit: '1' });
    const offset = nextPage?.offset ?? '';
    now += 60_000;
    const last = await ask(simulator, { offset });
    expect(last.status).toBe(200);
    now += 1;
    const expired = await ask(simulator, { offset });
    expect(expired).toMatchObject({
      status: 400,
      message: 'offset: Your pagination token has expired.',
    });
    simulator.expireOffsets();
    const byHand = await ask(simulator, { offset: last.nextPage?.offset ?? '' });
    expect(byHand.message).toBe('offset: Your pagination token has expired.');
    const fresh = await ask(simulator);
    expect((await ask(simulator, { offset: fresh.nextPage?.offset ?? '' })).status).toBe(200);
  });

  it.each(['', 'nonsense', 'a.b.c', 'eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.e30.AAAA'])(
    'are refused when Asana never made them: %j',
    async (offset) => {
      const simulator = await start({ events: events(3) });
      expect(await ask(simulator, { offset })).toMatchObject({
        status: 400,
        message: 'offset: Your pagination token is invalid.',
      });
    },
  );

  it('are bound to their filters, and to their workspace', async () => {
    const other = { gid: '77', log: new MemoryEventLog(events(3)) };
    const simulator = await start({ events: events(30), otherWorkspaces: [other] });
    const { nextPage } = await ask(simulator, { event_type: 'user_invited', limit: '5' });
    const offset = nextPage?.offset ?? '';
    const rest = await ask(simulator, { offset });
    expect(rest.data.map(({ gid }) => Number(gid))).toEqual([
      11, 13, 15, 17, 19, 21, 23, 25, 27, 29,
    ]);
    const same = await ask(simulator, { offset, event_type: 'user_invited', limit: '1' });
    expect(same.data).toHaveLength(1);
    const contradicting = await ask(simulator, { offset, event_type: 'task_deleted' });
    expect(contradicting.message).toContain('invalid');
    const elsewhere = await ask({ url: simulator.url, workspaceGid: '77' }, { offset });
    expect(elsewhere.message).toContain('invalid');
  });

  it('outlive a restart over the same file, and not another history', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    closers.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'events.jsonl');
    const write = (list: object[]) => list.map((each) => `${JSON.stringify(each)}\n`).join('');
    writeFileSync(path, write(events(5).reverse()));
    const before = await startCheckedSimulator({ log: new EventFile(path) });
    const page = await ask(before, { limit: '2' });
    await before.close();
    appendFileSync(path, write(events(1, -9)));
    const after = await start({ log: new EventFile(path) });
    const offset = page.nextPage?.offset ?? '';
    const rest = await listAll(after, { offset });
    expect([...page.data.map(({ gid }) => gid), ...rest.gids]).toEqual([...gids(5), '-9']);
    writeFileSync(path, write(events(20, 100)));
    expect((await ask(after, { offset })).message).toContain('invalid');
  });
});

describe('next_page', () => {
  it('is null until something matches the filters, and never again with an offset', async () => {
    const simulator = await start();
    const query = { start_at: minute(10) };
    expect(await ask(simulator, query)).toMatchObject({ status: 200, data: [], nextPage: null });
    simulator.log.append(...events(10));
    expect((await ask(simulator, query)).nextPage).toBeNull();
    simulator.log.append(...events(1, 10));
    const found = await ask(simulator, query);
    expect(found.data.map(({ gid }) => gid)).toEqual(['10']);
    expect(found.nextPage).not.toBeNull();
  });
});

describe('filters', () => {
  it('take start_at as inclusive and end_at as exclusive, in any zone', async () => {
    const simulator = await start({ events: events(10) });
    const found = await listAll(simulator, {
      start_at: '2026-01-01T02:03:00+02:00',
      end_at: minute(6),
    });
    expect(found.gids).toEqual(['3', '4', '5']);
  });

  it('match type, actor and resource', async () => {
    const simulator = await start({ events: events(12) });
    const found = async (query: Record<string, string>) => (await listAll(simulator, query)).gids;
    expect(await found({ event_type: 'user_invited' })).toHaveLength(6);
    expect(await found({ actor_type: 'user' })).toHaveLength(12);
    expect(await found({ actor_type: 'asana_support' })).toEqual([]);
    expect(await found({ actor_gid: '1' })).toEqual(['1', '4', '7', '10']);
    expect(await found({ resource_gid: 'r3', actor_gid: '1' })).toEqual(['7']);
  });
});

describe('refusals', () => {
  it('ask for a bearer token, and for the right one', async () => {
    const simulator = await start({ events: events(1), token: 'the-token' });
    expect((await ask(simulator, {}, 'the-token')).status).toBe(200);
    expect(await ask(simulator, {}, 'another')).toMatchObject({
      status: 401,
      message: 'Not Authorized',
    });
    const bare = await fetch(
      `${simulator.url}/workspaces/${simulator.workspaceGid}/audit_log_events`,
    );
    expect(bare.status).toBe(401);
  });

  it('know no other workspace, route or method', async () => {
    const other = { gid: '77', log: new MemoryEventLog(events(3)), token: 'his' };
    const simulator = await start({ token: 'mine', otherWorkspaces: [other] });
    const at = (gid: string) => ({ url: simulator.url, workspaceGid: gid });
    expect((await ask(at('99'), {}, 'mine')).status).toBe(404);
    expect((await ask(at('77'), {}, 'mine')).status).toBe(404);
    expect((await ask(at('77'), {}, 'his')).data).toHaveLength(3);
    const headers = { authorization: 'Bearer mine' };
    expect((await fetch(`${simulator.url}/users/me`, { headers })).status).toBe(404);
    expect((await fetch(`${new URL(simulator.url).origin}//`, { headers })).status).toBe(404);
    const post = await fetch(
      `${simulator.url}/workspaces/${simulator.workspaceGid}/audit_log_events`,
      { method: 'POST', headers, body: 'x' },
    );
    expect(post.status).toBe(404);
  });

  it.each([
    [{ limit: '0' }, 'limit'],
    [{ limit: '101' }, 'limit'],
    [{ limit: 'ten' }, 'limit'],
    [{ limit: '' }, 'limit'],
    [{ start_at: 'yesterday' }, 'start_at'],
    [{ start_at: '2026-01-01' }, 'start_at'],
    [{ end_at: '2026-13-01T00:00:00Z' }, 'end_at'],
    [{ actor_type: 'robot' }, 'actor_type'],
    [{ event_type: '' }, 'event_type'],
  ])('say what is wrong with %j', async (query, parameter) => {
    const simulator = await start({ events: events(1) });
    const answer = await ask(simulator, query as Record<string, string>);
    expect(answer.status).toBe(400);
    expect(answer.message).toMatch(new RegExp(`^${parameter}: `));
  });
});

describe('pages', () => {
  it('hold 1,000 events without a limit, and up to a larger limit where that is set', async () => {
    const simulator = await start({ events: events(1200), maxLimit: 1000 });
    expect((await ask(simulator)).data).toHaveLength(1000);
    expect((await ask(simulator, { limit: '999' })).data).toHaveLength(999);
  });

  it('pass the text of events on unaltered', async () => {
    const log = new MemoryEventLog();
    const line = '{ "gid":"1", "context":{"on_behalf_of_user_id":90071992547409931234567890} }';
    log.appendLine(line);
    const simulator = await start({ log });
    expect((await ask(simulator)).text).toContain(`{"data":[${line}],"next_page":{`);
  });

  it('are counted, and answer 500 when the events cannot be read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulator-'));
    closers.push(() => rmSync(folder, { recursive: true }));
    const path = join(folder, 'events.jsonl');
    writeFileSync(path, '{"gid":"1"}\n');
    const errors: unknown[] = [];
    const simulator = await start({
      log: new EventFile(path),
      onError: (error: unknown) => errors.push(error),
    });
    await ask(simulator);
    appendFileSync(path, 'oops\n');
    const answer = await ask(simulator);
    expect(answer).toMatchObject({ status: 500, message: expect.stringContaining(`${path}:2`) });
    expect(errors).toHaveLength(1);
    expect(simulator.requests).toMatchObject({
      total: 2,
      pages: 1,
      byStatus: { 200: 1, 500: 1 },
    });
  });
});
