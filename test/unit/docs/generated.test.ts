import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES_BY_CATEGORY } from '../../../lib/asana/event-types.ts';
import { runbookUrl } from '../../../lib/contract/runbook.ts';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import { generatedDocs } from '../../../lib/docs/generated.ts';
import { testAlert } from '../../support/alerts.ts';
import { alertEvent } from '../../support/bus-events.ts';

const top = fileURLToPath(new URL('../../..', import.meta.url));
const docs = generatedDocs();

function json(path: string): object {
  return JSON.parse(docs.find((each) => each.path === `docs/events/${path}`)?.text ?? '');
}

function validator(name: string) {
  const ajv = new Ajv2020({ strict: false });
  formats.default(ajv);
  return ajv.compile(json(`${name}/schema.json`));
}

describe('generated documents', () => {
  it.each(docs.map(({ path, text }) => [path, text]))(
    '%s is up to date (npm run docs)',
    (path, text) => {
      expect(readFileSync(`${top}/${path}`, 'utf8')).toBe(text);
    },
  );

  it('have an anchor for every link of an alert', () => {
    const page = docs[0]?.text ?? '';
    for (const { id, title } of CATALOGUE) {
      const [, fragment] = runbookUrl('https://example.com/x', id).split('#');
      expect(page).toContain(`<a id="${fragment}"></a>\n\n## ${title}\n`);
    }
  });

  it('list each detection once in the table of its family, and each event type in the coverage', () => {
    const page = docs[0]?.text ?? '';
    for (const { id, title, kind } of CATALOGUE) {
      expect(page.split(`| [${title}](#${id}) | \`${id}\` | ${kind} |`)).toHaveLength(2);
    }
    const types = Object.values(EVENT_TYPES_BY_CATEGORY).flat();
    for (const type of types) expect(page.split(`\n| \`${type}\` | `)).toHaveLength(2);
    const tables = page.slice(0, page.indexOf('<a id='));
    for (const heading of tables.match(/^## .+$/gm) ?? []) expect(heading).toMatch(/^## [A-Z]/);
    expect(page).toContain('| `workspace_baa_signed` | ignored | An admin does it rarely');
  });

  it.each(['audit-log-event', 'alert', 'operational-event', 'operator-event'])(
    '%s: the example fits the schema',
    (name) => {
      const validate = validator(name);
      expect(validate(json(`${name}/example.json`)), JSON.stringify(validate.errors)).toBe(true);
      expect(validate({ ...json(`${name}/example.json`), detail: {} })).toBe(false);
    },
  );

  it('the schemas leave room for fields to come', () => {
    const validate = validator('alert');
    expect(validate(alertEvent(testAlert({ note: 'new' })))).toBe(true);
    const audit = json('audit-log-event/example.json') as { detail: { data: object } };
    const more = { ...audit, detail: { ...audit.detail, data: { gid: '1', new_field: [1] } } };
    expect(validator('audit-log-event')(more)).toBe(true);
  });
});
