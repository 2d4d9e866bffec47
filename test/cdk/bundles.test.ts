// The Lambda bundles: small enough, minified, the same on every machine, and loadable from a file.
// What each function answers is tested with the function.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { bundleFunction } from '../../cdk/constructs/function-bundle.ts';
import { type FunctionName, functionEntry } from '../../cdk/constructs/service-function.ts';
import { ENVIRONMENT } from '../../lib/contract/environment.ts';

// undici alone is half of the poller's.
const LIMITS: Readonly<Record<FunctionName, number>> = {
  poll: 1_200_000,
  detect: 700_000,
  'notify-slack': 700_000,
  'notify-sns': 700_000,
};
const ROOT = new URL('../..', import.meta.url).pathname;

const folder = mkdtempSync(join(tmpdir(), 'audit-bus-bundle-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(Object.entries(LIMITS) as [FunctionName, number][])('%s', (name, limit) => {
  const bundle = bundleFunction(functionEntry(name));

  it(`has at most ${limit.toLocaleString('en')} bytes`, () => {
    expect(Buffer.byteLength(bundle.code)).toBeLessThanOrEqual(limit);
  });

  it('is minified, without source map, and names no path of the machine it was made on', () => {
    expect(bundle.code.length / bundle.code.split('\n').length).toBeGreaterThan(500);
    expect(bundle.code).not.toContain('sourceMappingURL');
    expect(bundle.code).not.toContain(ROOT);
    expect(bundle.code).not.toContain('node_modules/');
  });

  it('loads from a file and exports handler, an async function of at most two arguments', async () => {
    const file = join(folder, `${name}.mjs`);
    writeFileSync(file, bundle.code);
    const before = { ...process.env };
    Object.assign(process.env, environmentOf());
    try {
      const { handler } = await import(pathToFileURL(file).href);
      // Node 24 on Lambda takes no callback.
      expect(handler.constructor.name).toBe('AsyncFunction');
      expect(handler.length).toBeLessThanOrEqual(2);
    } finally {
      process.env = before;
    }
  });
});

/** Every variable that any function reads, so that each finds its own. */
function environmentOf(): Record<string, string> {
  const arn = 'arn:aws:sns:eu-central-1:123456789012:x';
  const url = 'https://sqs.eu-central-1.amazonaws.com/123456789012/x';
  return {
    AWS_REGION: 'eu-central-1',
    [ENVIRONMENT.eventBusName]: 'bus',
    [ENVIRONMENT.checkpointTableName]: 'checkpoints',
    [ENVIRONMENT.quarantineBucketName]: 'quarantine',
    [ENVIRONMENT.startFrom]: 'now',
    [ENVIRONMENT.pollIntervalSeconds]: '60',
    [ENVIRONMENT.redactPaths]: '[]',
    [ENVIRONMENT.skipUnreadable]: 'false',
    [ENVIRONMENT.stateTableName]: 'state',
    [ENVIRONMENT.alertOnHistory]: 'false',
    [ENVIRONMENT.slackWebhookSecretArn]: arn.replace('sns', 'secretsmanager'),
    [ENVIRONMENT.alertTopicArn]: arn,
    [ENVIRONMENT.queueUrl]: url,
    [ENVIRONMENT.deadLetterQueueUrl]: url,
  };
}
