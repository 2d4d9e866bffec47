// The generated workspace on disk: it goes on where it stopped, torn lines included, and never uses a gid twice.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ATTACKS } from '../../../lib/local/simulator/attacks.ts';
import { createWorkspace } from '../../../lib/local/simulator/workspace.ts';
import { startCheckedSimulator } from '../../support/simulator.ts';
import { ask, listAll } from '../../support/simulator-client.ts';

const MINUTE = 60_000;
let now = 0;
const clock = { now: () => now, monotonic: () => now, sleep: async () => {} };
let folder: string;
let path: string;

beforeEach(() => {
  now = Date.UTC(2026, 9, 5, 12, 0, 3);
  folder = mkdtempSync(join(tmpdir(), 'workspace-'));
  path = join(folder, 'asana', 'events.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

function written(): { gid: string; created_at: string }[] {
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { gid: string; created_at: string });
}

/** Lives for some minutes, being looked at every second or so, and is then closed. */
function live(minutes: number, seed = 'a'): void {
  const log = createWorkspace({ seed, clock, path });
  for (const end = now + minutes * MINUTE; now < end; now += 1300) log.refresh();
  log.close();
}

describe('a new workspace', () => {
  it('has two days of history, with one run of each attack, nothing of the future', () => {
    live(0);
    const events = written();
    const quiet = events.filter(({ gid }) => gid.startsWith('120'));
    expect(quiet.length).toBeGreaterThan(300);
    expect(quiet.length).toBeLessThan(900);
    for (const { gidPrefix } of ATTACKS) {
      expect(events.filter(({ gid }) => gid.startsWith(gidPrefix)).length).toBeGreaterThan(1);
    }
    const times = events.map(({ created_at }) => Date.parse(created_at));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[0]).toBeGreaterThan(now - 48 * 60 * MINUTE);
    expect(times.at(-1)).toBeLessThan(now);
  });

  it('is the same for the same seed and time, in memory too', () => {
    live(0);
    const log = createWorkspace({ seed: 'a', clock });
    log.refresh();
    const lines = log.read(Array.from({ length: log.index.length }, (_, i) => i)).map(String);
    expect(`${lines.join('\n')}\n`).toBe(readFileSync(path, 'utf8'));
    const other = createWorkspace({ seed: 'b', clock });
    expect(String(other.read([0]))).not.toBe(lines[0]);
  });

  it('says its own gid where events are about the workspace', () => {
    const log = createWorkspace({ seed: 'a', clock, workspaceGid: '77' });
    const lines = log.read(Array.from({ length: log.index.length }, (_, i) => i)).map(String);
    const about = lines.filter((line) => line.includes('"resource_type":"workspace"'));
    expect(about.length).toBeGreaterThan(5);
    for (const line of about) expect(JSON.parse(line)).toMatchObject({ resource: { gid: '77' } });
  });

  it('has no attack where there are to be none', () => {
    const log = createWorkspace({ seed: 'a', clock, attacks: 'none' });
    now += 60 * MINUTE;
    log.refresh();
    const lines = log.read(Array.from({ length: log.index.length }, (_, i) => i)).map(String);
    expect(lines.filter((line) => !line.startsWith('{"gid":"120'))).toEqual([]);
  });
});

describe('as time passes', () => {
  it('brings daily life and every attack, each gid once, in time', () => {
    live(35);
    const events = written();
    const fresh = events.filter(({ created_at }) => Date.parse(created_at) > now - 35 * MINUTE);
    expect(fresh.length).toBeGreaterThan(200);
    const attacks = new Set(fresh.map(({ gid }) => gid.slice(0, 3)).filter((p) => p !== '120'));
    expect(attacks.size).toBeGreaterThanOrEqual(8);
    expect(new Set(events.map(({ gid }) => gid)).size).toBe(events.length);
    const times = events.map(({ created_at }) => created_at);
    expect(times).toEqual(times.toSorted());
  });

  it('is the same life however often it was stopped, and wherever a line was cut', () => {
    const begin = now;
    live(9);
    const whole = written();
    rmSync(join(folder, 'asana'), { recursive: true });
    now = begin;
    live(2);
    live(3);
    const size = readFileSync(path).length;
    truncateSync(path, size - 40);
    live(1);
    appendFileSync(path, '{"gid":"1200');
    live(4);
    const until = Date.parse(whole.at(-1)?.created_at ?? '');
    const pieces = written().filter(({ created_at }) => Date.parse(created_at) <= until);
    expect(pieces).toEqual(whole);
  });

  it('fills a long absence sparsely', () => {
    live(1);
    const before = written().length;
    now += 24 * 60 * MINUTE;
    live(0.1);
    const missed = written().length - before;
    expect(missed).toBeGreaterThan(150);
    expect(missed).toBeLessThan(900);
    expect(new Set(written().map(({ gid }) => gid)).size).toBe(written().length);
  });

  it('lets an offset of an earlier run go on', async () => {
    const options = { clock, offsetLifetimeMs: Number.POSITIVE_INFINITY };
    const first = await startCheckedSimulator({
      ...options,
      log: createWorkspace({ seed: 'a', clock, path }),
    });
    const { offset, gids } = await listAll(first);
    await first.close();
    now += 5 * MINUTE;
    const second = await startCheckedSimulator({
      ...options,
      log: createWorkspace({ seed: 'a', clock, path }),
    });
    const { data, status } = await ask(second, { offset: offset ?? '' });
    await second.close();
    expect(status).toBe(200);
    expect([...gids, ...data.map(({ gid }) => gid)]).toEqual(written().map(({ gid }) => gid));
    expect(data.length).toBeGreaterThan(10);
  });
});
