// `npm run explain` as a process of its own: one event, with a history before it and without.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quietEvent, samlWeakened } from '../../support/audit-log-events.ts';
import { busEvent } from '../../support/bus-events.ts';
import { runCommand } from '../../support/command.ts';
import { jsonLines } from '../../support/local-run.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'explain-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
const failure = (number: number) =>
  quietEvent(number, {
    event_type: 'user_login_failed',
    resource: { resource_type: 'user', gid: '88' },
  });
const event = (value: unknown) => file('event.json', JSON.stringify(value, null, 2));
const history = (count: number) =>
  file(
    'history.jsonl',
    Array.from({ length: count }, (_, at) => `${JSON.stringify(failure(at))}\n`).join(''),
  );

test('the group, how far it has come, and that it opens an alert, or does not yet', async () => {
  const before = await runCommand('explain', [
    ...['--event', event(busEvent(failure(3)))],
    ...['--events', history(3)],
  ]);
  expect(before).toMatchObject({ code: 0, stderr: '' });
  expect(before.stdout).toContain('user_login_failed, event 5000000000000003');
  expect(before.stdout).toMatch(
    /asana\.login\.brute-force-user .*\n {2}pattern: matches\n {2}group: user 88 .*\n {2}state: 4 of 10 events within 15m\n {2}no alert\n/,
  );
  expect(before.stdout).toContain('step 1 of 2 (failures): 4 of 5, step 2 of 2 (success): 0 of 1');

  const then = await runCommand('explain', [
    ...['--event', event(failure(9)), '--events', history(20), '--json'],
  ]);
  const found = jsonLines(then.stdout).find(
    (line) => line['detectionId'] === 'asana.login.brute-force-user',
  );
  expect(found).toMatchObject({
    kind: 'explanation',
    looks: [{ matched: true }],
    groups: [
      {
        entity: { type: 'user', id: '88' },
        state: '10 of 10 events within 15m',
        outcome: 'opened',
        alert: { count: 10, severity: 'medium' },
      },
    ],
  });
});

test('the first condition that does not hold, with what stands there', async () => {
  const event_type = 'workspace_guest_invite_permissions_changed';
  const closed = {
    ...{ ...samlWeakened(1), event_type },
    details: { old_value: null, new_value: 'admins_only' },
  };
  const { stdout } = await runCommand('explain', ['--event', event(closed)]);
  expect(stdout).toMatch(
    /invite .*\n {2}pattern: does not match: details\.new_value: "admins_only"\n {4}wanted: \[/,
  );
  const bare = await runCommand('explain', ['--event', event({ gid: '1', event_type })]);
  expect(bare.stdout).toContain('details.new_value: absent');
  expect(bare.stdout).toContain('none of its alternatives holds');
});

test('everything wrong is said at once', async () => {
  const { code, stderr } = await runCommand('explain', [
    '--events',
    join(folder, 'none'),
    '--config',
    join(folder, 'none.json'),
  ]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/--event FILE is wanted.*\n.*no such file\n.*--config .*cannot be read/);
  expect((await runCommand('explain', ['--event', event([])])).stderr).toContain(
    'holds no audit log event: it is no JSON object',
  );
});

test('lines of the history that are no events are told by file and line', async () => {
  const path = file('broken.jsonl', `${JSON.stringify(failure(1))}\n{"gid":\n`);
  const { code, stdout, stderr } = await runCommand('explain', [
    ...['--event', event(failure(3)), '--events', path],
  ]);
  expect(stderr).toBe(`${path}:2: it is not JSON\n`);
  expect(code).toBe(1);
  expect(stdout).toContain('2 of 10 events within 15m');
});
