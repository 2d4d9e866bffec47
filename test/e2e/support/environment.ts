// The environment of every process the end-to-end test starts: an emulator on this machine, credentials that are worth nothing.
// Makes sure that no command of the test can ever reach a real AWS account, whatever the shell it was started from holds.
import { devNull } from 'node:os';
import { delimiter, dirname } from 'node:path';
import { AuditBusError } from '../../../lib/errors.ts';

export const REGION = 'eu-central-1';
/** MiniStack's account, which no customer of AWS has. */
export const ACCOUNT = '000000000000';
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' } as const;

/**
 * All that is taken over from the shell. Profiles, proxies, Docker, Node's options and what the test runner says of
 * itself stay behind, as does whatever else could turn the emulator's address into another one on the way.
 */
const TAKEN_OVER = ['PATH', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'USER', 'LOGNAME', 'SHELL', 'TERM'];

export interface Isolation {
  /** The emulator's address: http, and a loopback IP. */
  readonly endpoint: string;
  /** Takes the place of the home directory, so that nobody's `~/.aws` is read. */
  readonly home: string;
  readonly temporary: string;
}

/**
 * What a command against the emulator runs in.
 * @param parent the environment to start from
 * @throws AuditBusError `e2e.not-loopback` when the endpoint is not on this machine
 */
export function isolatedEnvironment(
  parent: NodeJS.ProcessEnv,
  { endpoint, home, temporary }: Isolation,
): Record<string, string> {
  requireLoopback('The emulator', endpoint);
  return {
    ...baseEnvironment(parent, { home, temporary }),
    CI: '1',
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    // The CLI's calls home: usage figures, and whether there is a newer one.
    CDK_DISABLE_CLI_TELEMETRY: 'true',
    CDK_DISABLE_VERSION_CHECK: 'true',
    npm_config_update_notifier: 'false',
  };
}

/** What any program of the test runs in: nothing of AWS, and first on the path the Node that runs the test. */
export function baseEnvironment(
  parent: NodeJS.ProcessEnv,
  { home, temporary }: Pick<Isolation, 'home' | 'temporary'>,
): Record<string, string> {
  const kept = TAKEN_OVER.flatMap((name): Array<[string, string]> => {
    const value = parent[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...Object.fromEntries(kept),
    PATH: [dirname(process.execPath), parent['PATH']].filter(Boolean).join(delimiter),
    HOME: home,
    TMPDIR: temporary,
  };
}

/**
 * Refuses to run where the shell points AWS clients at an address of its own that is not this machine: whoever set it
 * meant something by it, and overriding it silently would not be what they meant.
 * @throws AuditBusError `e2e.not-loopback`
 */
export function refuseForeignEndpoints(env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(env)) {
    if (name.startsWith('AWS_ENDPOINT_URL') && value) requireLoopback(name, value);
  }
}

/** @throws AuditBusError `e2e.not-loopback` */
function requireLoopback(what: string, address: string): void {
  const hostname = URL.canParse(address) ? new URL(address).hostname : '';
  if (/^127(\.\d{1,3}){3}$/.test(hostname) || ['localhost', '[::1]'].includes(hostname)) return;
  throw new AuditBusError(
    'e2e.not-loopback',
    `${what} is ${JSON.stringify(address)}, which is not on this machine; the end-to-end test talks to its own emulator ` +
      'on loopback and to nothing else. Unset it and run again.',
  );
}
