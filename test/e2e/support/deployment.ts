// Runs the real CDK CLI against the emulator: bootstrap, deploy, and what the stack then says of itself.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as z from 'zod';
import { AuditBusError } from '../../../lib/errors.ts';
import { ACCOUNT, REGION } from './environment.ts';
import { runProgram } from './guarded-process.ts';
import { PROJECT, type RunFolder } from './run-folder.ts';

const CDK = createRequire(import.meta.url).resolve('aws-cdk/bin/cdk');

export interface Deployed {
  readonly outputs: Readonly<Record<string, string>>;
  readonly stackName: string;
  /** What the CLI printed. */
  readonly printed: string;
}

export class Deployment {
  readonly #env: Record<string, string>;
  readonly #folder: RunFolder;
  #runs = 0;

  constructor(env: Record<string, string>, folder: RunFolder) {
    this.#env = env;
    this.#folder = folder;
  }

  /** `cdk bootstrap`, as an account needs it once. */
  async bootstrap(context: readonly string[]): Promise<void> {
    await this.#cdk('bootstrap', [`aws://${ACCOUNT}/${REGION}`, ...flags(context)]);
  }

  /** `cdk deploy` of the project's one stack. @param context as for `-c`: `key=value` */
  async deploy(context: readonly string[]): Promise<Deployed> {
    const outputs = join(this.#folder.path, `outputs-${this.#runs}.json`);
    const args = ['--require-approval', 'never', '--outputs-file', outputs, ...flags(context)];
    const printed = await this.#cdk('deploy', args);
    const stacks = z
      .record(z.string(), z.record(z.string(), z.string()))
      .parse(JSON.parse(readFileSync(outputs, 'utf8')));
    const [stack, ...others] = Object.entries(stacks);
    if (stack === undefined || others.length > 0 || !printed.includes(`:${ACCOUNT}:stack/`)) {
      throw new AuditBusError('e2e.deploy', `This is no deploy to the emulator:\n${printed}`);
    }
    return { stackName: stack[0], outputs: stack[1], printed };
  }

  async #cdk(command: string, args: readonly string[]): Promise<string> {
    const name = `cdk-${this.#runs++}-${command}`;
    const assembly = join(this.#folder.path, 'cdk.out');
    const quiet = ['--no-notices', '--progress', 'events', '--output', assembly];
    return runProgram(process.execPath, [CDK, command, ...args, ...quiet], {
      env: this.#env,
      cwd: PROJECT,
      logFile: this.#folder.log(name),
    });
  }
}

function flags(context: readonly string[]): string[] {
  return context.flatMap((setting) => ['-c', setting]);
}
