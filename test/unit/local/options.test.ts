import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../../lib/errors.ts';
import { parseOptions } from '../../../lib/local/options.ts';

const now = Date.parse('2026-11-23T10:00:00Z');
const api = { ASANA_ACCESS_TOKEN: 'token', ASANA_WORKSPACE_GID: '123' };

function options(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const parsed = parseOptions(args, env, now);
  if (parsed.help) throw new Error('help');
  return parsed.options;
}
function problems(args: readonly string[], env: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    parseOptions(args, env, now);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

test('nothing given: a generated workspace, from its oldest event, under .local', () => {
  expect(options([])).toEqual({
    source: { kind: 'generated', seed: undefined },
    once: false,
    json: false,
    dataFolder: '.local',
    startFrom: 'oldest',
    pollIntervalSeconds: 5,
    slackWebhookUrl: undefined,
  });
});

test('every option is read', () => {
  const args = ['--once', '--json', '--events', 'f', '--data=d', '--start-from', 'now'];
  const env = { POLL_INTERVAL_SECONDS: '7', SLACK_WEBHOOK_URL: 'https://hooks.example/x' };
  expect(options(args, env)).toEqual({
    source: { kind: 'file', path: 'f' },
    once: true,
    json: true,
    dataFolder: 'd',
    startFrom: 'now',
    pollIntervalSeconds: 7,
    slackWebhookUrl: 'https://hooks.example/x',
  });
  expect(options(['--seed', '42']).source).toEqual({ kind: 'generated', seed: '42' });
  expect(options(['--start-from', '2026-11-23T09:59:59+00:00']).startFrom).toMatch(/^2026/);
});

describe('where the log comes from', () => {
  test('a token and a workspace mean the API, polled once a minute', () => {
    expect(options([], api)).toMatchObject({
      source: {
        kind: 'api',
        baseUrl: 'https://app.asana.com/api/1.0',
        workspaceGid: '123',
        token: 'token',
      },
      pollIntervalSeconds: 60,
    });
    const base = 'http://127.0.0.1:8080/api/1.0';
    expect(options([], { ...api, ASANA_BASE_URL: base }).source).toMatchObject({ baseUrl: base });
  });

  test('what the command line says wins over the environment; empty variables count as absent', () => {
    expect(options(['--events', 'f'], api).source.kind).toBe('file');
    expect(options(['--seed', 's'], api).source.kind).toBe('generated');
    expect(options([], { ASANA_ACCESS_TOKEN: '', ASANA_WORKSPACE_GID: '' }).source.kind).toBe(
      'generated',
    );
  });
});

test.each<[string, readonly string[], NodeJS.ProcessEnv, RegExp]>([
  ['an unknown option', ['--nope'], {}, /Unknown option '--nope'/],
  ['an argument that is no option', ['file'], {}, /Unexpected argument 'file'/],
  ['an option without its value', ['--events'], {}, /argument missing/],
  ['an empty value', ['--data='], {}, /--data needs a value/],
  ['a value for a switch', ['--once=yes'], {}, /does not take an argument/],
  ['a start in the future', ['--start-from', '2026-11-23T10:00:01Z'], {}, /in the future/],
  ['a start that is no time', ['--start-from', 'yesterday'], {}, /now, oldest or a timestamp/],
  ['a seed with a file', ['--seed', '1', '--events', 'f'], {}, /give one/],
  ['a token alone', [], { ASANA_ACCESS_TOKEN: 't' }, /ASANA_WORKSPACE_GID is not/],
  ['a workspace alone', [], { ASANA_WORKSPACE_GID: '1' }, /ASANA_ACCESS_TOKEN is not/],
  ['a workspace that is no gid', [], { ...api, ASANA_WORKSPACE_GID: '../1' }, /must be digits/],
  ['plain http beyond this machine', [], { ...api, ASANA_BASE_URL: 'http://example.com' }, /https/],
  ['an interval too short', [], { POLL_INTERVAL_SECONDS: '4' }, /5 to 3600/],
  ['an interval in words', [], { POLL_INTERVAL_SECONDS: 'often' }, /5 to 3600/],
  [
    'a webhook that is no URL',
    [],
    { SLACK_WEBHOOK_URL: 'hooks' },
    /SLACK_WEBHOOK_URL cannot be used/,
  ],
])('%s is refused in one line', (_what, args, env, expected) => {
  const found = problems(args, env);
  expect(found).toHaveLength(1);
  expect(found[0]).toMatch(expected);
  expect(found[0]).not.toContain('\n');
});

test('several problems are told at once, and help is given whatever else is asked', () => {
  expect(problems(['--start-from', 'x', '--data='], { ASANA_WORKSPACE_GID: '1' })).toHaveLength(3);
  expect(parseOptions(['--help', '--start-from', 'x'], {}, now)).toEqual({ help: true });
});
