// A backtest whose detections are shared by threads says what one thread alone says; and a thread that fails ends it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BacktestOptions, backtest } from '../../../lib/backtest/backtest.ts';
import { OWN_MODULE, sideOf } from '../../../lib/backtest/side.ts';
import { CATALOGUE } from '../../../lib/detections/catalogue/index.ts';
import { UNTUNED } from '../../../lib/detections/tuning/file.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'threads-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** What the detections say of themselves that they alert on. */
const EXAMPLES = CATALOGUE.flatMap(({ examples }) => examples.alerts.flat()).map((event, index) =>
  JSON.stringify({ ...event, gid: `${index}` }),
);
const HERE = sideOf(CATALOGUE, { module: OWN_MODULE, tuning: UNTUNED });
const THERE = sideOf(CATALOGUE, {
  module: OWN_MODULE,
  tuning: { ...UNTUNED, overrides: { 'asana.login.brute-force-user': { atLeast: 3 } } },
  wanted: { ids: [], prefixes: ['asana.login.', 'asana.policy.'] },
});

async function run(files: readonly string[], options: Partial<BacktestOptions> = {}) {
  const done = await backtest({
    files,
    readable: 'again',
    workspaceGid: '1',
    here: HERE,
    ...options,
  });
  try {
    const { counts, span, failures, thresholds } = done;
    const sorted = [...thresholds].sort(([a], [b]) => (a < b ? -1 : 1));
    return { counts, span, failures: [...failures], sorted, alerts: [...done.alerts()] };
  } finally {
    done.close();
  }
}

describe('the answer is that of one thread', () => {
  it('of files in order, by two and by three', async () => {
    const files = [file('a', EXAMPLES.join('\n'))];
    const alone = await run(files);
    expect(alone.alerts.length).toBeGreaterThan(20);
    for (const threads of [2, 3]) expect(await run(files, { threads })).toEqual(alone);
  });

  it('of a file that has to be sorted, in little memory', async () => {
    const files = [file('a', EXAMPLES.toReversed().join('\n'))];
    const options = { sortBytes: 50_000 };
    expect(await run(files, { ...options, threads: 2 })).toEqual(await run(files, options));
  });

  it('of a zipped file with lines that are no events, compared with another configuration', async () => {
    const files = [file('a', gzipSync(`{"\n${EXAMPLES.join('\n')}\n[]\n`))];
    const alone = await run(files, { there: THERE });
    expect(new Set(alone.alerts.map(({ is }) => is)).size).toBeGreaterThan(1);
    expect(alone.counts.malformed).toBe(2);
    expect(await run(files, { there: THERE, threads: 3 })).toEqual(alone);
  });

  it('where more threads are asked for than there are detections', async () => {
    const here = sideOf(CATALOGUE, {
      module: OWN_MODULE,
      tuning: UNTUNED,
      wanted: { ids: ['asana.policy.saml-weakened'], prefixes: [] },
    });
    const files = [file('a', EXAMPLES.join('\n'))];
    expect(await run(files, { here, threads: 4 })).toEqual(await run(files, { here }));
  });
});

describe('a thread that fails', () => {
  it('ends the backtest with its error, by code and message', async () => {
    const main = file(
      'main.mjs',
      `import { parentPort } from 'node:worker_threads';
       parentPort.postMessage({ is: 'failed', code: 'history.temporary', message: 'no room' });`,
    );
    const files = [file('a', EXAMPLES.join('\n'))];
    await expect(run(files, { threads: 2, threadMain: pathToFileURL(main) })).rejects.toMatchObject(
      { code: 'history.temporary', message: 'no room' },
    );
  });

  it.each([
    ['throws', `throw new Error('broken');`, 'broken'],
    ['ends early', '', 'A thread ended before its work was done'],
  ])('%s', async (_, text, message) => {
    const main = file('main.mjs', text);
    const files = [file('a', EXAMPLES.join('\n'))];
    const failing = run(files, { threads: 2, threadMain: pathToFileURL(main) });
    await expect(failing).rejects.toThrow(message);
  });

  it('is not waited for when this one has failed', async () => {
    const main = file('main.mjs', `setInterval(() => {}, 1_000);`);
    // Past what is looked at before threads are begun.
    const long = Array.from({ length: 2_000 }, () => EXAMPLES[0]).join('\n');
    const files = [file('a', long), file('b.gz', Buffer.from([0x1f, 0x8b]))];
    const failing = run(files, { threads: 2, threadMain: pathToFileURL(main) });
    await expect(failing).rejects.toMatchObject({ code: 'history.invalid' });
  });
});
