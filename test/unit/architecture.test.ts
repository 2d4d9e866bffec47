// The rules that keep the house in order: who may import whom, who may talk to AWS, who may ask for the time.
// Reads the source text alone; types are checked by the compiler, style by Biome.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The files of lib that hold a client of AWS or of HTTP; all others can be run with nothing around them. */
const ADAPTERS = [
  'lib/alerts/delivery/claims.ts',
  'lib/alerts/delivery/notifier-queue.ts',
  'lib/alerts/delivery/storm-guard.ts',
  'lib/alerts/digest/source.ts',
  'lib/alerts/slack/web-api.ts',
  'lib/alerts/sns/sink.ts',
  'lib/alerts/state/alert-list.ts',
  'lib/alerts/state/dynamo-store.ts',
  'lib/alerts/suppressions/active.ts',
  'lib/alerts/suppressions/store.ts',
  'lib/asana/http-request.ts',
  'lib/bus/put-events-publisher.ts',
  'lib/bus/s3-quarantine.ts',
  'lib/detections/due/dynamo-due-index.ts',
  'lib/detections/due/dynamo-due-notes.ts',
  'lib/detections/failures/metric.ts',
  'lib/feed/dynamo-feed-store.ts',
  'lib/poller/dynamo-checkpoint-store.ts',
  'lib/poller/feed-progress.ts',
  'lib/poller/remembered-types.ts',
  'lib/secret-text.ts',
];

interface Import {
  readonly from: string;
  /** A file of ours, relative to the root, or a package's name as it is written. */
  readonly to: string;
  /** False for `import type`, which is gone at run time. */
  readonly atRunTime: boolean;
}

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

function readSources(...folders: readonly string[]): readonly SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
      .map((name) => {
        const path = join(folder, name);
        const text = readFileSync(join(ROOT, path), 'utf8');
        return { path, text, imports: importsOf(path, text) };
      }),
  );
}

