// Alarms and docs/runbook.md belong together: every alarm has its section, every section its alarm, and each says what an
// on-call person needs. The alarms' descriptions lead there.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ALARMS } from '../../cdk/alarms.ts';
import { anchorOf, DEFAULT_ALARM_RUNBOOK_URL } from '../../lib/contract/runbook.ts';
import { ofType, synthesize } from '../support/cdk-app.ts';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const text = read('docs/runbook.md');
const sections = new Map(
  text
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [heading = '', ...lines] = section.split('\n');
      return [heading, lines.join('\n')] as const;
    }),
);
/** Sections that are about no alarm. */
const OTHERS = ['A new token without a gap'];
const template = synthesize();

it('every alarm has a section of the runbook, and every section an alarm', () => {
  const headings = new Set(ALARMS.map(({ heading }) => heading));
  expect([...sections.keys()].filter((heading) => !OTHERS.includes(heading)).toSorted()).toEqual(
    [...headings].toSorted(),
  );
});

describe.each([...sections].filter(([heading]) => !OTHERS.includes(heading)))('%s', (_, body) => {
  it('is a description, an investigation with commands to paste, and a resolution', () => {
    const parts = body.split(/^\*\*(Description|Investigation|Resolution)\.\*\*/m);
    expect(parts.filter((_part, at) => at % 2 === 1)).toEqual([
      'Description',
      'Investigation',
      'Resolution',
    ]);
    const [, , description = '', , investigation = '', , resolution = ''] = parts;
    expect(description.length).toBeGreaterThan(80);
    expect(investigation).toMatch(/```sh\n[\s\S]+\n```/);
    expect(resolution.length).toBeGreaterThan(40);
  });
});

it('the description of every alarm leads to its section, which is there', () => {
  const anchors = new Set([...sections.keys()].map(anchorOf));
  for (const { Properties } of ofType(template, 'AWS::CloudWatch::Alarm')) {
    const [, page, anchor = ''] = /Runbook: (\S+)#(\S+)$/.exec(Properties.AlarmDescription) ?? [];
    expect([Properties.AlarmName, page]).toEqual([Properties.AlarmName, DEFAULT_ALARM_RUNBOOK_URL]);
    expect([Properties.AlarmName, anchors.has(anchor)]).toEqual([Properties.AlarmName, true]);
  }
});

it('its links lead to sections of its own', () => {
  const anchors = new Set([...sections.keys()].map(anchorOf));
  const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor = '']) => anchor);
  expect(links.length).toBeGreaterThan(5);
  expect(links.filter((anchor) => !anchors.has(anchor))).toEqual([]);
});

it('the outputs that its commands ask for exist', () => {
  const asked = [...text.matchAll(/(?:\bout|\blines|\bgroup) "?([A-Z]\w+)|output `(\w+)`/g)].map(
    ([, one, other]) => one ?? other ?? '',
  );
  const outputs = Object.keys(template.Outputs);
  expect(asked.length).toBeGreaterThan(10);
  expect(
    [...new Set(asked)].filter((name) => !outputs.some((output) => output.startsWith(name))),
  ).toEqual([]);
});

/** As people paste them: the command's name, and what is given to it. */
const pasted = [...text.matchAll(/npm run (?:--silent )?([a-z]+)([^`\n#]*)/g)].map(
  ([, name = '', rest = '']) => ({ name, words: rest.trim().split(/\s+/).filter(Boolean) }),
);

it('its commands are those of this project, with words and flags that their --help knows', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  expect(pasted.length).toBeGreaterThan(15);
  const common = ['--stack', '--region', '--json', '--data'];
  const unknown = pasted.flatMap(({ name, words }) => {
    const file = /lib\/cli\/\S+\.ts/.exec(scripts[name] ?? '')?.[0];
    if (file === undefined) return [name];
    const help = read(file);
    const [first] = words.filter((word) => word !== '--');
    const sub = first !== undefined && /^[a-z]+$/.test(first) ? first : undefined;
    const isKnown = sub === undefined || help.includes(`npm run ${name} -- ${sub}`);
    const flags = words.filter((word) => /^--[a-z]/.test(word) && !common.includes(word));
    const strange = flags.filter((flag) => !help.includes(flag));
    return [...(isKnown ? [] : [`${name} ${sub}`]), ...strange.map((flag) => `${name} ${flag}`)];
  });
  expect(unknown).toEqual([]);
});

it('the log lines and codes that it looks for are written by the code', () => {
  const sources = readdirSync(new URL('lib', ROOT), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('cli'))
    .map((name) => read(`lib/${name}`))
    .join('\n');
  const sought = [...text.matchAll(/\$\.(?:message|code) = "([^"*]{2,})"?/g)].map(
    ([, said = '']) => said,
  );
  const fields = [...text.matchAll(/\$\.(\w+)/g)].map(([, field = '']) => field);
  expect(sought.length).toBeGreaterThan(5);
  expect(sought.filter((said) => !sources.includes(said))).toEqual([]);
  // Powertools' own.
  const known = ['level', 'message'];
  expect(fields.filter((field) => !known.includes(field) && !sources.includes(field))).toEqual([]);
});

it('a deployment may lead to a copy of its own', () => {
  const other = synthesize({ settings: { alarmRunbookUrl: 'https://wiki.example.com/runbook' } });
  for (const { Properties } of ofType(other, 'AWS::CloudWatch::Alarm')) {
    expect(Properties.AlarmDescription).toContain('Runbook: https://wiki.example.com/runbook#');
  }
});
