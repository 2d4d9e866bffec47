// What the documents say of the deployment is what the app does: settings, defaults, environment, outputs.
// Prose is for people to check; these are the tables.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../cdk/config-schema.ts';
import { ofType, synthesize } from '../support/cdk-app.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

/** The cells of every row of the tables below a heading, back-quotes kept. */
function rowsBelow(text: string, heading: string): readonly (readonly string[])[] {
  const start = text.indexOf(`\n## ${heading}\n`);
  expect(start).toBeGreaterThan(0);
  const [section = ''] = text.slice(start + 4).split('\n## ');
  return section
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

const unquoted = (cell = '') => cell.replaceAll('`', '');

describe('README, Configuration', () => {
  const rows = rowsBelow(read('README.md'), 'Configuration');

  it('has a row for every setting but the switch of the emulator, and for no other', () => {
    expect(rows.map(([key]) => unquoted(key)).toSorted()).toEqual(
      Object.keys(configSchema.shape)
        .filter((key) => key !== 'emulator')
        .toSorted(),
    );
  });

  it('has the defaults that hold', () => {
    const defaults: Record<string, unknown> = configSchema.parse({});
    for (const [key, value] of rows.map(([cell, given]) => [unquoted(cell), given])) {
      const actual = defaults[key ?? ''];
      if (actual === undefined) continue;
      const documented = unquoted(value);
      expect([key, typeof actual === 'string' ? documented : JSON.parse(documented)]).toEqual([
        key,
        actual,
      ]);
    }
  });
});

describe('docs/architecture.md, Environment of the functions', () => {
  it('has a row for every variable of every function', () => {
    const rows = rowsBelow(read('docs/architecture.md'), 'Environment of the functions');
    const template = synthesize({
      settings: {
        asanaBaseUrl: 'https://example.com/api/1.0',
        pageLimit: 100,
        maxEventBytes: 100_000,
        alertWindowMinutes: 30,
        runbookBaseUrl: 'https://example.com/runbook',
      },
    });
    const functions: Readonly<Record<string, string>> = {
      PollerPoll: 'poll',
      DetectionsDetect: 'detect',
      Sweep: 'sweep',
      Digest: 'digest',
      AlertsSlack: 'notify-slack',
      AlertsSns: 'notify-sns',
    };
    for (const { id, Properties } of ofType(template, 'AWS::Lambda::Function')) {
      const name = Object.entries(functions).find(([prefix]) => id.startsWith(prefix))?.[1];
      const documented = rows
        .filter(([, users = '']) => users === 'all' || users.split(', ').includes(name ?? ''))
        .map(([variable]) => unquoted(variable));
      expect([name, documented]).toEqual([
        name,
        expect.arrayContaining(Object.keys(Properties.Environment.Variables)),
      ]);
    }
  });
});

it('every output that the README names exists', () => {
  const named = [...read('README.md').matchAll(/`(Step\d\w+)/g)].map(([, name = '']) => name);
  const outputs = Object.keys(synthesize().Outputs);
  expect(named.length).toBeGreaterThan(2);
  expect(named.filter((name) => !outputs.some((output) => output.startsWith(name)))).toEqual([]);
});
