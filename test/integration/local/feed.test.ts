// A silent feed in the local run: raised for a log that goes on, shown by status and doctor, over with the next event; and
// neither for a first run nor for a file of events, however old.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openLocalTarget } from '../../../lib/cli/target/local-target.ts';
import { systemClock } from '../../../lib/clock.ts';
import { DynamoFeedStore } from '../../../lib/feed/dynamo-feed-store.ts';
import type { StoredFeed } from '../../../lib/feed/feed-store.ts';
import { slotOf } from '../../../lib/feed/habit.ts';
import { heard, newFeed, silenceAt } from '../../../lib/feed/silence.ts';
import { createWorkspace } from '../../../lib/local/simulator/workspace.ts';
import { quietEvent, writeEvents } from '../../support/audit-log-events.ts';
import { runCommand } from '../../support/command.ts';
import { jsonLines, killRuns, run } from '../../support/local-run.ts';
import { manualClock } from '../../support/manual-clock.ts';
import { startCheckedSimulator } from '../../support/simulator.ts';

vi.setConfig({ testTimeout: 240_000 });

const HOUR = 3_600_000;
const GID = '123';

let folder: string;
let data: string;
let toClose: Array<() => unknown>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'feed-'));
  data = join(folder, 'data');
  toClose = [];
});
afterEach(async () => {
  killRuns();
  for (const close of toClose.reverse()) await close();
  rmSync(folder, { recursive: true, force: true });
});

const eventOf = (number: number, age: number) =>
  quietEvent(number, { created_at: new Date(Date.now() - age).toISOString() });

/** What is known of the feed, changed as `change` says. */
async function feedOf(
  change?: (stored: StoredFeed) => StoredFeed,
): Promise<StoredFeed | undefined> {
  const target = await openLocalTarget(data, systemClock, { create: false });
  try {
    const store = new DynamoFeedStore(target.dynamodb, target.checkpointTableName);
    const [gid = ''] = await target.workspaces();
    const stored = await store.read(gid);
    if (stored !== undefined && change !== undefined) {
      const { feed, version } = change(stored);
      await store.write(gid, feed, version);
    }
    return stored;
  } finally {
    await target.close();
  }
}

test('a log that goes on and falls silent: told once, with status and doctor, and over with the next event', async () => {
  const asana = await startCheckedSimulator({ events: [eventOf(1, 80 * HOUR)], workspaceGid: GID });
  toClose.push(() => asana.close());
  const env = {
    ASANA_ACCESS_TOKEN: 'a-token',
    ASANA_WORKSPACE_GID: GID,
    ASANA_BASE_URL: asana.url,
  };
  const news = async () => {
    const { code, stdout, stderr } = await run(['--once', '--json', '--data', data], env);
    expect(code).toBe(0);
    const told = jsonLines(stdout).filter(({ kind }) => kind === 'operational');
    const types = told.map((line) => line['detailType']);
    return { types, data: told[0]?.['event']?.detail.data, words: stderr };
  };
  const status = async () => {
    const { stdout } = await runCommand('status', ['--json', '--data', data]);
    return jsonLines(stdout)[0]?.['silentFrom'];
  };

  // The event is older than the fixed bound, but nobody was watching then.
  expect((await news()).types).toEqual([]);
  expect(await status()).toBeUndefined();
  const watchedSince = Date.now() - 75 * HOUR;
  await feedOf(({ feed, version }) => ({ feed: { ...feed, watchedSince }, version }));

  const silent = await news();
  expect(silent.types).toEqual(['Feed Silent']);
  expect(silent.data).toMatchObject({ code: 'feed.silent', probe: 'answered' });
  expect(silent.words.match(/no event has come since/g)).toHaveLength(1);
  expect(await status()).toBe(new Date(watchedSince).toISOString());
  expect((await runCommand('status', ['--data', data])).stdout).toMatch(/silent since .* UTC/);
  const doctor = await runCommand('doctor', ['--json', '--data', data]);
  expect(doctor.stdout).toContain('polled well, and no event since');
  expect((await news()).types).toEqual([]);

  asana.log.append(eventOf(2, 0));
  expect((await news()).types).toEqual(['Feed Resumed']);
  expect(await status()).toBeUndefined();
});

test('a file of events is a history, and is not watched', async () => {
  const file = join(folder, 'events.jsonl');
  writeEvents(file, [eventOf(1, 80 * HOUR)]);
  const { code } = await run(['--once', '--json', '--events', file, '--data', data]);
  expect(code).toBe(0);
  expect(await feedOf()).toBeUndefined();
});

test('the generated workspace is watched', async () => {
  const { code } = await run(['--once', '--json', '--data', data]);
  expect(code).toBe(0);
  expect((await feedOf())?.feed).toMatchObject({ silentFrom: undefined });
});

test.each([10, 80, 24 * 30])(
  'the generated workspace that nobody ran for %i hours has lived on meanwhile, and is not silent',
  (hours) => {
    const clock = manualClock();
    const log = createWorkspace({ seed: 1, clock });
    let feed = newFeed(clock.now());
    const poll = () => {
      log.refresh();
      const lines = log.read(Array.from({ length: log.index.length }, (_, index) => index));
      const all = lines.map((line) => slotOf(Date.parse(JSON.parse(String(line)).created_at)));
      feed = heard(feed, all, clock.now()) ?? feed;
      return silenceAt(feed, clock.now());
    };
    expect(poll().unusual).toBe(false);
    clock.advance(hours * HOUR);
    expect(poll().unusual).toBe(false);
  },
);
