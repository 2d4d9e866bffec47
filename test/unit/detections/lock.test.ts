// The lock of versions: that it is true of the catalogue, and what it refuses.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  EMPTY_LOCK,
  fingerprint,
  type Lock,
  nextLock,
} from '../../../lib/detections/definition/lock.ts';
import { isDurationExtended } from '../../../lib/detections/reading/durations.ts';
import { detectionById, MATCHES } from '../../support/match-detections.ts';

const path = (name: string) => fileURLToPath(new URL(`../../../${name}`, import.meta.url));
const command = path('lib/cli/lock-detections.ts');
const lockFile = path('lib/detections/catalogue.lock.json');
const admin = detectionById('asana.role.admin-granted');
const session = detectionById('asana.policy.session-extended');

function lockOf(...detections: readonly (typeof admin)[]): Lock {
  const prints = Object.fromEntries(detections.map((each) => [each.id, fingerprint(each)]));
  return nextLock(EMPTY_LOCK, prints).lock;
}
const problemsAfter = (lock: Lock, ...now: readonly (typeof admin)[]) =>
  nextLock(lock, lockOf(...now).detections).problems;

describe('the lock file', () => {
  it('is true of the catalogue (npm run versions)', () => {
    // In a process of its own: the test runner rewrites the text of functions, which the fingerprints read.
    const { status, stderr } = spawnSync(process.execPath, [command, '--check'], {
      encoding: 'utf8',
    });
    expect({ status, stderr: stderr.replace(/^\(.*\n/gm, '') }).toEqual({ status: 0, stderr: '' });
  });

  it('is refused by the command when a definition has changed, and left as it is', () => {
    const folder = mkdtempSync(join(tmpdir(), 'audit-bus-lock-'));
    try {
      const file = join(folder, 'lock.json');
      const lock = JSON.parse(readFileSync(lockFile, 'utf8')) as Lock;
      const before = { ...lock.detections[admin.id], hash: '0' };
      const text = JSON.stringify({
        ...lock,
        detections: { ...lock.detections, [admin.id]: before },
      });
      writeFileSync(file, text);
      for (const option of ['--check', '--file']) {
        const { status, stderr } = spawnSync(process.execPath, [command, option, file], {
          encoding: 'utf8',
        });
        expect(status).toBe(1);
        expect(stderr).toContain(`${admin.id} has changed and is still version ${admin.version}`);
      }
      expect(readFileSync(file, 'utf8')).toBe(text);
      writeFileSync(file, JSON.stringify(EMPTY_LOCK));
      execFileSync(process.execPath, [command, '--file', file]);
      const made = JSON.parse(readFileSync(file, 'utf8')) as Lock;
      expect(made.detections).toEqual(lock.detections);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('a definition of the same version', () => {
  it('may stay as it is, and be written in another order', () => {
    expect(problemsAfter(lockOf(admin), admin)).toEqual([]);
    const { id, title, ...rest } = admin;
    expect(problemsAfter(lockOf(admin), { ...rest, title, id })).toEqual([]);
  });

  it.each([
    ['severity', { ...admin, severity: 'low' as const }],
    ['triage', { ...admin, triage: [...admin.triage, 'One more.'] }],
    ['pattern', { ...admin, pattern: { 'detail-type': ['team_created'] } }],
    ['when', { ...admin, when: () => true }],
    ['entity', { ...admin, entity: session.entity, summary: session.summary }],
    ['lists', { ...admin, lists: { names: [] } }],
  ])('may not change its %s', (_, changed) => {
    expect(problemsAfter(lockOf(admin), changed)).toEqual([
      `${admin.id} has changed and is still version ${admin.version}: make it version ${admin.version + 1}.`,
    ]);
    expect(problemsAfter(lockOf(admin), { ...changed, version: admin.version + 1 })).toEqual([]);
    expect(problemsAfter(lockOf(admin), { ...changed, version: admin.version - 1 })).toEqual([
      `${admin.id} went back from version ${admin.version} to ${admin.version - 1}.`,
    ]);
  });

  it('may not answer an example otherwise, though its own text is the same', () => {
    let isLonger = isDurationExtended;
    const shared = { ...session, when: () => isLonger('1 day', '2 days') };
    const before = lockOf(shared);
    isLonger = () => false;
    expect(problemsAfter(before, shared)).toHaveLength(1);
  });

  it('may gain and lose examples and references', () => {
    const [first, ...others] = admin.examples.alerts;
    expect(first).toBeDefined();
    const fewer = { ...admin, references: ['https://example.com/'] };
    expect(
      problemsAfter(lockOf(admin), { ...fewer, examples: { ...admin.examples, alerts: others } }),
    ).toEqual([]);
  });
});

it('an id that is gone stays in the lock, and is refused when it comes back', () => {
  const { lock } = nextLock(lockOf(admin, session), lockOf(session).detections);
  expect(lock.retired).toEqual({ [admin.id]: admin.version });
  expect(Object.keys(lock.detections)).toEqual([session.id]);
  expect(problemsAfter(lock, session)).toEqual([]);
  expect(problemsAfter(lock, { ...admin, version: 9 }, session)).toEqual([
    `${admin.id} was removed at version ${admin.version}. Ids are never used again: choose another.`,
  ]);
});

it('no two detections share a fingerprint', () => {
  const hashes = MATCHES.map((detection) => fingerprint(detection).hash);
  expect(new Set(hashes).size).toBe(hashes.length);
});
