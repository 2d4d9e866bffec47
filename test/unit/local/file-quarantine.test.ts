// The local run's quarantine: whole files, also when what is put at once is alike.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileQuarantine } from '../../../lib/local/file-quarantine.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quarantine-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('takes entries that are alike, several at a time, and leaves one whole file', async () => {
  const quarantine = new FileQuarantine(folder);
  const key = 'quarantine/1/undated/sha256-0.json';
  const uris = await Promise.all(Array.from({ length: 20 }, () => quarantine.put(key, 'null')));
  expect(new Set(uris).size).toBe(1);
  const path = fileURLToPath(uris[0] ?? '');
  expect(readFileSync(path, 'utf8')).toBe('null');
  expect(readdirSync(dirname(path))).toHaveLength(1);
});
