import { expect, it } from 'vitest';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import { readTuning, UNTUNED } from '../../../lib/detections/tuning/file.ts';

const ID = 'asana.policy.saml-weakened';
const detections = { [ID]: { status: 'staged' } };

it.each([
  ['cdk.json', { app: 'x', context: { auditLog: { workspaceGid: '1', detections } } }],
  ['an object with auditLog', { auditLog: { detections } }],
  ['the auditLog object', { workspaceGid: '1', detections }],
  ['its detections', detections],
])('reads %s', (_, value) => {
  expect(readTuning(CATALOGUE, value)).toEqual({
    tuning: { ...UNTUNED, overrides: detections },
    problems: [],
  });
});

it('takes what else decides alerts, and nothing given for nothing changed', () => {
  const { tuning } = readTuning(CATALOGUE, {
    alertWindowMinutes: 5,
    runbookBaseUrl: 'https://e.example/d',
  });
  expect(tuning).toEqual({
    overrides: {},
    windowMs: 300_000,
    runbookBaseUrl: 'https://e.example/d',
  });
  expect(readTuning(CATALOGUE, {})).toEqual({ tuning: UNTUNED, problems: [] });
  expect(readTuning(CATALOGUE, { context: {} })).toEqual({ tuning: UNTUNED, problems: [] });
});

it('has the deployment’s words for what is wrong, under the same keys', () => {
  const wrong = { [ID]: { status: 'of', atLeast: 3 }, 'asana.no.such': {} };
  const below = readTuning(CATALOGUE, {
    context: { auditLog: { detections: wrong, detection: {} } },
  });
  expect(below.problems).toEqual([
    'auditLog.detection: there is no such setting; did you mean detections?',
    expect.stringMatching(
      /^auditLog\.detections\.asana\.policy\.saml-weakened\.status: given "of"; give one of/,
    ),
    expect.stringMatching(
      /^auditLog\.detections\.asana\.policy\.saml-weakened\.atLeast: given 3; this detection is of kind match/,
    ),
    expect.stringMatching(
      /^auditLog\.detections\.asana\.no\.such: given \{\}; there is no such detection/,
    ),
  ]);
  expect(readTuning(CATALOGUE, wrong).problems[0]).toMatch(/^detections\.asana/);
  for (const value of [null, [], 7, 'x', { auditLog: 3 }]) {
    expect(readTuning(CATALOGUE, value).problems).toEqual([
      expect.stringContaining('holds no object'),
    ]);
  }
});

it('says which detection is meant where only the end of its id is given', () => {
  expect(readTuning(CATALOGUE, { 'saml-weakened': { status: 'off' } }).problems).toEqual([
    `saml-weakened: a detection goes by its whole id; give ${ID}`,
  ]);
});
