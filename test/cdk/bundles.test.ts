// The Lambda bundles: small enough, minified, the same on every machine, and with the export Lambda looks for.
// That each loads from a file and answers is test/integration/functions.
import { createHash } from 'node:crypto';
import { isBuiltin } from 'node:module';
import { describe, expect, it } from 'vitest';
import { bundleFunction } from '../../cdk/constructs/function-bundle.ts';
import { type FunctionName, functionEntry } from '../../cdk/constructs/service-function.ts';
import { ofType, synthesize } from '../support/cdk-app.ts';

// undici alone is a third of the poller's.
const LIMITS: Readonly<Record<FunctionName, number>> = {
  poll: 1_200_000,
  detect: 700_000,
  sweep: 700_000,
  digest: 700_000,
  'notify-slack': 700_000,
  'notify-sns': 700_000,
};
const ROOT = new URL('../..', import.meta.url).pathname;

describe.each(Object.entries(LIMITS) as [FunctionName, number][])('%s', (name, limit) => {
  const { code, hash } = bundleFunction(functionEntry(name));

  it(`has at most ${limit.toLocaleString('en')} bytes`, () => {
    expect(Buffer.byteLength(code)).toBeLessThanOrEqual(limit);
  });

  it('is minified, without source map, and names no path of the machine it was made on', () => {
    expect(code.length / code.split('\n').length).toBeGreaterThan(500);
    expect(code).not.toContain('sourceMappingURL');
    expect(code).not.toContain(ROOT);
    expect(code).not.toContain('node_modules/');
  });

  it('exports handler, and brings everything with it but what Node itself has', () => {
    expect(code).toMatch(/export\{[\w$]+ as handler\};?\s*$/);
    const packages = [...code.matchAll(/\bfrom"([\w@/:.-]+)"/g)].map(([, module = '']) => module);
    expect(packages.length).toBeGreaterThan(0);
    expect(packages.filter((module) => !isBuiltin(module))).toEqual([]);
  });

  it('is the asset its content names, so that nothing is deployed when nothing has changed', () => {
    expect(hash).toBe(createHash('sha256').update(code).digest('hex'));
  });
});

it('two syntheses name the same assets', () => {
  const assets = () =>
    ofType(synthesize(), 'AWS::Lambda::Function').map(({ Properties }) => Properties.Code.S3Key);
  expect(assets()).toEqual(assets());
  expect(new Set(assets()).size).toBe(6);
});
