// Runs the Lambda bundles the CDK app makes, each from a file in a process of its own on this very Node.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleFunction } from '../../cdk/constructs/function-bundle.ts';
import { type FunctionName, functionEntry } from '../../cdk/constructs/service-function.ts';

const RUNNER = fileURLToPath(new URL('bundle-runner.mjs', import.meta.url));

export interface BundleOutcome {
  readonly answer?: unknown;
  readonly error?: { readonly name: string; readonly code?: string; readonly message: string };
  /** What the function logged, a JSON object a line where it is one. */
  readonly log: string;
}

/** @returns the file's path: `index.mjs` below `folder`, as in the asset */
export function writeBundle(name: FunctionName, folder: string): string {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(file, bundleFunction(functionEntry(name)).code);
  return file;
}

/** Calls the handler once. The environment is the given one alone: nothing of this process's reaches the function. */
export async function callBundle(
  file: string,
  event: unknown,
  environment: Readonly<Record<string, string>>,
): Promise<BundleOutcome> {
  const child = spawn(process.execPath, [RUNNER, file, JSON.stringify(event)], {
    env: { ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  const lines = output.stdout.trim().split('\n');
  const last = lines.pop() ?? '';
  if (code !== 0 || !last.startsWith('{')) {
    throw new Error(`The bundle ended with ${code}:\n${output.stdout}\n${output.stderr}`);
  }
  return { ...JSON.parse(last), log: `${lines.join('\n')}\n${output.stderr}` };
}
