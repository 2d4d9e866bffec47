// The command line of the simulator, and that its page in the docs leaves nothing out.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ATTACKS } from '../../../lib/local/simulator/attacks.ts';
import { QUIET_GID_PREFIX } from '../../../lib/local/simulator/daily-life.ts';
import { FAULTS, type FaultDefinition } from '../../../lib/local/simulator/fault-list.ts';
import { helpText, parseCommand } from '../../../lib/local/simulator/options.ts';

describe('parseCommand', () => {
  it('has defaults for all', () => {
    expect(parseCommand([])).toEqual({
      help: false,
      port: 0,
      events: undefined,
      data: undefined,
      attacks: true,
      pageSize: 1000,
      maxLimit: 100,
      latencyMs: 0,
      offsetLifetimeMs: 900_000,
      retentionMs: Number.POSITIVE_INFINITY,
      faults: [],
      token: undefined,
      workspaceGid: '1200000000000001',
      seed: '1',
    });
  });

  it('takes every option', () => {
    const line =
      '--port 8080 --events e.jsonl --page-size 100 --max-limit 1000 --latency 20 --offset-lifetime never --retention-days 90 --faults gzip --token t --workspace 7 --seed s';
    expect(parseCommand(line.split(' '))).toMatchObject({
      port: 8080,
      events: 'e.jsonl',
      pageSize: 100,
      maxLimit: 1000,
      latencyMs: 20,
      offsetLifetimeMs: Number.POSITIVE_INFINITY,
      retentionMs: 90 * 86_400_000,
      faults: [{ name: 'gzip' }],
      token: 't',
      workspaceGid: '7',
      seed: 's',
    });
    expect(parseCommand(['--data', 'd', '--no-attacks', '-h'])).toMatchObject({
      data: 'd',
      attacks: false,
      help: true,
    });
    expect(parseCommand(['--offset-lifetime', '60']).offsetLifetimeMs).toBe(60_000);
  });

  it.each([
    [['--nope'], ["Unknown option '--nope'"]],
    [['extra'], ["Unexpected argument 'extra'"]],
    [['--port'], ["'--port <value>' argument missing"]],
    [
      ['--port', '70000', '--page-size', '0', '--latency', '1.5'],
      ['--port must be', '--page-size must be', '--latency must be'],
    ],
    [
      ['--faults', 'rain,gzip:every=x'],
      ['there is no fault "rain"', 'gzip: every must be'],
    ],
    [['--offset-lifetime', 'long'], ['--offset-lifetime must be']],
    [['--events', 'a', '--data', 'b'], ['--data and --no-attacks do not go with it']],
    [
      ['--token', 'a b', '--workspace', '../x'],
      ['--workspace must be', '--token must be'],
    ],
  ])('refuses %j with all its problems', (args, problems) => {
    const sorted = (texts: readonly string[]) => texts.toSorted();
    let found: readonly string[] = [];
    try {
      parseCommand(args);
    } catch (error) {
      found = (error as { problems: readonly string[] }).problems;
    }
    expect(found).toHaveLength(problems.length);
    for (const problem of problems) {
      expect(sorted(found)).toContainEqual(expect.stringContaining(problem));
    }
  });
});

describe('docs/simulator.md', () => {
  const page = readFileSync(new URL('../../../docs/simulator.md', import.meta.url), 'utf8');

  it('lists every option', () => {
    const options = helpText().match(/^ {2}--[\w-]+/gm) ?? [];
    expect(options.length).toBeGreaterThan(12);
    for (const option of options) expect(page).toContain(`| \`${option.trim()}`);
  });

  it('lists every fault with its settings, and no other', () => {
    const rows = [...page.matchAll(/^\| `([\w-]+)` \| `(every=[^`]+)` \|/gm)];
    const wanted = Object.entries(FAULTS).map(([name, definition]: [string, FaultDefinition]) => {
      const settings = Object.entries(definition.parameters ?? {});
      return `${name} ${[['every', definition.every], ...settings].map(([key, value]) => `${key}=${value}`).join(':')}`;
    });
    expect(rows.map(([, name, settings]) => `${name} ${settings}`).toSorted()).toEqual(
      wanted.toSorted(),
    );
  });

  it('lists the attacks by gid and by what they raise', () => {
    expect(page).toContain(`\`${QUIET_GID_PREFIX}\``);
    for (const { name, gidPrefix, raises } of ATTACKS) {
      const row = page
        .split('\n')
        .find((line) => line.startsWith(`| \`${name}\` | \`${gidPrefix}`));
      expect(row, name).toBeDefined();
      for (const detection of raises) expect(row).toContain(`\`${detection}\``);
    }
  });
});
