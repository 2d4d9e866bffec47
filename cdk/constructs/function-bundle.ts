// Bundles one Lambda's entry file with esbuild into a single ES module, once per process, and makes a CDK asset of it.
// Knows nothing of what the function does or which stack it lands in.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, Stage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { buildSync } from 'esbuild';

export interface FunctionBundle {
  /** The ES module's text. */
  readonly code: string;
  /** SHA-256 of the code, hex: the same on every machine with the same lock file. */
  readonly hash: string;
}

// undici and some CommonJS dependencies call `require`, which an ES module does not have.
const REQUIRE_BANNER =
  "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);";

const NO_CREDENTIALS = fileURLToPath(new URL('no-credentials.ts', import.meta.url));
const LEFT_OUT = ['ini', 'process', 'sso', 'web-identity'].map(
  (way) => `@aws-sdk/credential-provider-${way}`,
);

const bundles = new Map<string, FunctionBundle>();

/**
 * @param entry absolute path of a TypeScript file that exports `handler`
 * @throws what esbuild reports, with its messages, when the file or one of its imports does not resolve
 */
export function bundleFunction(entry: string): FunctionBundle {
  const known = bundles.get(entry);
  if (known !== undefined) return known;
  const { outputFiles } = buildSync({
    entryPoints: [entry],
    // Paths inside the output are relative to this folder, so that no machine's own path reaches the bundle or its hash.
    absWorkingDir: dirname(entry),
    write: false,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // ES modules first: only they can be tree-shaken.
    mainFields: ['module', 'main'],
    // `error.name` and Powertools read class names at run time.
    keepNames: true,
    // undici's experimental parser, loaded only where UNDICI_USE_MILO asks for it: 150 kB that never run.
    external: ['../milo/*'],
    alias: Object.fromEntries(LEFT_OUT.map((name) => [name, NO_CREDENTIALS])),
    banner: { js: REQUIRE_BANNER },
    legalComments: 'none',
    charset: 'utf8',
    logLevel: 'silent',
  });
  const code = outputFiles.map((file) => file.text).join('');
  const bundle = { code, hash: createHash('sha256').update(code).digest('hex') };
  bundles.set(entry, bundle);
  return bundle;
}

/**
 * The asset holds `index.mjs`, whose handler is `index.handler`, and the given files beside it.
 * @param scope whose app's output folder takes the bundle
 * @param files by name, as text
 */
export function bundledCode(
  scope: Construct,
  entry: string,
  files: Readonly<Record<string, string>> = {},
): Code {
  const { code, hash } = bundleFunction(entry);
  const outdir = Stage.of(scope)?.outdir;
  if (outdir === undefined) throw new Error(`${scope.node.path} is in no app`);
  const directory = join(outdir, `bundle-${basename(entry, '.ts')}`);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'index.mjs'), code);
  const names = Object.keys(files).toSorted();
  for (const name of names) writeFileSync(join(directory, name), files[name] ?? '');
  return Code.fromAsset(directory, {
    assetHashType: AssetHashType.CUSTOM,
    assetHash:
      names.length === 0
        ? hash
        : createHash('sha256')
            .update(JSON.stringify([hash, ...names.map((name) => [name, files[name]])]))
            .digest('hex'),
  });
}
