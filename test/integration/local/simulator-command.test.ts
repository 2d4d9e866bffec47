// `npm run simulator` as a process of its own: what it prints, what it serves, how it ends.
import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { assertValidAuditLogResponse } from '../../support/asana-schema.ts';
import { ask } from '../../support/simulator-client.ts';

const COMMAND = new URL('../../../lib/cli/simulator.ts', import.meta.url).pathname;
let folder: string;
const running: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulator-command-'));
});
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

function run(args: readonly string[]) {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const ready = new Promise<string>((resolve) => {
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
      if (stdout.endsWith('\n')) resolve(stdout);
    });
    child.on('close', () => resolve(stdout));
  });
  return { child, ended, ready, output: () => ({ stdout, stderr }) };
}

async function serving(args: readonly string[]) {
  const command = run(args);
  const [, workspaceGid = '', count = '', url = ''] =
    /^Simulated Asana workspace (\S+) with (\d+) events at (\S+)\n$/.exec(await command.ready) ??
    [];
  return { ...command, workspaceGid, url, count: Number(count) };
}

describe('serving', () => {
  it('serves a file, follows it, heeds its options and ends well when told to', async () => {
    const path = join(folder, 'events.jsonl');
    writeFileSync(path, '{"gid":"1"}\n{"gid":"2"}\n{"gid":"3"}\n');
    const simulator = await serving([
      ...['--events', path, '--page-size', '2', '--token', 'secret', '--workspace', '42'],
      ...['--faults', 'server-error:every=1:times=1', '--latency', '1'],
    ]);
    expect(simulator).toMatchObject({ workspaceGid: '42', count: 3 });
    expect((await ask(simulator)).status).toBe(401);
    expect((await ask(simulator, {}, 'secret')).status).toBe(500);
    const page = await ask(simulator, {}, 'secret');
    assertValidAuditLogResponse(JSON.parse(page.text));
    expect(page.data.map(({ gid }) => gid)).toEqual(['1', '2']);
    appendFileSync(path, '{"gid":"4"}\n');
    const next = await ask(simulator, { offset: page.nextPage?.offset ?? '' }, 'secret');
    expect(next.data.map(({ gid }) => gid)).toEqual(['3']);
    const last = await ask(simulator, { offset: next.nextPage?.offset ?? '' }, 'secret');
    expect(last.data.map(({ gid }) => gid)).toEqual(['4']);
    simulator.child.kill('SIGTERM');
    expect(await simulator.ended).toBe(0);
    expect(simulator.output().stderr).toBe('');
  });

  it('keeps a generated workspace over a SIGKILL', async () => {
    const args = ['--data', folder, '--seed', 'x', '--offset-lifetime', 'never'];
    const first = await serving(args);
    const page = await ask(first);
    assertValidAuditLogResponse(JSON.parse(page.text));
    expect(page.data.length).toBeGreaterThan(300);
    first.child.kill('SIGKILL');
    await first.ended;
    const second = await serving(args);
    expect(second.count).toBeGreaterThanOrEqual(page.data.length);
    const again = await ask(second);
    // A new listing is in order of time as a whole; the first one may have got an event of its start behind later ones.
    expect(again.data).toEqual(expect.arrayContaining([...page.data]));
    const rest = await ask(second, { offset: page.nextPage?.offset ?? '' });
    expect(rest.status).toBe(200);
  });

  it('explains itself', async () => {
    const command = run(['--help']);
    expect(await command.ended).toBe(0);
    expect(command.output().stdout).toContain('--offset-lifetime S');
    expect(command.output().stdout).toContain('  rate-limit ');
  });
});

describe('one clear line and exit 2', () => {
  it.each([
    [['--port', '-1'], "'--port' argument is ambiguous"],
    [['--events', 'no-such-file.jsonl', '--latency', '0'], 'no-such-file.jsonl: no such file'],
  ])('for %j', async (args, message) => {
    const command = run(args);
    expect(await command.ended).toBe(2);
    const { stdout, stderr } = command.output();
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^simulator: [^\n]+\n$/);
    expect(stderr).toContain(message);
  });

  it('for a bad line, by file and line', async () => {
    const path = join(folder, 'events.jsonl');
    writeFileSync(path, '{"gid":"1"}\nnot json\n');
    const command = run(['--events', path]);
    expect(await command.ended).toBe(2);
    expect(command.output().stderr).toMatch(/^simulator: .*events\.jsonl:2: [^\n]+\n$/);
  });

  it('for a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const command = run(['--port', String(port)]);
    expect(await command.ended).toBe(2);
    expect(command.output().stderr).toMatch(/^simulator: [^\n]*EADDRINUSE[^\n]*\n$/);
    other.close();
  });
});
