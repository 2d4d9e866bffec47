import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readEventsFile } from '../../../lib/local/file-history.ts';

let folder: string;
let file: string;
let history: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'history-'));
  file = join(folder, 'events.jsonl');
  history = join(folder, 'data', 'files.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function rewritten(path = file): Promise<boolean> {
  const reading = await readEventsFile(history, path);
  reading.remember();
  return reading.rewritten;
}

test('a file that grew is the same file, also from nothing and over chunk borders', async () => {
  writeFileSync(file, '');
  expect(await rewritten()).toBe(false);
  appendFileSync(file, `${'x'.repeat(70_000)}\nhalf a li`);
  expect(await rewritten()).toBe(false);
  appendFileSync(file, `ne\n${'y'.repeat(200_000)}`);
  expect(await rewritten()).toBe(false);
  expect(await rewritten()).toBe(false);
});

test('a file that was changed, shortened or replaced is not', async () => {
  for (const content of [
    'first\nsecond\n',
    'First\nsecond\nthird\n',
    'First\n',
    'other\nlonger than before\n',
  ]) {
    writeFileSync(file, content);
    expect(await rewritten()).toBe(!content.startsWith('first'));
    expect(await rewritten()).toBe(false);
  }
});

test('what was not remembered is found again', async () => {
  writeFileSync(file, 'first\n');
  await rewritten();
  writeFileSync(file, 'other\n');
  expect((await readEventsFile(history, file)).rewritten).toBe(true);
  expect((await readEventsFile(history, file)).rewritten).toBe(true);
});

test('files do not mix, and a damaged history is as good as none', async () => {
  const other = join(folder, 'other.jsonl');
  writeFileSync(file, 'first\n');
  writeFileSync(other, 'second\n');
  expect([await rewritten(), await rewritten(other), await rewritten()]).toEqual([
    false,
    false,
    false,
  ]);
  writeFileSync(history, '{"bytes":');
  expect(await rewritten()).toBe(false);
});
