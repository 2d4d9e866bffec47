// `npm run test-pattern` as a process of its own: its answers, its refusals and its exit codes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from '../../support/command.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'test-pattern-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const ask = (pattern: unknown, event: unknown, ...more: string[]) =>
  runCommand('test-pattern', [
    '--pattern',
    file('pattern.json', pattern),
    '--event',
    file('event.json', event),
    ...more,
  ]);

describe('npm run test-pattern', () => {
  const event = { source: 'asana.audit-log', detail: { data: { gid: '1200000000000001' } } };

  it('says match and ends with 0, no match and ends with 1', async () => {
    const hit = await ask({ source: [{ prefix: 'asana.' }] }, event);
    expect(hit).toEqual({ code: 0, stdout: 'match\n', stderr: '' });
    const miss = await ask({ source: ['other'] }, event);
    expect(miss).toEqual({ code: 1, stdout: 'no match\n', stderr: '' });
  });

  it('keeps the digits of numbers on both sides', async () => {
    const digits = '{"detail":{"data":{"gid":9007199254740993}}}';
    const pattern = (gid: string) => `{"detail":{"data":{"gid":[${gid}]}}}`;
    const hit = await ask(pattern('9007199254740993'), digits);
    expect(hit.stdout).toBe('match\n');
  });

  it('says what is refused and where, and ends with 2', async () => {
    const refused = await ask({ detail: { ip: [{ cidr: '10.0.0.0/32/1' }] } }, event, '--json');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('detail.ip[0]');
    expect(JSON.parse(refused.stdout).error).toMatchObject({
      path: expect.stringContaining('detail.ip[0]'),
    });
  });

  it('refuses a pattern longer than EventBridge takes', async () => {
    const long = await ask({ source: ['x'.repeat(2100)] }, event);
    expect([long.code, long.stdout]).toEqual([2, '']);
    expect(long.stderr).toContain('2048');
  });

  it('answers in JSON, and a list one by one', async () => {
    const one = await ask({ source: ['asana.audit-log'] }, event, '--json');
    expect(one.stdout).toBe('{"match":true}\n');
    const list = await ask({ source: ['asana.audit-log'] }, [event, {}], '--json');
    expect([list.code, list.stdout]).toEqual([1, '{"matches":[true,false]}\n']);
  });

  it('points out that an event lacks its envelope', async () => {
    const bare = await ask(
      { source: ['asana.audit-log'] },
      { gid: '1', event_type: 'user_invited' },
    );
    expect(bare.code).toBe(1);
    expect(bare.stderr).toContain('detail.data');
  });

  it('names every flag that is missing, files it cannot read, and what is no JSON', async () => {
    const none = await runCommand('test-pattern', []);
    expect(none.code).toBe(2);
    expect(none.stderr.match(/is wanted/g)).toHaveLength(2);
    const absent = await runCommand('test-pattern', [
      '--pattern',
      join(folder, 'absent'),
      '--event',
      '-',
    ]);
    expect([absent.code, absent.stdout]).toEqual([2, '']);
    expect(absent.stderr).toContain('--pattern');
    const broken = await ask('{"source":', event);
    expect([broken.code, broken.stderr.includes('not JSON')]).toEqual([2, true]);
    const noEvents = await ask({ source: ['x'] }, []);
    expect([noEvents.code, noEvents.stdout]).toEqual([2, '']);
    expect(noEvents.stderr).toContain('holds no event');
    const noObjects = await ask({ source: ['x'] }, [event, 3, null]);
    expect(noObjects.code).toBe(2);
    expect(noObjects.stderr).toMatch(/item 1 of the list.*\n.*item 2 of the list/);
    const typo = await ask({ source: ['x'] }, event, '--jsn');
    expect(typo.code).toBe(2);
  });

  it('reads standard input for -, and explains itself', async () => {
    const piped = await runCommand(
      'test-pattern',
      ['--event', '-', '--pattern', file('pattern.json', { source: ['asana.audit-log'] })],
      { input: JSON.stringify(event) },
    );
    expect(piped.stdout).toBe('match\n');
    const help = await runCommand('test-pattern', ['--help']);
    expect([help.code, help.stdout.includes('--pattern FILE')]).toEqual([0, true]);
  });
});
