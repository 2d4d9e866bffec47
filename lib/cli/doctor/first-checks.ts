// What doctor can look at before the first deploy: the account's CDK bootstrap, cdk.json, a token in the environment.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ENVIRONMENT } from '../../contract/environment.ts';
import type { AwsConfig } from '../target/aws-target.ts';
import { findStack } from '../target/aws-target.ts';
import type { Surroundings } from './deployment-checks.ts';
import { type Check, type Finding, failure, ok, warning } from './finding.ts';
import { checkToken } from './token-check.ts';

const BOOTSTRAP_STACK = 'CDKToolkit';
const CHECK_CONFIG = fileURLToPath(new URL('../../../cdk/check-config.ts', import.meta.url));

/** @param config undefined where no credentials work: then nothing of the account can be looked at */
export function firstChecks(config: AwsConfig | undefined, surroundings: Surroundings): Check[] {
  const { env } = surroundings;
  return [
    ...(config === undefined ? [] : [bootstrapCheck(config, surroundings)]),
    { name: 'configuration', find: async () => judged(await configuration()) },
    environmentTokenCheck(surroundings, async () => {
      // As the deployment to come will ask.
      return env[ENVIRONMENT.asanaBaseUrl] || (await configuration()).asanaBaseUrl;
    }),
  ];
}

function bootstrapCheck({ region }: AwsConfig, { env }: Surroundings): Check {
  return {
    name: 'bootstrap',
    async find() {
      try {
        await findStack({ stack: BOOTSTRAP_STACK, region }, env);
        return [ok(`${BOOTSTRAP_STACK} is there`)];
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'target.stack-missing') throw error;
        return [
          failure(
            `${BOOTSTRAP_STACK} is not there, which cdk deploy needs once per account and region`,
            'npx cdk bootstrap -c workspaceGid=<gid>',
          ),
        ];
      }
    },
  };
}

interface Configuration {
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
  readonly workspaces: readonly string[];
  readonly asanaBaseUrl?: string;
}

/** The app's own check, in a process of its own: commands do not load the CDK app. */
async function configuration(): Promise<Configuration> {
  const text = await new Promise<string>((resolve, reject) =>
    execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', CHECK_CONFIG],
      (error, stdout) => (error ? reject(error) : resolve(stdout)),
    ),
  );
  return JSON.parse(text) as Configuration;
}

function judged({ problems, warnings, workspaces }: Configuration): Finding[] {
  if (problems.length > 0) {
    return problems.map((problem) =>
      failure(
        problem,
        'correct cdk.json (README, Configuration), or give it to cdk as a flag (-c)',
      ),
    );
  }
  return [
    ok(`cdk.json is valid; workspaces: ${workspaces.join(', ')}`),
    ...warnings.map((words) => warning(words, 'correct cdk.json, or leave it so')),
  ];
}

/** @param baseUrl where to ask; undefined for Asana's own address */
export function environmentTokenCheck(
  { env, clock }: Surroundings,
  baseUrl: () => Promise<string | undefined>,
): Check {
  return {
    name: 'token',
    async find() {
      const token = env[ENVIRONMENT_TOKEN] ?? '';
      const gid = env['ASANA_WORKSPACE_GID'] ?? '';
      if (token !== '' && gid !== '') return [await checkToken(gid, token, await baseUrl(), clock)];
      return [
        warning(
          'not looked at: none is given',
          `set ${ENVIRONMENT_TOKEN} and ASANA_WORKSPACE_GID in the environment (${ENVIRONMENT.asanaBaseUrl} for another address) to have it tried`,
        ),
      ];
    },
  };
}

const ENVIRONMENT_TOKEN = 'ASANA_ACCESS_TOKEN';
