import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { quietEvent, samlWeakened, writeEvents } from '../../support/audit-log-events.ts';
import { jsonLines, killRuns, run, startRun } from '../../support/local-run.ts';
import { startCheckedSimulator } from '../../support/simulator.ts';
import { startSlack } from '../../support/slack.ts';

const open: { close(): Promise<void> }[] = [];
let folder: string;
let data: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'api-'));
  data = join(folder, 'data');
});
afterEach(async () => {
  killRuns();
  for (const each of open.splice(0)) await each.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A stand-in for Asana that answers as it likes. */
async function startApi(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/1.0`;
}

const env = (baseUrl: string) => ({
  ASANA_ACCESS_TOKEN: 'a-secret-token',
  ASANA_WORKSPACE_GID: '123',
  ASANA_BASE_URL: baseUrl,
});
const once = () => ['--once', '--json', '--data', data];

test('with a token and a workspace the API is polled, and the token is nowhere in the output', async () => {
  const seen: (string | undefined)[] = [];
  const simulator = await startCheckedSimulator({
    events: [quietEvent(1), samlWeakened(2)],
    workspaceGid: '123',
    token: 'a-secret-token',
    onResponse: ({ path }) => seen.push(path),
  });
  open.push(simulator);
  const { code, stdout, stderr } = await run(once(), env(simulator.url));
  expect(code).toBe(0);
  expect(seen[0]).toBe('/api/1.0/workspaces/123/audit_log_events');
  expect(jsonLines(stdout).at(-1)).toMatchObject({ published: 2, alerts: 1, workspaceGid: '123' });
  expect(stdout + stderr).not.toContain('a-secret-token');
});

describe('an API that refuses for good', () => {
  test.each([
    [400, 'asana.bad-request', /request itself/],
    [401, 'asana.unauthorized', /ASANA_ACCESS_TOKEN/],
    [402, 'asana.payment-required', /Enterprise\+/],
    [403, 'asana.forbidden', /Audit logs/],
    [404, 'asana.not-found', /ASANA_WORKSPACE_GID/],
  ])(
    '%d: the reason, what to do, exit 1, and the next run misses nothing',
    async (status, code, words) => {
      let refuse = true;
      const api = await startApi((_request, response) => {
        response.writeHead(refuse ? status : 200, { 'content-type': 'application/json' });
        response.end(
          JSON.stringify(
            refuse
              ? { errors: [{ message: 'refused \u001b[31m' }] }
              : { data: [quietEvent(1)], next_page: null },
          ),
        );
      });
      const refused = await run(once(), env(api));
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(words);
      expect(refused.stderr).toContain('Nothing is lost');
      expect(refused.stderr).not.toContain('\u001b');
      expect(jsonLines(refused.stdout).at(-1)).toMatchObject({
        kind: 'summary',
        outcome: 'failed',
        code,
      });
      refuse = false;
      const next = await run(once(), env(api));
      expect(next.code).toBe(0);
      expect(jsonLines(next.stdout).at(-1)).toMatchObject({ published: 1, outcome: 'caught-up' });
    },
  );

  test('ends a run without --once, too', async () => {
    const api = await startApi((_request, response) => response.writeHead(401).end());
    expect((await run(['--data', data], env(api))).code).toBe(1);
  });
});

test.each([
  ['garbage', 'page.unreadable', 'no json \u0000'],
  ['JSON that is no page', 'page.unreadable', '{"data":null}'],
  [
    'the same page for ever',
    'asana.cursor-stuck',
    JSON.stringify({ data: [quietEvent(1)], next_page: { offset: 'o' } }),
  ],
])('%s behind ASANA_BASE_URL ends --once with exit 1', async (_what, code, body) => {
  const api = await startApi((_request, response) => response.end(body));
  const { code: exit, stdout } = await run(once(), env(api));
  expect(exit).toBe(1);
  expect(jsonLines(stdout).at(-1)).toMatchObject({ kind: 'summary', outcome: 'failed', code });
});

test('trouble that passes does not end a run without --once, and it is said once it is over', async () => {
  let down = true;
  const api = await startApi((_request, response) => {
    response.writeHead(down ? 418 : 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ data: [], next_page: null }));
  });
  const started = startRun(['--data', data], { ...env(api), POLL_INTERVAL_SECONDS: '5' });
  await started.saw(/next try is in 5 s/);
  down = false;
  await started.saw(/goes well again/);
  started.child.kill('SIGINT');
  expect((await started.finished).code).toBe(0);
});

describe('Slack', () => {
  const withSlack = (url: string) => {
    const file = join(folder, 'events.jsonl');
    writeEvents(file, [quietEvent(1), samlWeakened(2)]);
    return run(['--once', '--json', '--events', file, '--data', data], { SLACK_WEBHOOK_URL: url });
  };

  test('gets each alert once', async () => {
    const slack = await startSlack();
    open.push(slack);
    const { code, stdout, stderr } = await withSlack(slack.url);
    expect(code).toBe(0);
    expect(slack.messages).toHaveLength(1);
    expect(JSON.stringify(slack.messages)).toContain('SAML no longer required');
    expect(stdout + stderr).not.toContain(slack.url);
    expect((await withSlack(slack.url)).code).toBe(0);
    expect(slack.messages).toHaveLength(1);
  });

  test('that refuses for good makes exit 1, and the next run delivers what it would not take', async () => {
    const slack = await startSlack();
    open.push(slack);
    slack.answer({ status: 404, body: 'no_service' });
    const refused = await withSlack(slack.url);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('no_service');
    expect(jsonLines(refused.stdout).at(-1)).toMatchObject({ deadLettered: 1, alerts: 1 });
    const next = await withSlack(slack.url);
    expect(next.code).toBe(0);
    expect(slack.messages).toHaveLength(1);
    expect(jsonLines(next.stdout)).toMatchObject([{ kind: 'summary', deadLettered: 0 }]);
  });

  test('that asks to wait is waited for', async () => {
    const slack = await startSlack();
    open.push(slack);
    slack.answer({ status: 429, retryAfter: '1' });
    expect((await withSlack(slack.url)).code).toBe(0);
    expect(slack.messages).toHaveLength(1);
  });
});
