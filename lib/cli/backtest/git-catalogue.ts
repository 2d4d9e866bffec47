// The catalogue as it is in another commit of this project: that commit's files, unpacked into a temporary folder and loaded.
// Definitions alone come from there; the engines that run them are today's.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Detection } from '../../detections/define.ts';
import { checkDefinition } from '../../detections/definition/check.ts';
import { AuditBusError, describeError } from '../../errors.ts';
import { cleanText } from '../../text.ts';

const TOP = fileURLToPath(new URL('../../..', import.meta.url));
const LARGEST_ARCHIVE_BYTES = 512 * 1024 * 1024;

/** The commit's id, or undefined where git knows none of this name. */
export function commitOf(name: string): string | undefined {
  const { status, stdout } = git(
    'rev-parse',
    '--verify',
    '--quiet',
    '--end-of-options',
    `${name}^{commit}`,
  );
  return status === 0 ? stdout.toString('utf8').trim() : undefined;
}

/** @throws AuditBusError `detection.invalid` where today's engines cannot run what the commit holds */
export async function catalogueOf(commit: string): Promise<readonly Detection[]> {
  const folder = mkdtempSync(join(tmpdir(), 'asana-audit-bus-'));
  try {
    const { status, stdout, stderr } = git(
      'archive',
      '--format=tar',
      commit,
      'lib',
      'package.json',
    );
    const tar =
      status === 0
        ? spawnSync('tar', ['-x', '-f', '-', '-C', folder], { input: stdout })
        : { status, stderr };
    if (tar.status !== 0) throw new Error(String(tar.stderr ?? 'tar does not run'));
    symlinkSync(join(TOP, 'node_modules'), join(folder, 'node_modules'));
    const file = pathToFileURL(join(folder, 'lib/detections/catalogue/index.ts')).href;
    const { CATALOGUE } = (await import(file)) as { CATALOGUE: readonly Detection[] };
    for (const detection of CATALOGUE) checkDefinition(detection);
    return CATALOGUE;
  } catch (cause) {
    throw new AuditBusError(
      'detection.invalid',
      `The catalogue of commit ${commit.slice(0, 12)} cannot be used: ${cleanText(describeError(cause))}`,
      { cause },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function git(...args: string[]) {
  return spawnSync('git', args, { cwd: TOP, maxBuffer: LARGEST_ARCHIVE_BYTES });
}
