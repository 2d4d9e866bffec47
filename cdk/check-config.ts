// Says whether cdk.json's configuration is valid, as one JSON object on standard output. `npm run doctor` runs this.
// Flags (-c) are not looked at: they are given to the cdk command, not to this.
import { readFileSync } from 'node:fs';
import { ConfigurationError } from '../lib/errors.ts';
import { loadConfig } from './config.ts';

const CDK_JSON = new URL('../cdk.json', import.meta.url);

function check(): object {
  try {
    const { context = {} } = JSON.parse(readFileSync(CDK_JSON, 'utf8')) as {
      context?: Record<string, unknown>;
    };
    const { workspaces, warnings, asanaBaseUrl } = loadConfig(context, new Date());
    return { problems: [], warnings, asanaBaseUrl, workspaces: workspaces.map(({ gid }) => gid) };
  } catch (error) {
    if (error instanceof ConfigurationError) {
      return { problems: error.problems, warnings: [], workspaces: [] };
    }
    // It cannot be read, or is no JSON.
    return { problems: [`cdk.json: ${String(error)}`], warnings: [], workspaces: [] };
  }
}

process.stdout.write(`${JSON.stringify(check())}\n`);
