// `npm run status` as a process, on a deployment and on a data folder.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { offsetExpired } from '../../../lib/poller/checkpoint.ts';
import { Memory } from '../../../lib/poller/memory.ts';
import { RecentGids } from '../../../lib/poller/recent-gids.ts';
import { runCommand } from '../../support/command.ts';
import { startDeployment, TEST_WORKSPACE } from '../../support/deployment.ts';
import { jsonLines, killRuns, run } from '../../support/local-run.ts';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

let toClose: Array<() => unknown>;
beforeEach(() => {
  toClose = [];
});
afterEach(async () => {
  killRuns();
  for (const close of toClose.reverse()) await close();
});

it('says of a deployed workspace where it stands, with "at least" where more is forgotten', async () => {
  const { env, checkpoints, polledJustNow, close } = await startDeployment();
  toClose.push(close);
  const never = await runCommand('status', ['--json'], { env });
  expect(jsonLines(never.stdout)).toMatchObject([{ workspaceGid: TEST_WORKSPACE, polled: false }]);

  await polledJustNow();
  const now = Date.now();
  const start = { liveFrom: new Date(now).toISOString() };
  const answer = await checkpoints.takeLease(TEST_WORKSPACE, 'test', now, now + 300_000, start);
  if (!answer.taken) throw new Error('the lease is held');
  const { lease, checkpoint } = answer;
  const gids = new RecentGids();
  for (let index = 0; index < 1_000; index++) gids.add(`g${index}`, now - 2 * 3_600_000 + index);
  gids.add('newest', now - 60_000);
  await checkpoints.saveMemory(lease, new Memory(gids).snapshot());
  await checkpoints.save(lease, offsetExpired(checkpoint, {}), checkpoint.page);

  const { code, stdout } = await runCommand('status', ['--json'], { env });
  expect(code).toBe(0);
  expect(jsonLines(stdout)).toMatchObject([
    {
      ...{ kind: 'workspace', polled: true, mode: 'time', resets: 1, leased: true },
      lastHour: { count: 1, complete: true },
      lastDay: { complete: false },
      alerts: { info: 0, critical: 0 },
    },
  ]);
  const words = await runCommand('status', [], { env });
  expect(words.stdout).toMatch(/at least 100\d +held +1 +none/);
});

it('counts the alerts of a local run by severity', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'status-'));
  toClose.push(() => rmSync(folder, { recursive: true, force: true }));
  const data = ['--data', join(folder, 'data')];
  expect((await runCommand('status', data)).code).toBe(2);
  const first = await run(['--once', '--json', ...data]);
  const { stdout } = await runCommand('status', ['--json', ...data]);
  const [status] = jsonLines(stdout);
  expect(status).toMatchObject({ mode: 'offset', leased: false, resets: 0 });
  const dayAgo = new Date(Date.now() - 86_400_000).toISOString();
  const ids = jsonLines(first.stdout).flatMap(({ kind, alert }) =>
    kind === 'alert' && alert.firstSeen > dayAgo ? [alert.alertId] : [],
  );
  const counted = Object.values(status?.['alerts'] as Record<string, number>);
  expect(counted.reduce((sum, count) => sum + count, 0)).toBe(new Set(ids).size);
});
