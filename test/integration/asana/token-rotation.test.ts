// A new token is put into the secret while polls go on: no poll fails for it while the old one still works, and after an early
// revocation the first poll with a new value in place succeeds. Real clients; only the age of what is remembered is moved along.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { AsanaClient } from '../../../lib/asana/client.ts';
import { SecretToken } from '../../../lib/asana/secret-token.ts';
import { systemClock as clock } from '../../../lib/clock.ts';
import { silentLog } from '../../../lib/log.ts';
import { SecretText } from '../../../lib/secret-text.ts';
import { closeServer, TEST_CREDENTIALS } from '../../support/dynalite.ts';
import { type SecretsManagerStandIn, startSecretsManager } from '../../support/secrets-manager.ts';

const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:token';
/** The runbook says so. */
const REMEMBERED_MS = 5 * 60_000;

let secrets: SecretsManagerStandIn;
let secretsClient: SecretsManagerClient;
let asana: Server;
let poller: AsanaClient;
/** Tokens that Asana takes. */
let good: string[];
/** What Asana was sent. */
let sent: string[];

beforeAll(async () => {
  secrets = await startSecretsManager();
  secretsClient = new SecretsManagerClient({
    endpoint: secrets.url,
    region: 'eu-west-1',
    credentials: TEST_CREDENTIALS,
  });
  asana = createServer(({ headers }, response) => {
    const token = headers.authorization?.replace('Bearer ', '') ?? '';
    sent.push(token);
    response.writeHead(good.includes(token) ? 200 : 401, { 'content-type': 'application/json' });
    response.end(good.includes(token) ? '{"data":[],"next_page":null}' : '{"errors":[]}');
  });
  await new Promise<void>((resolve) => asana.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  secretsClient.destroy();
  await Promise.all([secrets.close(), closeServer(asana)]);
});

beforeEach(() => {
  [good, sent] = [['old'], []];
  secrets.values.set(SECRET, 'old');
  poller = new AsanaClient({
    baseUrl: `http://127.0.0.1:${(asana.address() as AddressInfo).port}`,
    version: '0.0.0',
    token: new SecretToken(new SecretText(secretsClient, SECRET)),
    clock,
    log: silentLog,
  });
});
afterEach(async () => {
  vi.useRealTimers();
  await poller.close();
});

const poll = () => poller.fetchPage({ workspaceGid: '1' }, clock.monotonic() + 30_000);

it('while the old token works: the new one is in use five minutes later, and nothing is refused', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  await poll();
  good = ['old', 'new'];
  secrets.values.set(SECRET, 'new');
  vi.setSystemTime(Date.now() + REMEMBERED_MS - 10_000);
  await poll();
  vi.setSystemTime(Date.now() + 11_000);
  await poll();
  good = ['new'];
  await poll();
  expect(sent).toEqual(['old', 'old', 'new', 'new']);
});

it('once the old one is refused: the poll reads the secret afresh, and succeeds', async () => {
  await poll();
  good = ['new'];
  secrets.values.set(SECRET, 'new');
  await poll();
  await poll();
  expect(sent).toEqual(['old', 'old', 'new', 'new']);
});

it('revoked before there is a new one: polls fail until it is set, and not one more', async () => {
  await poll();
  good = ['new'];
  await expect(poll()).rejects.toMatchObject({ code: 'asana.unauthorized' });
  secrets.values.set(SECRET, 'new');
  await poll();
  expect(sent).toEqual(['old', 'old', 'old', 'old', 'new']);
});