function importsOf(path: string, text: string): readonly Import[] {
  const statements = text.matchAll(
    /^\s*(?:import|export)\s+(type\s)?(?:[\w*{][^;'"]*?\sfrom\s+)?'([^']+)';|\bimport\(\s*'([^']+)'/gm,
  );
  return [...statements].map(([, type, stated, dynamic]) => {
    const specifier = stated ?? dynamic ?? '';
    const ours = specifier.startsWith('.');
    return {
      from: path,
      to: ours ? relative(ROOT, resolve(ROOT, dirname(path), specifier)) : specifier,
      atRunTime: type === undefined,
    };
  });
}

const sources = readSources('cdk', 'functions', 'lib');
const imports = sources.flatMap((source) => source.imports);
const within = (path: string, ...folders: readonly string[]) =>
  folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
const isOurs = (to: string) => within(to, 'cdk', 'functions', 'lib', 'test');
const shown = (found: readonly Import[]) => found.map(({ from, to }) => `${from} -> ${to}`);

/** Every file of ours that loading one brings in at run time, itself included. */
function loadedBy(path: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const { from, to, atRunTime } of imports) {
    if (from === path && atRunTime && isOurs(to)) loadedBy(to, seen);
  }
  return seen;
}

it('the imports of the sources are found', () => {
  expect(sources.length).toBeGreaterThan(50);
  expect(imports.length).toBeGreaterThan(200);
  const files = new Set(sources.map(({ path }) => path));
  const missing = imports.filter(({ to }) => isOurs(to) && !to.endsWith('.d.ts') && !files.has(to));
  expect(shown(missing.filter(({ to }) => !to.endsWith('.json')))).toEqual([]);
});

describe('imports go one way', () => {
  const from = (...folders: readonly string[]) =>
    imports.filter((one) => within(one.from, ...folders) && isOurs(one.to));

  it('lib never imports functions, cdk or tests', () => {
    expect(shown(from('lib').filter(({ to }) => !within(to, 'lib')))).toEqual([]);
  });

  it('lib/contract imports nothing of ours', () => {
    expect(shown(from('lib/contract').filter(({ to }) => !within(to, 'lib/contract')))).toEqual([]);
  });

  it('only lib/local and lib/cli import lib/local, and nothing imports lib/cli', () => {
    const toLocal = imports.filter(({ to }) => within(to, 'lib/local'));
    expect(shown(toLocal.filter((one) => !within(one.from, 'lib/local', 'lib/cli')))).toEqual([]);
    const toCli = imports.filter(({ to }) => within(to, 'lib/cli'));
    expect(shown(toCli.filter((one) => !within(one.from, 'lib/cli')))).toEqual([]);
  });

  it('functions import lib, and neither cdk nor one another', () => {
    expect(shown(from('functions').filter(({ to }) => !within(to, 'lib')))).toEqual([]);
  });

  it('cdk imports the contract, the definitions of detections, and checks and names it shares', () => {
    const allowed = [
      'cdk',
      'lib/contract',
      'lib/alerts/delivery/sink-patterns.ts',
      'lib/detections/catalogue',
      'lib/detections/define.ts',
      'lib/detections/definition/named-ids.ts',
      'lib/detections/definition/rule-pattern.ts',
      // What configuration may change about a detection: the app checks it, the function does it.
      'lib/detections/tuning/overrides.ts',
      'lib/detections/tuning/tuning.ts',
      'lib/nearest.ts',
      'lib/time-zone.ts',
      // The error people see, and the checks and the key prefix that functions and stack must agree on.
      'lib/errors.ts',
      'lib/asana/base-url.ts',
      'lib/bus/quarantine.ts',
      'lib/bus/redaction.ts',
    ];
    expect(shown(from('cdk').filter(({ to }) => !within(to, ...allowed)))).toEqual([]);
  });

  it('synth loads definitions, never an engine, a store or a client of AWS', () => {
    const loaded = [...loadedBy('cdk/app.ts')].filter((path) => within(path, 'lib'));
    expect(loaded).toContain('lib/detections/catalogue/index.ts');
    const engines = /engine|detect\.ts$|store|publisher|client/;
    expect(loaded.filter((path) => engines.test(path))).toEqual([]);
    const packages = imports.filter(
      ({ from, to, atRunTime }) => atRunTime && loaded.includes(from) && !isOurs(to),
    );
    const outside = packages.filter(({ to }) => to !== 'node:crypto' && to !== 'zod');
    expect(shown(outside)).toEqual([]);
  });

  it('nothing imports in a circle at run time', () => {
    const circles = sources
      .map(({ path }) => path)
      .filter((path) =>
        imports.some(
          ({ from, to, atRunTime }) =>
            from === path && atRunTime && isOurs(to) && loadedBy(to).has(path),
        ),
      );
    expect(circles).toEqual([]);
  });
});

describe('pure modules stay pure', () => {
  it('clients of AWS and of HTTP are imported by adapters, functions and commands alone', () => {
    const clients = /^(@aws-sdk|@smithy|@aws-lambda-powertools)\/|^undici($|\/)|^@slack\/web-api$/;
    const users = imports.filter(({ to, atRunTime }) => atRunTime && clients.test(to));
    const inLib = users.filter(({ from }) => !within(from, 'functions', 'lib/local', 'lib/cli'));
    expect([...new Set(inLib.map(({ from }) => from))].toSorted()).toEqual(ADAPTERS.toSorted());
  });

  const logic = sources.filter(
    ({ path }) => within(path, 'lib') && !within(path, 'lib/local', 'lib/cli'),
  );

  it('the time is asked of the clock', () => {
    const asking = logic.filter(
      ({ path, text }) =>
        path !== 'lib/clock.ts' && /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/.test(text),
    );
    expect(asking.map(({ path }) => path)).toEqual([]);
  });

  it('the environment is read by functions, commands and the app, and handed on', () => {
    expect(
      logic.filter(({ text }) => text.includes('process.env')).map(({ path }) => path),
    ).toEqual([]);
  });
});

describe('house style that Biome does not know', () => {
  it('every file begins with a comment that says what it is for', () => {
    const bare = sources.filter(({ text }) => !/^(#!.*\n)?\/\/ \S/.test(text));
    expect(bare.map(({ path }) => path)).toEqual([]);
  });

  it('there are no barrels but the catalogue', () => {
    const barrels = sources.filter(
      ({ path, text }) => path.endsWith('/index.ts') || /^export \* from/m.test(text),
    );
    expect(barrels.map(({ path }) => path)).toEqual(['lib/detections/catalogue/index.ts']);
  });
});
